"""The importers of Moodle and Canvas by their own rules, as far as a file must satisfy them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ENGLISH = {
    "id": "Identifier",
    "grade": "Grade",
    "max": "Maximum Grade",
    "timemarked": "Last modified (grade)",
    "comments": "Feedback comments",
    "participant": "Participant",
    "decsep": ".",
}
GERMAN = {
    "id": "ID",
    "grade": "Bewertung",
    "max": "Bestwertung",
    "timemarked": "Zuletzt geändert (Bewertung)",
    "comments": "Feedback als Kommentar",
    "participant": "Teilnehmer/in",
    "decsep": ",",
}


@dataclass
class Imported:
    """What an importer takes over: grades and comments by participant or user."""

    grades: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


def moodle(content: bytes, strings: Mapping[str, str], most: float = 10.0, delimiter: str = ",") -> Imported:
    """importgradeslib: UTF-8 without BOM, columns by their translated names, numbers by the language's separator."""
    text = content.decode("utf-8").removeprefix("\ufeff")
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    columns = {name: index for index, name in enumerate(header)}
    for needed in ("id", "grade", "timemarked"):
        assert strings[needed] in columns, f"Moodle refuses the file: no column {strings[needed]}"
    found = Imported()
    for row in rows:
        assert len(row) == len(header)
        number = row[columns[strings["id"]]].replace(strings["participant"] + " ", "")
        assert number.isdigit(), "Moodle cannot tell whose row it is"
        grade = row[columns[strings["grade"]]].replace(" ", "").replace(strings["decsep"], ".")
        if grade:
            if re.fullmatch(r"-?\d+(\.\d+)?", grade) and 0 <= float(grade) <= most:
                found.grades[number] = float(grade)
            else:
                raise AssertionError(f"Moodle skips the grade {grade!r} without a word")
        if row[columns[strings["comments"]]]:
            found.comments[number] = row[columns[strings["comments"]]]
    return found


NO_ASSIGNMENT = re.compile(r"(Current|Final|Unposted|Override).*(Score|Points|Grade|Status)", re.IGNORECASE)
STUDENT_COLUMNS = {"Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section"}


def canvas(content: bytes) -> dict[str, dict[str, float | str | None]]:
    """gradebook_importer: delimiter detected, a student's cells by assignment; scores at two decimals."""
    text = content.decode("utf-8").removeprefix("\ufeff")
    first = text.splitlines()[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert len(header) > 3
    assert "Student" in header[0]
    assert "ID" in header[1]
    last = max(i for i, name in enumerate(header) if name in STUDENT_COLUMNS)
    assert "Section" in header[last]
    grades: dict[str, dict[str, float | str | None]] = {}
    for row in rows:
        if not row or re.match(r"\s*Points Possible", row[0]) or not row[1]:
            continue
        cells = {name: row[i] for i, name in enumerate(header) if i > last and not NO_ASSIGNMENT.search(name)}
        grades[row[1]] = {name: _score(value) for name, value in cells.items()}
    return grades


def _score(value: str) -> float | str | None:
    if value.strip() in {"", "-"}:
        return None
    if value.strip().upper() == "EX":
        return "EX"
    assert re.fullmatch(r"-?\d+([.,]\d+)?", value.strip()), f"Canvas takes {value!r} for a grade that it does not know"
    return round(float(value.strip().replace(",", ".")), 2)
