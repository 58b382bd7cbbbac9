"""Class lists as systems export them, in their languages, held against what was handed in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.intake.present import call, name_keys
from grader.intake.roster import ClassList, read_roster
from grader.records import UNKNOWN, Identity, Lms, Presence, Roster, Submission

MOODLE = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 101,Ada Lovelace,ada@x.example,Submitted for grading,,10.00,Yes,"Wednesday, 14 August 2024, 11:59 PM",-,
Participant 102,"Köhler, Jürgen",jk@x.example,No submission,,10.00,Yes,-,-,
"""
GERMAN = """ID;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;Bewertung kann geändert werden;\
Zuletzt geändert (Abgabe);Zuletzt geändert (Bewertung);Feedback als Kommentar
Teilnehmer/in101;Ada Lovelace;ada@x.example;Zur Bewertung abgegeben;;10,00;Ja;Mittwoch, 14. August 2024, 23:59;-;
Teilnehmer/in102;Jürgen Köhler;jk@x.example;Keine Abgabe;;10,00;Ja;-;-;
"""
BLIND = """Identifier,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 101,Submitted for grading,,10.00,Yes,"Wednesday, 14 August 2024, 11:59 PM",-,
Participant 102,No submission,,10.00,Yes,-,-,
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Lab 2 (771),Final Score
    Points Possible,,,,,10,(read only)
"Lovelace, Ada",340934,S1,alovelace,CS-101,,
"Köhler, Jürgen",340935,S2,jkoehler,CS-101,,
"Student, Test",999,,,CS-101,,
"""
CLASSROOM = """"assignment_name","github_username","roster_identifier","student_repository_name","submission_timestamp"
"lab 2","ada-l","Ada Lovelace","lab-2-ada-l","2024-08-14 21:59:00 UTC"
"""
NBGRADER = "assignment,duedate,timestamp,student_id,last_name,first_name,email\nps1,,,ada,Lovelace,Ada,ada@x.example\n"
PLAIN = "\ufefflast_name;first_name;matriculation\nLovelace;Ada;4711\nKöhler;Jürgen;4712\n"


def listed(tmp_path: Path, text: str, encoding: str = "utf-8") -> ClassList:
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    return read_roster(tmp_path / "roster.csv")


def handed(student: str, identity: Identity = UNKNOWN) -> Submission:
    return Submission(student, Path("/class"), (), "", identity)


def called(tmp_path: Path, text: str, *submissions: Submission) -> tuple[dict[str, Identity], Roster]:
    found, roster = call(submissions, listed(tmp_path, text), "roster.csv")
    return {s.student: s.identity for s in found}, roster


