"""Starts the kernel of a submission with the recorder in place before Keras is first used."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .environment.beside import go_beside_the_program, nothing_of_theirs
from .environment.dataset import lay_out, serve
from .environment.first_import import when_imported
from .environment.own_name import stand_in_for_the_grader
from .environment.prepare import prepare_environment
from .environment.threads import keep_threads
from .patches import Change, Entry, Patches, Replacement
from .protocol import Environment
from .recording.advice import Advice
from .recording.cells import Cells
from .signing import key_from
from .trace import Trace

PACKAGES = frozenset({"keras", "tensorflow"})
LATER = "later"
"""In GRADER_KERAS: import Keras, which takes five seconds, only if the program does."""


def main() -> None:
    """Installs the hooks, or sees to it that they are installed in time, and hands over to ipykernel."""
    trace = Trace(key=key_from(int(os.environ.pop("GRADER_KEY_FD"))))
    later = os.environ.get("GRADER_KERAS") == LATER
    if not later:
        # What TensorFlow says while it starts goes past the notebook: it is no cell's output.
        import keras  # noqa: F401
        import tensorflow  # noqa: F401, ICN001
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize()
    cells = Cells(int(os.environ.pop("GRADER_BEFORE", "0")))
    cells.follow(app.shell)
    tell_of_the_end(app.shell)
    advise = Advice(trace, cells)
    patches = Patches()
    patches.install(before_the_first_line(app.shell, trace, cells, advise, patches, later=later))
    # All that comes first is imported by now, where nothing of the student's can be found.
    go_beside_the_program(app.shell, Path(os.environ.pop("GRADER_FOLDER")))
    lay_out(Path(os.environ["GRADER_MNIST"]))
    patches.install(beside_the_program(app.shell))
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
    hide_from_gc()
    app.start()


def before_the_first_line(
    shell: Any, trace: Trace, cells: Cells, advise: Advice, patches: Patches, *, later: bool
) -> Iterator[Replacement]:
    """All that is replaced before the student's first line; what needs Keras comes `later` if Keras does."""
    from .recording.cell_names import name_cells

    yield from name_cells(shell, cells)
    yield from prepare_environment(shell, Path(os.environ["GRADER_MNIST"]), trace, cells, advise, patches)
    if later:

        def arrived() -> None:
            # In the middle of a student's import, a failure of ours is told as such, and is not their error.
            with trace.guarded("the first import of Keras"), nothing_of_theirs():
                patches.install(once_keras_is_there(shell, trace, cells, advise, patches))
                hide_from_gc()

        yield when_imported(PACKAGES, arrived)
    else:
        yield from once_keras_is_there(shell, trace, cells, advise, patches)
    yield Change("gc.unfreeze", gc, "unfreeze", _stay_frozen)


def beside_the_program(shell: Any) -> Iterator[Replacement]:
    """What depends on the folder that the program runs in."""
    yield from _like_a_script(shell)
    yield from stand_in_for_the_grader()


def once_keras_is_there(
    shell: Any, trace: Trace, cells: Cells, advise: Advice, patches: Patches
) -> Iterator[Replacement]:
    """All that is replaced in Keras and TensorFlow."""
    import keras
    import tensorflow as tf
    from tensorflow.python.eager import context

    from .compat.legacy import answer_old_keras, answer_old_tensorflow
    from .environment.devices import do_without_devices
    from .environment.tensorboard import log_nothing
    from .recording.figures import record_figures
    from .recording.record import Recorder

    max_epochs = int(os.environ.get("GRADER_MAX_EPOCHS") or 0) or None
    recorder = Recorder(trace, keras, cells, max_epochs, fast=os.environ.get("GRADER_FAST") != "0")
    recorder.go_along(cells.first_number)
    # Before the old names: what accepts old arguments lies around the recorder's hooks, which see today's only.
    yield from recorder.changes()
    yield from serve(Path(os.environ["GRADER_MNIST"]), trace, cells, advise)
    yield from answer_old_keras(keras, advise, patches)
    yield from answer_old_tensorflow(keras, tf, advise)
    yield from do_without_devices(tf, advise)
    yield from keep_threads(context.Context)
    yield from log_nothing(keras, tf, advise)
    yield from record_figures(trace, cells)
    yield from recorder.loop_changes(shell)
    recorder.try_parts_when_asked(shell)
    recorder.seed_cells(shell, one_cell=bool(os.environ.get("GRADER_MODULE")))


def tell_of_the_end(shell: Any) -> None:
    """Whoever asks a kernel to end itself is answered first; the answer says so, as that of `exit()` does."""

    def told(_result: Any) -> None:
        if shell.exit_now:
            shell.payload_manager.write_payload({"source": "ask_exit", "keepkernel": False})

    shell.events.register("post_run_cell", told)


def hide_from_gc() -> None:
    """From now on `gc.get_objects()` hands out nothing of what is here, the way out of the sandbox among it."""
    gc.freeze()


def _stay_frozen() -> None:
    """In the place of `gc.unfreeze`."""


def _version(name: str) -> str:
    if name in sys.modules:
        return str(sys.modules[name].__version__)
    try:
        return version(name)
    except PackageNotFoundError:  # under another name, as tensorflow-cpu is
        return "not imported"


def _like_a_script(shell: Any) -> Iterator[Replacement]:
    """A module sees its own name in `__file__` and `sys.argv`, and may import what lies beside it."""
    yield Entry("sys.path", sys.path, "")
    module = os.environ.get("GRADER_MODULE")
    if module:
        path = str(Path.cwd() / module)
        # IPython's own `exit` only asks its window to close, and the script would go on.
        for name, value in {"__file__": path, "exit": sys.exit, "quit": sys.exit}.items():
            yield Change("IPython user_ns", shell.user_ns, name, value)
        yield Change("sys.argv", sys, "argv", [path])


if __name__ == "__main__":
    main()
