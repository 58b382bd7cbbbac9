"""The instructor's own Canvas gradebook, one assignment's column filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from grader.errors import UserError
from grader.exports.filled import Filled, choose, decimal_comma, mark_words, must_be_out_of, number, same_mark
from grader.exports.graded import Graded
from grader.exports.people import Person, keys, login_keys, match
from grader.exports.table import Table
from grader.intake.present import name_keys

TITLE = re.compile(r"^(?P<title>.*) \((?P<id>\d+)\)")
"""`Assessment 2 (4711)`."""
SUMS = re.compile(r"\b(?:Current|Final|Unposted|Override)\b.*\b(?:Score|Points|Grade|Status)\b", re.IGNORECASE)
"""Columns that Canvas computes or keeps for itself."""
NO_ASSIGNMENTS = ("student", "id", "sis user id", "sis login id", "integration id", "root account", "section", "notes")
EXCUSED = "ex"


def fill_gradebook(
    table: Table, graded: Sequence[Graded], assignment: str, *, unreviewed: bool = False, scale: bool = False
) -> Filled:
    """The gradebook with marks in the assignment's column, in the rows of those who are matched and final.

    Raises:
        UserError: it is no Canvas gradebook, the column cannot be told, or the points to be had are others.
    """
    column = _assignment(table, assignment)
    id_column = table.column("ID")
    rows_of_people = [r for r in range(1, len(table.rows)) if id_column is not None and table.value(r, id_column)]
    rows_of_people = [r for r in rows_of_people if len(table.rows[r]) > column]
    most = _points_possible(table, column)
    must_be_out_of(most, graded, f"'{table.header[column]}'", scale=scale)
    matching = match(graded, [_person(table, r) for r in rows_of_people], "canvas")
    chosen = choose(matching, unreviewed=unreviewed)
    rows = chosen.rows
    excused = {r for r in rows if table.value(r, column).casefold() == EXCUSED}
    filled = {row: g for row, g in rows.items() if row not in excused}
    comma = decimal_comma(table, range(_first_assignment(table), len(table.header)))
    changes = {(row, column): mark_words(g, most if scale else None, comma=comma) for row, g in filled.items()}
    return Filled(
        content=table.with_cells(changes),
        columns=(table.header[column],),
        rows=filled,
        withheld=chosen.withheld,
        unconfirmed=chosen.unconfirmed,
        replaced=tuple(
            f"{filled[row].student}: {table.value(row, column)} → {mark}"
            for (row, _), mark in changes.items()
            if not same_mark(table.value(row, column), mark)
        ),
        locked=tuple(f"{rows[r].student}: excused (EX)" for r in sorted(excused)),
        ambiguous=tuple(matching.ambiguous),
        unmatched=tuple(matching.unmatched),
        without=tuple(matching.without),
    )


def _first_assignment(table: Table) -> int:
    """Canvas's importer wants `Student` first, `ID` soon, and `Section` last of what is about the student."""
    header = [name.casefold() for name in table.header]
    is_gradebook = "section" in header and "id" in header[:4] and any(s in header[0] for s in ("student", "name"))
    if not is_gradebook:
        raise UserError(
            "Expected a Canvas gradebook with the columns 'Student', 'ID' and 'Section', found "
            f"{_listed(table.header)}. In Canvas: Grades, Export, Export entire gradebook."
        )
    return header.index("section") + 1


def _assignment(table: Table, wanted: str) -> int:
    """The column of the assignment by its heading, title or number; the only one if none is asked for."""
    columns = [
        c
        for c in range(_first_assignment(table), len(table.header))
        if table.header[c]
        and table.header[c].casefold() not in NO_ASSIGNMENTS
        and not SUMS.search(table.header[c])
        and "(read only)" not in {table.value(r, c).casefold() for r in range(1, min(4, len(table.rows)))}
    ]
    found = [c for c in columns if not wanted or wanted.casefold() in _names(table.header[c])]
    if len(found) != 1:
        called = f"called {wanted!r} " if wanted else ""
        raise UserError(
            f"Expected one assignment {called}in the gradebook, found {len(found)}. Name it with --assignment, by "
            f"title or number: {_listed([table.header[c] for c in columns])}."
        )
    return found[0]


def _names(heading: str) -> set[str]:
    titled = TITLE.fullmatch(heading)
    return {heading.casefold(), *((titled["title"].casefold(), titled["id"]) if titled else ())}


def _points_possible(table: Table, column: int) -> Fraction | None:
    """What the row `Points Possible` says of the column; it stands above the students and has no id."""
    id_column = table.column("ID") or 1
    for row in range(1, min(4, len(table.rows))):
        if table.rows[row] and not table.value(row, id_column):
            found = number(table.value(row, column))
            if found is not None:
                return found
    return None


def _person(table: Table, row: int) -> Person:
    def value(name: str) -> str:
        column = table.column(name)
        return "" if column is None else table.value(row, column)

    name = value("Student") or f"{value('LastName')}, {value('FirstName')}"
    return Person(
        row=row,
        label=f"{name} ({value('ID')})",
        ids=keys(value("ID")),
        logins=keys(value("SIS User ID"), value("Integration ID")) | login_keys(value("SIS Login ID")),
        names=name_keys(name),
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