@pytest.mark.parametrize(
    ("text", "kind", "first"),
    [
        (MOODLE, "Moodle worksheet", ("101", "Ada Lovelace", "ada@x.example")),
        (GERMAN, "Moodle worksheet", ("101", "Ada Lovelace", "ada@x.example")),
        (BLIND, "Moodle worksheet", ("101", "", "")),
        (CANVAS, "Canvas gradebook", ("340934", "Ada Lovelace", "")),
        (CLASSROOM, "GitHub Classroom roster", ("ada-l", "Ada Lovelace", "")),
        (NBGRADER, "nbgrader student list", ("ada", "Ada Lovelace", "ada@x.example")),
        (PLAIN, "table of names", ("4711", "Ada Lovelace", "")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_lists_are_recognised_whoever_wrote_them(
    text: str, kind: str, first: tuple[str, str, str], encoding: str, tmp_path: Path
) -> None:
    found = listed(tmp_path, text.lstrip("\ufeff"), encoding)
    person = found.people[0]
    assert (found.kind, (person.id, person.name, person.email)) == (kind, first)


@pytest.mark.parametrize("text", [MOODLE, GERMAN, BLIND])
def test_moodles_worksheet_tells_when_it_was_handed_in(text: str, tmp_path: Path) -> None:
    found = listed(tmp_path, text)
    assert [p.submitted_at.isoformat() if p.submitted_at else None for p in found.people] == [
        "2024-08-14T23:59:00",
        None,
    ]
    assert not found.untimed


def test_times_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    found = listed(tmp_path, MOODLE.replace("Wednesday", "Thursday"))
    assert found.untimed
    assert found.people[0].submitted_at is None


def test_canvas_rows_that_are_no_students_are_left_out(tmp_path: Path) -> None:
    assert [p.id for p in listed(tmp_path, CANVAS).people] == ["340934", "340935"]


@pytest.mark.parametrize("text", ["", "colour,size\nred,1\n", "a"])
def test_a_file_without_people_is_told_with_what_was_expected(text: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"roster\.csv.*(expected|empty)"):
        listed(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.csv: expected a class list as CSV, cannot read it"):
        read_roster(tmp_path / "nowhere.csv")


def test_matched_by_number_and_who_handed_in_nothing_is_told(tmp_path: Path) -> None:
    found, roster = called(tmp_path, MOODLE, handed("A. L.", Identity(Lms.MOODLE, "101", "A. L.")))
    ada = found["A. L."]
    assert (ada.presence, ada.name, ada.email) == (Presence.MATCHED, "Ada Lovelace", "ada@x.example")
    assert ada.submitted_at is not None
    assert [(line.presence, line.id, line.student) for line in roster.lines] == [
        (Presence.MATCHED, "101", "A. L."),
        (Presence.NOTHING, "102", ""),
    ]


@pytest.mark.parametrize(
    "student", ["Ada Lovelace", "lovelace_ada", "lovelaceada", "ADA-LOVELACE", "alovelace", "340934", "s1"]
)
def test_folders_of_many_spellings_are_matched(student: str, tmp_path: Path) -> None:
    found, _ = called(tmp_path, CANVAS, handed(student))
    assert (found[student].presence, found[student].id) == (Presence.MATCHED, "340934")


def test_accents_make_no_difference(tmp_path: Path) -> None:
    assert called(tmp_path, CANVAS, handed("jurgen kohler"))[0]["jurgen kohler"].id == "340935"
    assert name_keys("Łukasz Żółć") & name_keys("lukasz zolc")


def test_two_people_of_one_name_are_ambiguous_and_nobody_is_chosen(tmp_path: Path) -> None:
    found, roster = called(tmp_path, "name,id\nAda L,1\nAda L,2\nBen,3\n", handed("ada l"))
    assert (found["ada l"].presence, found["ada l"].id) == (Presence.AMBIGUOUS, "")
    assert "Ada L (1), Ada L (2)" in found["ada l"].note
    assert [len(roster.of(p)) for p in Presence] == [0, 3, 0, 1]


def test_two_submissions_of_one_person_are_both_ambiguous(tmp_path: Path) -> None:
    found, roster = called(tmp_path, "name,id\nAda L,1\n", handed("ada-l"), handed("L Ada"))
    assert {i.presence for i in found.values()} == {Presence.AMBIGUOUS}
    assert "also claimed by L Ada" in found["ada-l"].note
    assert not roster.of(Presence.NOTHING)


def test_a_submission_of_nobody_is_unmatched(tmp_path: Path) -> None:
    found, roster = called(tmp_path, MOODLE, handed("Eve"))
    assert found["Eve"].presence is Presence.UNMATCHED
    assert len(roster.of(Presence.NOTHING)) == 2


def test_a_groups_submission_is_all_its_members(tmp_path: Path) -> None:
    rows = "".join(f"Participant {n},{c} {c},{c}@x,Draft,,10,Yes,-,Team 1\n" for n, c in ((12, "A"), (13, "B")))
    text = (
        MOODLE.partition("Participant")[0].replace("Feedback comments", "Group").replace("Last modified (grade),", "")
    )
    text += rows
    found, roster = called(tmp_path, text, handed("Team 1", Identity(Lms.MOODLE, "12", "Team 1")))
    assert found["Team 1"].members == ("12", "13")
    assert [line.student for line in roster.of(Presence.MATCHED)] == ["Team 1", "Team 1"]


def test_without_names_only_numbers_match(tmp_path: Path) -> None:
    found, _ = called(tmp_path, BLIND, handed("Participant 102", Identity(Lms.MOODLE, "102")))
    assert found["Participant 102"].presence is Presence.MATCHED


def test_the_systems_own_number_stays_where_a_list_of_ones_own_has_another(tmp_path: Path) -> None:
    found, _ = called(
        tmp_path, "No,Name\n17,Ada Lovelace\n", handed("Ada", Identity(Lms.MOODLE, "101", "Ada Lovelace"))
    )
    assert (found["Ada"].presence, found["Ada"].lms, found["Ada"].id) == (Presence.MATCHED, Lms.MOODLE, "101")


def test_a_systems_group_gets_no_members_by_the_numbers_of_a_list_of_ones_own(tmp_path: Path) -> None:
    text = "No,Name,Team\n17,Ada,Team 1\n18,Ben,Team 1\n"
    found, roster = called(tmp_path, text, handed("Team 1", Identity(Lms.MOODLE, "12", "Team 1")))
    assert found["Team 1"].members == ()
    assert [line.student for line in roster.of(Presence.MATCHED)] == ["Team 1", "Team 1"]


def test_a_plain_folders_number_is_of_the_system_whose_list_it_is_on(tmp_path: Path) -> None:
    assert called(tmp_path, CANVAS, handed("alovelace"))[0]["alovelace"].lms is Lms.CANVAS
    assert called(tmp_path, "No,Name\n17,Ada\n", handed("ada"))[0]["ada"].lms is Lms.PLAIN


def test_a_time_without_a_zone_in_a_list_of_ones_own_is_on_the_rubrics_clock(tmp_path: Path) -> None:
    [ada] = listed(tmp_path, "name,submitted_at\nAda,2024-08-14 23:30\n").people
    assert ada.submitted_at is not None
    assert ada.submitted_at.tzinfo is None


def test_nbgraders_grades_of_two_assignments_name_each_student_once(tmp_path: Path) -> None:
    once = NBGRADER.replace("ps1,,,", "ps1,,2024-08-14 20:00:00,")
    [ada] = listed(tmp_path, once).people
    assert ada.submitted_at == datetime(2024, 8, 14, 20, tzinfo=UTC)
    twice = once + "ps2,,2024-08-21 20:00:00,ada,Lovelace,Ada,ada@x.example\n"
    assert [(p.id, p.submitted_at) for p in listed(tmp_path, twice).people] == [("ada", None)]


def test_a_systems_number_on_a_list_of_ones_own_is_nobodys_of_another_name(tmp_path: Path) -> None:
    ada = handed("Ada", Identity(Lms.MOODLE, "17", "Ada Lovelace"))
    found, _ = called(tmp_path, "No,Name\n17,Ben Bitdiddle\n18,Ada Lovelace\n", ada)
    assert (found["Ada"].presence, found["Ada"].name, found["Ada"].id) == (Presence.MATCHED, "Ada Lovelace", "17")
