"""Reads a class list: an LMS's own gradebook CSV in whatever language, or a plain table of names."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timezone
from pathlib import Path

from grader.errors import UserError
from grader.intake.moments import is_moment, iso_moment, moodle_moments
from grader.records import Lms

LARGEST = 64 << 20
IDENTIFIER = re.compile(r"^(?P<word>\D*)(?P<id>\d+)$")
"""`Participant 123456`, the word in the site's language."""
SHORTEST_WORD = 2
FEWEST_COLUMNS = 6
"""Of a worksheet: the identifier, status, grade, maximum grade, whether it can be changed, when it last was."""
FEWEST_NAMES = 5
"""In fewer rows, states such as "No submission" may differ as names do."""
SUBMITTED = "last modified (submission)"
NOBODY = ("points possible", "student, test", "test student")
"""Rows of Canvas's export that are no students."""
PLAIN: Mapping[str, frozenset[str]] = {
    "id": frozenset(
        {"id", "student id", "studentid", "student number", "sid", "matriculation", "matriculation number", "username"}
        | {"user name", "user id", "userid", "login", "login id", "github username", "number", "no", "roll no"}
    ),
    "name": frozenset({"name", "full name", "fullname", "student", "student name"}),
    "first": frozenset({"first name", "firstname", "given name", "forename"}),
    "last": frozenset({"last name", "lastname", "surname", "family name"}),
    "email": frozenset({"email", "e-mail", "email address", "e-mail address", "mail"}),
    "group": frozenset({"group", "groups", "team"}),
    "submitted": frozenset({"submission timestamp", "submitted at", "timestamp"}),
}
"""The columns of a table of one's own, by their titles in lower case, `_` being a space."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the roster; texts are empty where it does not say."""

    id: str
    name: str
    email: str = ""
    aliases: tuple[str, ...] = ()
    """Other names by which systems know them: logins, SIS ids, repositories."""
    group: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClassList:
    """The people of a file and what it was recognised as."""

    kind: str
    lms: Lms
    people: tuple[Person, ...]
    untimed: bool = False
    """It has times of submissions that could not be read with certainty."""


Rows = Sequence[Sequence[str]]


def read_roster(path: Path) -> ClassList:
    """The people in a CSV file.

    Raises:
        UserError: it cannot be read, or no column in it says who somebody is.
    """
    rows = _rows(path)
    header, body = rows[0], [row for row in rows[1:] if any(cell.strip() for cell in row)]
    for read in (_canvas, _classroom, _nbgrader, _moodle, _plain):
        if found := read(header, body):
            return found
    raise UserError(
        f"{path}: expected a Moodle worksheet, a Canvas gradebook, or a table with a column such as `name`, `id` or "
        f"`email`; found the columns {', '.join(header) or 'none'}. Name one of them so."
    )


