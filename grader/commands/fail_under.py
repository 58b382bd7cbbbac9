"""`--fail-under`: whether a total is below, and what is said of the marks that it could not take into account."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import typer

from grader.commands.statuses import BELOW
from grader.records import Grade, Outcome
from grader.records.marks import marks
from grader.terminal.console import Console, warn


def exit_below(console: Console, grades: Sequence[Grade], fail_under: float | None, *, quick: bool) -> None:
    """As `grader check` does; of whom it makes no difference to, nothing is said."""
    if fail_under is None:
        return
    least = Fraction(str(fail_under))
    for grade in grades:
        if grade.not_assessed and grade.total < least:
            warn(console, f"{grade.student}: {open_marks(grade, least, quick=quick)}")
    if any(is_below(grade, least, quick=quick) for grade in grades):
        raise typer.Exit(BELOW)


def is_below(grade: Grade, least: Fraction, *, quick: bool) -> bool:
    """Whether the total is below; in quick mode, whether it cannot reach that any more."""
    return grade.total + (grade.not_assessed if quick else 0) < least


def open_marks(grade: Grade, least: Fraction, *, quick: bool) -> str:
    """What `--fail-under` could not take into account, and what became of it."""
    criteria = ", ".join(c.id for c in grade.criteria if c.outcome is Outcome.NOT_ASSESSED)
    why = "quick mode judges no accuracy, nor what stopped because of it" if quick else "a person decides on them"
    counted = "counted as if they were reached" if quick else "not counted"
    reachable = marks(grade.total + grade.not_assessed)
    return (
        f"--fail-under {marks(least)}: {marks(grade.not_assessed)} of {marks(grade.max)} marks could not be judged "
        f"({criteria}): {why}. They were {counted}; {marks(grade.total)} are sure, {reachable} can be reached."
    )
