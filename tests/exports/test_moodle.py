"""The worksheet that an instructor downloaded is filled in, and Moodle's importer takes it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.exports.feedback import feedback_html, feedback_zip, folder_name
from grader.exports.moodle import Wishes, fill_worksheet, find_columns, participants
from grader.exports.read import read_graded
from grader.exports.table import Table
from tests.exports.importers import ENGLISH, GERMAN, moodle

WORKSHEET = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\r\n'
    '"Participant 1001","Ada Lovelace",ada@uni.edu,"Submitted for grading - ",,10.00,Yes,"Monday, 9:00 PM",-,\r\n'
    '"Participant 1002","Ben Müller, jr.",ben@uni.edu,Submitted,6.00,10.00,Yes,Mon,-,"<p>See me.</p>"\r\n'
    '"Participant 1003","Cy Twombly",cy@uni.edu,"Submitted for grading - ",,10.00,Yes,-,-,\r\n'
    '"Participant 1004",Dee,dee@uni.edu,"Submitted for grading - ",,10.00,Yes,-,-,\r\n'
    '"Participant 1005","Eve Online",e.online@uni.edu,"Submitted for grading - ",,10.00,Yes,-,-,\r\n'
    '"Participant 1006","Nobody",n@uni.edu,"No submission",,10.00,Yes,-,-,\r\n'
).encode()
GERMAN_SHEET = (
    'ID;"Vollständiger Name";E-Mail-Adresse;Status;Bewertung;Bestwertung;"Bewertung kann geändert werden";'
    '"Zuletzt geändert (Abgabe)";"Zuletzt geändert (Bewertung)";"Feedback als Kommentar"\n'
    '"Teilnehmer/in 1001";"Ada Lovelace";ada@uni.edu;"Zur Bewertung abgegeben";"";"10,00";Ja;Montag;-;""\n'
    '"Teilnehmer/in 1002";"Ben Müller, jr.";ben@uni.edu;"Zur Bewertung abgegeben";"6,00";"10,00";Nein;-;-;""\n'
    '"Teilnehmer/in 1007";"Uli Ohne";uli@uni.edu;"Keine Abgabe";"";"10,00";Ja;-;-;""\n'
).encode()


def rows(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_moodle_takes_the_marks_of_those_who_are_matched_and_final(reports: Path) -> None:
    filled = fill_worksheet(Table.of(WORKSHEET), read_graded(reports), Wishes())
    taken = moodle(filled.content, ENGLISH)
    assert taken.grades["1001"] == 10.0
    assert taken.grades["1002"] == round(json.loads((reports / "ben" / "grade.json").read_text())["total"], 2)
    assert set(taken.grades) == {"1001", "1002"}
    assert taken.comments["1001"] == "<p>10.00 of 10 marks.</p>"
    assert "See me" not in taken.comments["1002"]
    assert filled.columns == ("Grade", "Feedback comments")


def test_who_is_left_out_is_listed_with_the_reason(reports: Path) -> None:
    said = dict(fill_worksheet(Table.of(WORKSHEET), read_graded(reports), Wishes()).sayings())
    held, unmatched, replaced, without = (
        next(lines for heading, lines in said.items() if heading.startswith(start))
        for start in ("Left out, not final", "Left out, in no row", "Replaced", "Rows of nobody")
    )
    assert [line.partition(":")[0] for line in held] == ["=dee", "cy"]
    assert "not assessed" in held[0]
    assert "images of the test set" in held[1]
    assert unmatched == ("eve",)
    assert replaced[0].startswith("ben: 6.00 → ")
    assert without == ("Eve Online (Participant 1005)", "Nobody (Participant 1006)")


def test_every_byte_but_the_filled_cells_stays(reports: Path) -> None:
    filled = fill_worksheet(Table.of(WORKSHEET), read_graded(reports), Wishes()).content
    before, after = WORKSHEET.decode().splitlines(keepends=True), filled.decode().splitlines(keepends=True)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        assert (old == new) == (number not in {1, 2})
    assert after[1] == before[1].replace(",,10.00", ",10.00,10.00").replace("-,\r\n", "-,<p>10.00 of 10 marks.</p>\r\n")


def test_a_translated_worksheet_with_decimal_comma_is_read_by_its_order_and_content(reports: Path) -> None:
    table = Table.of(GERMAN_SHEET)
    filled = fill_worksheet(table, read_graded(reports), Wishes())
    assert filled.columns == ("Bewertung", "Feedback als Kommentar")
    taken = moodle(filled.content, GERMAN, delimiter=";")
    assert taken.grades == {"1001": 10.0, "1002": 6.0}
    assert rows(filled.content, ";")[1][4] == "10,00"
    assert filled.locked == ("ben: the worksheet says that its grade cannot be changed",)
    assert not filled.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_a_translated_worksheet_of_few_rows_is_not_misread(keep: int) -> None:
    table = Table.of(b"".join(GERMAN_SHEET.splitlines(keepends=True)[: keep + 1]))
    columns = find_columns(table, Wishes())
    assert (columns.identifier, columns.grade, columns.maximum, columns.feedback, columns.name) == (0, 4, 5, 9, 1)


def test_blind_marking_is_matched_by_the_number_alone(reports: Path) -> None:
    blind = (
        b"Identifier,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade),"
        b"Feedback comments\n"
        b"Participant 1001,Submitted for grading,,10.00,Yes,-,-,\n"
        b"Participant 1002,Submitted for grading,,10.00,Yes,-,-,\n"
    )
    table = Table.of(blind)
    filled = fill_worksheet(table, read_graded(reports), Wishes())
    assert set(moodle(filled.content, ENGLISH).grades) == {"1001", "1002"}
    assert participants(table, Wishes(), [1]) == {1: ("", "1001")}


def test_unreviewed_marks_go_in_when_asked_for(reports: Path) -> None:
    filled = fill_worksheet(Table.of(WORKSHEET), read_graded(reports), Wishes(unreviewed=True))
    taken = moodle(filled.content, ENGLISH)
    assert set(taken.grades) == {"1001", "1002", "1003", "1004"}
    assert "Not final" in taken.comments["1004"]


def test_another_maximum_is_refused_or_converted(reports: Path) -> None:
    hundred = Table.of(WORKSHEET.replace(b"10.00", b"100.00"))
    with pytest.raises(UserError, match=r"is out of 100, the marks here are out of 10\. Give --scale"):
        fill_worksheet(hundred, read_graded(reports), Wishes())
    filled = fill_worksheet(hundred, read_graded(reports), Wishes(scale=True))
    assert moodle(filled.content, ENGLISH, most=100.0).grades["1001"] == 100.0


def test_a_worksheet_with_a_scale_asks_for_the_column() -> None:
    scaled = Table.of(
        WORKSHEET.replace(b'"Maximum Grade"', b"Scale").replace(b"10.00", b"Good").replace(b",Grade,", b",Note,")
    )
    with pytest.raises(UserError, match=r"Cannot tell which column is the grade.*--grade-column"):
        find_columns(scaled, Wishes())


def test_what_is_no_worksheet_says_how_to_get_one() -> None:
    with pytest.raises(UserError, match=r"found the columns 'name', 'mark'\. In Moodle"):
        find_columns(Table.of(b"name,mark\nAda,1\n"), Wishes())


def test_a_named_column_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(UserError, match=r"no column 'Not'; there are 'Identifier'"):
        find_columns(Table.of(WORKSHEET), Wishes(grade_column="Not"))


def test_students_text_is_escaped_and_never_a_formula(reports: Path) -> None:
    (dee,) = (g for g in read_graded(reports) if g.student == "=dee")
    html = feedback_html(dee)
    assert html.startswith("<p>")
    assert "<b>" not in html


def test_the_feedback_zip_has_a_report_under_the_name_by_which_moodle_knows_the_student(reports: Path) -> None:
    table = Table.of(WORKSHEET)
    filled = fill_worksheet(table, read_graded(reports), Wishes())
    content = feedback_zip(filled.rows, participants(table, Wishes(), filled.rows))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert archive.read(names[0]) == (reports / "ada" / "report.html").read_bytes()
    assert names[0] == "Ada Lovelace_1001_assignsubmission_file/report.html"
    for name in names:
        folder, _, file = name.partition("/")
        full_name, number, kind, plugin = folder.split("_", 3)
        assert full_name
        assert number.isdigit()
        assert (kind, plugin, file) == ("assignsubmission", "file", "report.html")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("A_B", "A B_7_assignsubmission_file"),
        ("../x", "x_7_assignsubmission_file"),
        ("", "Participant_7_assignsubmission_file"),
    ],
)
def test_a_name_that_would_break_the_zip_is_made_harmless(name: str, folder: str) -> None:
    assert folder_name(name, "7") == folder
