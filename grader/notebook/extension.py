"""`%load_ext grader` and the line magic `%grader`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

from grader.errors import UserError
from grader.notebook.display import Preview
from grader.notebook.watch import Watch
from grader.notebook.whole import check_notebook, watch_of

USAGE = """\
%grader check                     this notebook so far, against the lab
%grader check --rubric FILE       the same by another rubric
grader.check(model)               one network (import grader first)
grader.check(model, stage="batchnorm", history=history, data=(X_train, y_train))"""


@magics_class
class GraderMagics(Magics):
    """The magics of the extension; `watch` notes what is trained from the moment of loading."""

    def __init__(self, shell: Any, watch: Watch) -> None:
        super().__init__(shell)
        self.watch = watch
        self._names = shell.user_ns

    @line_magic
    def grader(self, line: str) -> Preview | None:
        """Checks this notebook as far as it has run: `%grader check`."""
        match shlex.split(line):
            case ["check"]:
                return self._checked(None)
            case ["check", "--rubric", file]:
                return self._checked(Path(file))
            case [] | ["help" | "--help" | "-h"]:
                print(USAGE)  # noqa: T201 (the answer)
                return None
            case _:
                raise UsageError(f"%grader: expected one of the following, found %grader {line}\n{USAGE}")

    def _checked(self, rubric: Path | None) -> Preview:
        try:
            return check_notebook(self.watch, self._names, rubric)
        except UserError as error:
            raise UsageError(str(error)) from error


def load(shell: Any) -> None:
    """Begins to watch, once, and says so."""
    if watch_of(shell) is None:
        watch = Watch(shell)
        watch.begin()
        shell.register_magics(GraderMagics(shell, watch))
    print("grader: noting what you train from here on. %grader check says how it stands.")  # noqa: T201 (the answer)


def unload(shell: Any) -> None:
    """Ends the watch."""
    watch = watch_of(shell)
    if watch is not None:
        watch.end()
        del shell.magics_manager.registry[GraderMagics.__name__]
        shell.magics_manager.magics["line"].pop("grader", None)
