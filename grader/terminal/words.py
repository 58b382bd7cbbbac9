"""Words of one line: cut to what there is room for."""

from __future__ import annotations

from rich.text import Text

from grader.records import Grade
from grader.records.marks import marks
from grader.reports.gradebook import UNCONFIRMED

NARROW = 60
"""Columns of a screen on which names and states are cut, so that the marks can be read."""


def short(text: str, most: int = 120) -> str:
    """As many characters at most."""
    return text if len(text) <= most else text[: most - 1] + "…"


def cut(text: str, most: int) -> str:
    """What is on one line and no wider than so many columns, of which a Chinese letter takes two."""
    line = Text(" ".join(text.split()))
    line.truncate(most, overflow="ellipsis")
    return line.plain


def total(grade: Grade) -> str:
    """The marks in all, with what keeps them from being the last word."""
    of = f"{marks(grade.total)} / {marks(grade.max)}"
    if grade.unconfirmed_zero:
        return f"{marks(grade.total)} {UNCONFIRMED}"
    return f"{of} ({marks(grade.not_assessed)} not assessed)" if grade.not_assessed else of
