"""A gradebook with its cells filled in, and what is to be said about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from grader.errors import UserError
from grader.exports.graded import Graded
from grader.exports.people import Matching
from grader.exports.table import Table
from grader.records.marks import marks

DECIMAL_COMMA = re.compile(r"^-?\d+,\d+")
NUMBER = re.compile(r"^-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Filled:
    """The new file; `rows` are those that were filled, by row, and the words what a person should know."""

    content: bytes
    columns: tuple[str, ...]
    """The names of the columns that were written to."""
    rows: dict[int, Graded]
    withheld: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    """Those of `--with-unreviewed`, too."""
    replaced: tuple[str, ...] = ()
    """Grades that stood there and were others."""
    locked: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def sayings(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Headings with their lines, those without lines left out."""
        told = (
            ("Left out, not final yet (grader review list; --with-unreviewed to have them in)", self.withheld),
            (
                "Left out, no mark until a person says so (grader review accept STUDENT, or grader review set)",
                self.unconfirmed,
            ),
            ("Left out, the cell is locked", self.locked),
            ("Left out, in doubt who it is", self.ambiguous),
            ("Left out, in no row of the file", self.unmatched),
            ("Replaced another grade", self.replaced),
            ("Rows of nobody who was graded, left as they are", self.without),
        )
        yield from ((heading, lines) for heading, lines in told if lines)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows to fill, and in words those whose marks are held back."""

    rows: dict[int, Graded]
    withheld: tuple[str, ...]
    unconfirmed: tuple[str, ...]


def choose(matching: Matching, *, unreviewed: bool) -> Chosen:
    """Whose marks go out, and whose do not, with the reason."""
    rows = {row: g for row, g in matching.rows.items() if g.may_go_out(unreviewed=unreviewed)}
    held = {g.student: g for row, g in matching.rows.items() if row not in rows}
    return Chosen(
        rows,
        tuple(f"{g.student}: {g.withheld}" for g in held.values() if not g.no_mark),
        tuple(f"{g.student}: {g.withheld}" for g in held.values() if g.no_mark),
    )


def decimal_comma(table: Table, columns: Iterable[int]) -> bool:
    """Whether the numbers in these columns have a decimal comma."""
    chosen = list(columns)
    return any(DECIMAL_COMMA.fullmatch(table.value(r, c)) for r in range(1, len(table.rows)) for c in chosen)


def number(text: str) -> Fraction | None:
    """A number with a decimal point or comma; None for anything else."""
    return Fraction(text.replace(",", ".")) if NUMBER.fullmatch(text) else None


def mark_words(graded: Graded, most: Fraction | None, *, comma: bool) -> str:
    """The total out of `most` (as graded, if None), with two decimals."""
    total = Fraction(str(graded.grade.total))
    if most is not None:
        total = total * most / Fraction(str(graded.grade.max))
    return marks(total).replace(".", ",") if comma else marks(total)


def must_be_out_of(most: Fraction | None, graded: Iterable[Graded], where: str, *, scale: bool) -> None:
    """Marks out of 10 must not be written where 100 are to be had, unless they are to be converted.

    Raises:
        UserError: the maxima differ.
    """
    differs = {g.grade.max for g in graded if most is not None and Fraction(str(g.grade.max)) != most}
    if differs and not scale and most is not None:
        ours = ", ".join(f"{m:g}" for m in sorted(differs))
        raise UserError(
            f"{where} is out of {float(most):g}, the marks here are out of {ours}. Give --scale to convert them "
            f"(5 of {ours} becomes {5 * float(most) / max(differs):g}), or change the maximum there."
        )


def same_mark(old: str, new: str) -> bool:
    """Whether a cell says the same mark already, or none."""
    before = number(old)
    return old in {"", "-"} or (before is not None and before == number(new))
