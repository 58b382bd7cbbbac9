"""Starts the kernel of a submission with the recorder in place before the student's first line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .dataset import serve
from .figures import record_figures
from .legacy import install_old_names
from .record import Recorder
from .trace import Trace


def main() -> None:
    """Imports Keras, installs the hooks and hands over to ipykernel."""
    trace = Trace()
    import keras
    import tensorflow as tf
    from ipykernel.kernelapp import IPKernelApp

    max_epochs = int(os.environ.get("GRADER_MAX_EPOCHS") or 0) or None
    recorder = Recorder(trace, keras, max_epochs, fast=os.environ.get("GRADER_FAST") != "0")
    recorder.install()
    serve(Path(os.environ["GRADER_MNIST"]), trace, recorder.cell)
    install_old_names(keras, recorder.advise)
    record_figures(trace, recorder.cell)
    app = IPKernelApp.instance()
    app.initialize()
    recorder.follow_cells(app.shell, one_cell=bool(os.environ.get("GRADER_MODULE")))
    _behave_like_a_script(app.shell)
    # Last of all: without this event, the grader knows that the student's code had no turn.
    trace.write(
        "environment",
        python=sys.version.split()[0],
        tensorflow=tf.__version__,
        keras=keras.__version__,
        numpy=recorder.numpy_version,
    )
    app.start()


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
