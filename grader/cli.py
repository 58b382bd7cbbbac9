"""The command line: a table of the commands, and what becomes of an error."""

from __future__ import annotations

import logging
import shlex
import sys
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from grader.commands import export, reference, review, rubric
from grader.commands.check import check
from grader.commands.doctor import doctor
from grader.commands.examples import with_examples
from grader.commands.grade import grade
from grader.commands.init import init
from grader.commands.regrade import regrade
from grader.commands.schema import schema
from grader.commands.similar import similar
from grader.commands.statuses import DONE, INTERRUPTED, OUR_BUG, USER_MUST_ACT
from grader.errors import UserError
from grader.errors.failures import in_words, log_of, written_log
from grader.executors.runner import CancelledError
from grader.terminal.console import Console
from grader.terminal.streams import flush, sturdy_streams

COMMANDS = (check, doctor, init, schema, similar, grade, regrade)
GROUPS = {"rubric": rubric.app, "review": review.app, "export": export.app, "reference": reference.app}

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _version(*, asked: bool) -> None:
    if asked:
        print(f"grader {version('mlp-lab-grader')}")  # noqa: T201 (the answer)
        raise typer.Exit(DONE)


@app.callback()
def grader(
    asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Grades a Keras lab from what it measures."""


for command in COMMANDS:
    app.command()(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)
with_examples(app)  # after the last command


def main() -> None:
    """Runs the command line; turns what can go wrong into a message and an exit status."""
    sturdy_streams()
    # Where it may not write its settings it says so at length, and works.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        try:
            app()
        finally:
            flush()
    except UserError as error:
        _end(str(error), USER_MUST_ACT, "red")
    except CancelledError as stopped:
        again = shlex.join(["grader", *sys.argv[1:]])
        told = f"Stopped. {stopped} What was finished is kept; run the same command again to go on:\n  {again}"
        _end(told, INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (the last resort: the system's trouble, or our bug)
        if words := in_words(error, sys.argv):
            _end(words, USER_MUST_ACT, "red")
        _end(_of_a_bug(error), OUR_BUG)


def _of_a_bug(error: Exception) -> str:
    log = log_of(error)
    file = written_log(log)
    where = f"Please send {file} with what you did." if file else "Please send what follows with what you did."
    told = f"This is a bug in the grader: {error!r}. {where} What was finished is kept."
    return told if file else f"{told}\n\n{log}"


def _end(words: str, status: int, style: str = "") -> NoReturn:
    """The last words, if anybody can hear them, and the status."""
    with suppress(OSError):
        Console(stderr=True).print(words, style=style, markup=False, highlight=False, soft_wrap=True)
    sys.exit(status)
