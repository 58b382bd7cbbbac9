"""`gradebook.csv`: one line for each student, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from grader.records import Grade
from grader.records.marks import marks

UNCONFIRMED = "unconfirmed"
"""What stands behind marks that are nothing or nearly so, until a person has said that they are right."""
FORMULA_STARTS = ("=", "+", "-", "@")


def gradebook_csv(grades: Sequence[Grade]) -> str:
    """One line for each student, one column for each criterion; safe to open in a spreadsheet."""
    criteria = list(dict.fromkeys(c.id for grade in grades for c in grade.criteria))
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", "total", "max", "needs_review", "ending", *criteria, "manual", "unconfirmed"])
    writer.writerows(_gradebook_line(grade, criteria) for grade in grades)
    return table.getvalue()


def _gradebook_line(grade: Grade, criteria: Sequence[str]) -> list[str]:
    zero = grade.unconfirmed_zero
    # No number: what adds up or takes over the column must not take it for a mark.
    total = f"{marks(grade.total)} {UNCONFIRMED}" if zero else marks(grade.total)
    scores = {} if zero else {c.id: marks(c.score) for c in grade.criteria}
    review = "yes" if grade.needs_review else "no"
    start = [no_formula(grade.student), total, marks(grade.max), review, grade.ending.value]
    end = [_manual_words(grade), no_formula(zero)]
    return [*start, *(scores.get(criterion, "") for criterion in criteria), *end]


def _manual_words(grade: Grade) -> str:
    """The marks by hand, each with the automatic one."""
    return "; ".join(
        f"{c.id} {marks(c.score)} (automatic: {'not assessed' if m.not_assessed else marks(m.automatic)})"
        for c in grade.criteria
        if (m := c.manual)
    )


def no_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    # NFKC and lstrip because spreadsheets take a full-width "=" and leading blanks for a formula, too; some drop a tab
    # or a line's end before they look.
    # A carriage return alone is not quoted by `csv`, and would begin a line, and so a cell, of its own.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = unicodedata.normalize("NFKC", text)
    starts = plain.lstrip().startswith(FORMULA_STARTS) or plain.lstrip(" ").startswith(("\t", "\n"))
    return f"'{text}" if starts else text
