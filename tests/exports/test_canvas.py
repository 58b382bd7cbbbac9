"""The gradebook that an instructor exported is filled in, and Canvas's importer takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import UserError
from grader.exports.canvas import fill_gradebook
from grader.exports.read import read_graded
from grader.exports.table import Table
from tests.exports.importers import canvas

GRADEBOOK = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Assessment 1 (4710),Assessment 2 (4711),"
    "Current Score,Final Score\n"
    ",,,,,Manual Posting,,,\n"
    "    Points Possible,,,,,20,10,(read only),(read only)\n"
    '"Lovelace, Ada",501,S1,ada,"MLP, Monday",18.5,,92.5,61.66\n'
    '"Müller, jr., Ben",502,S2,ben@uni.edu,MLP,12,EX,60,60\n'
    '"Twombly, Cy",503,S3,cy@uni.edu,MLP,,,,\n'
    '"Eve",504,S4,eve,MLP,,3.5,,\n'
    '"Student, Test",505,,0123abc,MLP,,,,\n'
).encode()
SEMICOLON = (
    b"Student;ID;SIS Login ID;Section;Assessment 2 (4711)\r\n"
    b"    Points Possible;;;;10,0\r\n"
    b"Lovelace, Ada;501;ada;MLP;\r\n"
    b"Eve;504;eve;MLP;3,5\r\n"
)


def test_canvas_takes_the_marks_and_finds_all_else_as_it_was(reports: Path) -> None:
    before = canvas(GRADEBOOK)
    filled = fill_gradebook(Table.of(GRADEBOOK), read_graded(reports), "Assessment 2")
    after = canvas(filled.content)
    changed = {u: s["Assessment 2 (4711)"] for u, s in after.items() if s != before[u]}
    assert changed == {"501": 10.0, "504": 10.0}
    assert all(after[u]["Assessment 1 (4710)"] == before[u]["Assessment 1 (4710)"] for u in before)
    assert filled.content == GRADEBOOK.replace(b"18.5,,", b"18.5,10.00,").replace(b",3.5,", b",10.00,")


def test_excused_replaced_held_back_and_nobodys_rows_are_listed(reports: Path) -> None:
    filled = fill_gradebook(Table.of(GRADEBOOK), read_graded(reports), "4711")
    assert filled.locked == ("ben: excused (EX)",)
    assert filled.replaced == ("eve: 3.5 → 10.00",)
    assert [line.partition(":")[0] for line in filled.withheld] == ["cy"]
    assert filled.unmatched == ("=dee",)
    assert filled.without == ("Student, Test (505)",)


def test_a_gradebook_with_semicolons_keeps_its_decimal_comma(reports: Path) -> None:
    filled = fill_gradebook(Table.of(SEMICOLON), read_graded(reports), "")
    assert filled.content == SEMICOLON.replace(b"MLP;\r\n", b"MLP;10,00\r\n").replace(b"3,5", b"10,00")
    assert canvas(filled.content)["501"]["Assessment 2 (4711)"] == 10.0


@pytest.mark.parametrize("wanted", ["", "Assessment", "Current Score", "99"])
def test_an_assignment_that_cannot_be_told_is_asked_for_with_those_there_are(reports: Path, wanted: str) -> None:
    with pytest.raises(UserError, match=r"--assignment.*'Assessment 1 \(4710\)', 'Assessment 2 \(4711\)'\."):
        fill_gradebook(Table.of(GRADEBOOK), read_graded(reports), wanted)


def test_other_points_are_refused_or_converted(reports: Path) -> None:
    table = Table.of(GRADEBOOK)
    with pytest.raises(UserError, match=r"'Assessment 1 \(4710\)' is out of 20.*--scale"):
        fill_gradebook(table, read_graded(reports), "4710")
    filled = fill_gradebook(table, read_graded(reports), "4710", scale=True)
    assert canvas(filled.content)["501"]["Assessment 1 (4710)"] == 20.0


def test_what_is_no_gradebook_says_how_to_get_one(reports: Path) -> None:
    with pytest.raises(UserError, match="Export entire gradebook"):
        fill_gradebook(Table.of(b"name,mark\nAda,1\n"), read_graded(reports), "")