def _rows(path: Path) -> Rows:
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} is larger than {LARGEST >> 20} MiB; expected a class list as CSV.")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: expected a class list as CSV, cannot read it ({error.strerror}).") from error
    text = _decoded(content)
    first = text.partition("\n")[0]
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = max(",;\t", key=unquoted.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UserError(f"{path}: expected CSV, found {error}. Export it again from where it comes from.") from error
    if not rows:
        raise UserError(f"{path} is empty; expected a class list as CSV.")
    return rows


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 by its mark, and what Excel on Windows writes else."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _title(cell: str) -> str:
    return " ".join(cell.strip().lower().replace("_", " ").split())


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _columns(header: Sequence[str], wanted: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """The first column of each kind, by its title."""
    titles = [_title(cell) for cell in header]
    found = {kind: next((i for i, t in enumerate(titles) if t in names), None) for kind, names in wanted.items()}
    return {kind: i for kind, i in found.items() if i is not None}


def _canvas(header: Sequence[str], body: Rows) -> ClassList | None:
    titles = [_title(cell) for cell in header]
    if "id" not in titles or "section" not in titles or titles[0] not in {"student", "student name", "lastname"}:
        return None
    at = {title: titles.index(title) for title in reversed(titles)}
    people = []
    for row in body:
        name = _cell(row, 0) if "lastname" not in at else f"{_cell(row, at['lastname'])}, {_cell(row, at['firstname'])}"
        number, login = _cell(row, at["id"]), _cell(row, at.get("sis login id"))
        if number and not name.lower().startswith(NOBODY):
            aliases = tuple(
                filter(None, (login, _cell(row, at.get("sis user id")), _cell(row, at.get("integration id"))))
            )
            people.append(Person(number, _forwards(name), login if "@" in login else "", aliases))
    return ClassList("Canvas gradebook", Lms.CANVAS, tuple(people))


def _forwards(name: str) -> str:
    """`Lovelace, Ada` as `Ada Lovelace`."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name


def _moodle(header: Sequence[str], body: Rows) -> ClassList | None:
    """Titles are in the site's language: columns are known by what stands in them."""
    ids = [IDENTIFIER.match(_cell(row, 0)) for row in body]
    words = {found["word"].strip() for found in ids if found}
    word = words.pop() if len(words) == 1 else ""
    if not all(ids) or len(word) < SHORTEST_WORD or len(header) < FEWEST_COLUMNS:
        return None
    email = next((i for i in range(1, len(header)) if any("@" in _cell(row, i) for row in body)), None)
    column, times = _submitted(header, body)
    # Blind worksheets have no names; then the status or the mark stands second.
    blind = email is None and not _named(header, body)
    group = _columns(header, {"group": PLAIN["group"]}).get("group")
    people = tuple(
        Person(
            found["id"] if found else "",
            "" if blind else _cell(row, 1),
            _cell(row, email),
            group=_cell(row, group),
            submitted_at=moment,
        )
        for row, found, moment in zip(body, ids, times, strict=True)
    )
    untimed = column is not None and not any(times) and any(is_moment(_cell(row, column)) for row in body)
    return ClassList("Moodle worksheet", Lms.MOODLE, people, untimed)


def _named(header: Sequence[str], body: Rows) -> bool:
    """Whether the second column holds names: different for nearly everybody, and no numbers."""
    cells = [_cell(row, 1) for row in body]
    if _title(header[1]) in PLAIN["name"]:
        return True
    if len(cells) < FEWEST_NAMES:
        return False
    return len(set(cells)) > len(cells) / 2 and not any(is_moment(c) or re.search(r"\d", c) for c in cells)


def _submitted(header: Sequence[str], body: Rows) -> tuple[int | None, list[datetime | None]]:
    """The column of the submissions' times: so titled, else the first of two columns of times.

    The other one says when marks were last changed. Where only one column has times, its title must say which it is.
    """
    titled = next((i for i, cell in enumerate(header) if _title(cell) == SUBMITTED), None)
    candidates = [i for i in range(1, len(header)) if _is_of_times([_cell(row, i) for row in body])]
    column = titled if titled is not None else candidates[0] if _has_two(candidates, header, body) else None
    cells = [_cell(row, column) for row in body]
    return column, moodle_moments(cells)


def _has_two(candidates: Sequence[int], header: Sequence[str], body: Rows) -> bool:
    """Whether a second column of times, empty or not, follows the first: both titles begin alike."""
    if len(candidates) > 1:
        return True
    if not candidates:
        return False
    first = candidates[0]
    blank = [i for i in range(first + 1, len(header)) if all(_cell(row, i) in {"", "-"} for row in body)]
    return any(_title(header[i])[:6] == _title(header[first])[:6] for i in blank)


def _is_of_times(cells: Sequence[str]) -> bool:
    filled = [c for c in cells if c not in {"", "-"}]
    return bool(filled) and all(is_moment(c) and len(c) < 80 for c in filled)  # noqa: PLR2004 (no text of a student)


def _classroom(header: Sequence[str], body: Rows) -> ClassList | None:
    titles = [_title(cell) for cell in header]
    if "github username" not in titles:
        return None
    at = {title: i for i, title in enumerate(titles)}
    people = tuple(
        Person(
            _cell(row, at["github username"]),
            _cell(row, at.get("roster identifier", at.get("identifier", at.get("name")))),
            aliases=tuple(filter(None, [_cell(row, at.get("student repository name"))])),
            submitted_at=iso_moment(_cell(row, at.get("submission timestamp")), UTC),
        )
        for row in body
    )
    return ClassList("GitHub Classroom roster", Lms.GITHUB_CLASSROOM, tuple(p for p in people if p.id or p.name))


def _nbgrader(header: Sequence[str], body: Rows) -> ClassList | None:
    titles = [_title(cell) for cell in header]
    if "student id" not in titles or not {"last name", "first name"} <= set(titles):
        return None
    found = _plain(header, body, UTC)
    if found is None:
        return None
    people: Sequence[Person] = found.people
    if len({p.id for p in people}) < len(people):
        # Its grades have a line for each assignment: whose time it is, `timestamp.txt` knows.
        people = tuple(dict.fromkeys(replace(p, submitted_at=None) for p in people))
    return ClassList("nbgrader student list", Lms.NBGRADER, tuple(people))


def _plain(header: Sequence[str], body: Rows, zone: timezone | None = None) -> ClassList | None:
    """A table of one's own; a time without a zone is in `zone`, or on the rubric's clock."""
    at = _columns(header, PLAIN)
    if not at.keys() & {"id", "name", "last", "email"}:
        return None
    people = tuple(_people(at, body, zone))
    return ClassList("table of names", Lms.PLAIN, people)


def _people(at: Mapping[str, int], body: Rows, zone: timezone | None) -> Iterator[Person]:
    seen: set[Person] = set()
    for row in body:
        cells = {kind: _cell(row, column) for kind, column in at.items()}
        name = cells.get("name") or f"{cells.get('first', '')} {cells.get('last', '')}".strip()
        person = Person(
            cells.get("id", ""),
            _forwards(name),
            cells.get("email", ""),
            group=cells.get("group", ""),
            submitted_at=iso_moment(cells.get("submitted", ""), zone),
        )
        if (person.id or person.name or person.email) and person not in seen:
            seen.add(person)
            yield person
