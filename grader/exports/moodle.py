"""The instructor's own Moodle grading worksheet, filled in; its labels may be in any language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.errors import UserError
from grader.exports.feedback import feedback_html
from grader.exports.filled import Filled, choose, decimal_comma, mark_words, must_be_out_of, number, same_mark
from grader.exports.graded import Graded
from grader.exports.people import Person, login_keys, match
from grader.exports.table import Table
from grader.intake.present import name_keys
from grader.reports.gradebook import no_formula

IDENTIFIER = re.compile(r"^(?P<words>.*\D)(?P<number>\d+)")
"""`Participant 123456`, in any language."""
FEEDBACK_WORDS = ("feedback", "comment", "kommentar", "coment", "retroal", "retroaz", "terugkoppeling", "opmerking")
"""What the label of the comments column holds, in the languages of most sites."""
LOCKED = ("no", "nein", "non", "nee", "não", "nej")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a worksheet; None where they do not."""

    identifier: int
    grade: int
    maximum: int | None
    feedback: int | None
    changeable: int | None
    name: int | None
    logins: tuple[int, ...]
    """What else stands between the identifier and the grade: e-mail address, id number, user name, status."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the instructor asks for; column names override what is found."""

    unreviewed: bool = False
    scale: bool = False
    grade_column: str = ""
    feedback_column: str = ""


def fill_worksheet(table: Table, graded: Sequence[Graded], wishes: Wishes) -> Filled:
    """The worksheet with marks and feedback in the rows of those who are matched and final.

    Raises:
        UserError: a column cannot be told, or the maximum is another.
    """
    columns = find_columns(table, wishes)
    people = [_person(table, columns, row) for row in _people_rows(table, columns)]
    matching = match(graded, people, "moodle")
    chosen = choose(matching, unreviewed=wishes.unreviewed)
    rows = chosen.rows
    locked = {r for r in rows if columns.changeable and table.value(r, columns.changeable).casefold() in LOCKED}
    comma = decimal_comma(table, [c for c in (columns.grade, columns.maximum) if c is not None])
    changes: dict[tuple[int, int], str] = {}
    replaced = []
    filled = {row: g for row, g in rows.items() if row not in locked}
    for row, g in filled.items():
        most = None if columns.maximum is None else number(table.value(row, columns.maximum))
        must_be_out_of(most, [g], f"Row {row + 1} of the worksheet", scale=wishes.scale)
        mark = mark_words(g, most if wishes.scale else None, comma=comma)
        old = table.value(row, columns.grade)
        if not same_mark(old, mark):
            replaced.append(f"{g.student}: {old} → {mark}")
        changes[row, columns.grade] = mark
        if columns.feedback is not None:
            changes[row, columns.feedback] = no_formula(feedback_html(g))
    written = [columns.grade, *([] if columns.feedback is None else [columns.feedback])]
    return Filled(
        content=table.with_cells(changes),
        columns=tuple(table.header[c] for c in written),
        rows=filled,
        withheld=chosen.withheld,
        unconfirmed=chosen.unconfirmed,
        replaced=tuple(replaced),
        locked=tuple(f"{rows[r].student}: the worksheet says that its grade cannot be changed" for r in sorted(locked)),
        ambiguous=tuple(matching.ambiguous),
        unmatched=tuple(matching.unmatched),
        without=tuple(matching.without),
    )


