"""Starts the kernel of a submission with the recorder in place before Keras is first used."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .environment.dataset import lay_out, serve
from .environment.first_import import when_imported
from .environment.own_name import stand_in_for_the_grader
from .environment.prepare import prepare_environment
from .protocol import Environment
from .recording.advice import Advice
from .recording.cells import Cells
from .trace import Trace

PACKAGES = frozenset({"keras", "tensorflow"})
LATER = "later"
"""In GRADER_KERAS: import Keras, which takes five seconds, only if the program does."""


def main() -> None:
    """Installs the hooks, or sees to it that they are installed in time, and hands over to ipykernel."""
    trace = Trace()
    later = os.environ.get("GRADER_KERAS") == LATER
    if not later:
        # What TensorFlow says while it starts goes past the notebook: it is no cell's output.
        import keras  # noqa: F401
        import tensorflow  # noqa: F401, ICN001
    from ipykernel.kernelapp import IPKernelApp

    from .recording.cell_names import name_cells

    app = IPKernelApp.instance()
    app.initialize()
    lay_out(Path(os.environ["GRADER_MNIST"]))
    cells = Cells()
    cells.follow(app.shell)
    name_cells(app.shell, cells)
    advise = Advice(trace, cells)
    prepare_environment(app.shell, Path(os.environ["GRADER_MNIST"]), trace, cells, advise)
    if later:
        when_imported(PACKAGES, partial(_record_late, trace, app.shell, cells, advise))
    else:
        _record(trace, app.shell, cells, advise)
    _behave_like_a_script(app.shell)
    stand_in_for_the_grader()
    # Last of all: without this event, the grader knows that the student's code had no turn.
    trace.write(
        Environment(
            t="environment",
            python=sys.version.split()[0],
            tensorflow=_version("tensorflow"),
            keras=_version("keras"),
            numpy=_version("numpy"),
        )
    )
    app.start()


def _record(trace: Trace, shell: Any, cells: Cells, advise: Advice) -> None:
    import keras
    import tensorflow as tf

    from .compat.legacy import install_old_names, install_old_tensorflow
    from .recording.figures import record_figures
    from .recording.record import Recorder

    max_epochs = int(os.environ.get("GRADER_MAX_EPOCHS") or 0) or None
    recorder = Recorder(trace, keras, cells, max_epochs, fast=os.environ.get("GRADER_FAST") != "0")
    recorder.install()
    serve(Path(os.environ["GRADER_MNIST"]), trace, cells, advise)
    install_old_names(keras, advise)
    install_old_tensorflow(tf, advise)
    record_figures(trace, cells)
    recorder.watch_loops(shell)
    recorder.seed_cells(shell, one_cell=bool(os.environ.get("GRADER_MODULE")))


def _record_late(trace: Trace, shell: Any, cells: Cells, advise: Advice) -> None:
    """In the middle of a student's import, a failure of ours is told as such, and is not their error."""
    with trace.guarded("the first import of Keras"):
        _record(trace, shell, cells, advise)


def _version(name: str) -> str:
    if name in sys.modules:
        return str(sys.modules[name].__version__)
    try:
        return version(name)
    except PackageNotFoundError:  # under another name, as tensorflow-cpu is
        return "not imported"


def _behave_like_a_script(shell: object) -> None:
    """A module sees its own name in `__file__` and `sys.argv`, and may import what lies beside it."""
    sys.path.insert(0, "")
    module = os.environ.get("GRADER_MODULE")
    if module:
        path = str(Path.cwd() / module)
        # IPython's own `exit` only asks its window to close, and the script would go on.
        shell.user_ns.update(__file__=path, exit=sys.exit, quit=sys.exit)  # type: ignore[attr-defined]
        sys.argv = [path]


if __name__ == "__main__":
    main()