def find_columns(table: Table, wishes: Wishes) -> Columns:
    """The columns, by their English names, else by what stands in them and by Moodle's order.

    Identifiers are words and a number; the maximum grade is one number in every row, with the grade before it and
    whether that can be changed after it.

    Raises:
        UserError: it is no worksheet, or the grade cannot be told.
    """
    identifier = _identifier(table)
    rows = [r for r in range(1, len(table.rows)) if IDENTIFIER.fullmatch(table.value(r, identifier))]
    if not rows:
        raise UserError(
            "Expected a Moodle grading worksheet, with a first column such as 'Participant 123456'; found the columns "
            f"{_listed(table.header)}. In Moodle: Assignment, View all submissions, Download grading worksheet."
        )
    maximum = _maximum(table, identifier, rows)
    grade = _named(table, wishes.grade_column) if wishes.grade_column else table.column("Grade")
    if grade is None and maximum is not None:
        grade = maximum - 1
    if grade is None or grade <= identifier:
        raise UserError(
            f"Cannot tell which column is the grade: {_listed(table.header)}. Name it with --grade-column. (Where an "
            "assignment is graded by a scale, not by marks, its worksheet cannot be filled.)"
        )
    beyond = range(max(grade, maximum or 0) + 1, len(table.header))
    changeable = None if maximum is None or maximum + 1 >= len(table.header) else maximum + 1
    feedback = _named(table, wishes.feedback_column) if wishes.feedback_column else _feedback(table, beyond)
    name = _name_column(table, identifier, grade, rows)
    logins = tuple(c for c in range(identifier + 1, grade) if c != name)
    return Columns(identifier, grade, maximum, feedback, changeable, name, logins)


def _identifier(table: Table) -> int:
    """The column of that name, else the first whose cells are words and a number."""
    named = table.column("Identifier")
    if named is not None:
        return named
    rows = range(1, len(table.rows))
    for column in range(len(table.header)):
        values = [table.value(r, column) for r in rows if table.rows[r]]
        found = [IDENTIFIER.fullmatch(v) for v in values]
        if values and all(found) and len({m["words"] for m in found if m}) == 1:
            return column
    return 0


def _maximum(table: Table, identifier: int, rows: Sequence[int]) -> int | None:
    """The last column that says one number in every row and stands after one of marks or nothing."""
    named = table.column("Maximum Grade")
    if named is not None:
        return named
    for column in range(len(table.header) - 1, identifier + 1, -1):
        values = {number(table.value(r, column)) for r in rows}
        before = {table.value(r, column - 1) for r in rows}
        if len(values) == 1 and None not in values and all(v in {"", "-"} or number(v) is not None for v in before):
            return column
    return None


def _name_column(table: Table, identifier: int, grade: int, rows: Sequence[int]) -> int | None:
    """The column after the identifier, unless marking is blind: then many rows say the same there, their status."""
    column = identifier + 1
    if column >= grade or table.header[column].casefold() == "status":
        return None
    values = [table.value(r, column) for r in rows]
    return column if 2 * len(set(values)) > len(rows) and not any("@" in v for v in values) else None


def _feedback(table: Table, columns: Iterable[int]) -> int | None:
    found = [c for c in columns if any(word in table.header[c].casefold() for word in FEEDBACK_WORDS)]
    return found[0] if len(found) == 1 else None


def _named(table: Table, name: str) -> int:
    column = table.column(name)
    if column is None:
        raise UserError(f"There is no column '{name}'; there are {_listed(table.header)}.")
    return column


def _people_rows(table: Table, columns: Columns) -> list[int]:
    """Rows with an identifier that reach to the grade."""
    last = max(columns.grade, columns.feedback or 0)
    return [
        r
        for r in range(1, len(table.rows))
        if len(table.rows[r]) > last and IDENTIFIER.fullmatch(table.value(r, columns.identifier))
    ]


def _person(table: Table, columns: Columns, row: int) -> Person:
    label = table.value(row, columns.identifier)
    name = table.value(row, columns.name) if columns.name is not None else ""
    # What holds blanks is no login but a status of several words.
    logins = [text for c in columns.logins if (text := table.value(row, c)) and " " not in text]
    return Person(
        row=row,
        label=f"{name} ({label})" if name else label,
        ids=frozenset({_number(label)}),
        logins=login_keys(*logins),
        names=name_keys(name),
    )


def _number(identifier: str) -> str:
    found = IDENTIFIER.fullmatch(identifier)
    return found["number"] if found else ""


def participants(table: Table, wishes: Wishes, rows: Iterable[int]) -> dict[int, tuple[str, str]]:
    """For each row the full name, empty where marking is blind, and the number of its participant."""
    columns = find_columns(table, wishes)
    return {
        row: (
            table.value(row, columns.name) if columns.name is not None else "",
            _number(table.value(row, columns.identifier)),
        )
        for row in rows
    }


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
