"""A zero that nobody meant goes out by no export, whatever is asked for, until a person has said that it is one."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.cli import app
from grader.errors import UserError
from grader.exports.classroom import result
from grader.exports.graded import Graded
from grader.exports.gradescope import results
from grader.exports.read import only, read_graded
from grader.grading.publish import write_class, write_report
from grader.intake.folder import find_class
from grader.records import EVIDENCE_VERSION, Evidence, FileKind, Identity, Lms
from grader.workspace.evidence_file import write_facts
from tests.exports.importers import ENGLISH, moodle
from tests.exports.test_canvas import GRADEBOOK
from tests.exports.test_moodle import WORKSHEET

BY = ("--by", "A. Turing")
FOUND = "No program was handed in, but lab.pdf (a PDF)."
ADVICE = "Hand in the notebook itself"


def run(*words: object) -> str:
    ran = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.fixture(scope="session")
def zero_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada's submission is a PDF, and Ben's notebook lies where the grader may not read it."""
    tmp_path = tmp_path_factory.mktemp("zero")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "lab.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "class" / "ben").mkdir()
    (tmp_path / "class" / "ben" / "lab.ipynb").write_text("{}")
    out, assignment, grades = tmp_path / "reports", Assignment.of(load(bundled())), []
    for number, submission in enumerate(find_class(tmp_path / "class").submissions, 1001):
        names = {"ada": "Ada Lovelace", "ben": "Ben Müller, jr."}
        found = replace(submission, identity=Identity(Lms.MOODLE, str(number), names[submission.student]))
        if submission.student == "ben":
            (file,) = submission.files
            locked = replace(file, kind=FileKind.NOT_OPENED, note="cannot be opened: Permission denied")
            found = replace(found, files=(locked,))
        facts = Evidence(EVIDENCE_VERSION, found, ())
        write_facts(out / submission.student, facts, {}, {})
        grades.append(write_report(out / submission.student, facts, assignment))
    write_class(out, grades, assignment, "Assessment 2")
    return out


@pytest.fixture
def zero(zero_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(zero_once.parent, tmp_path / "zero")) / "reports"


def of(reports: Path, student: str = "ada") -> Graded:
    return only(read_graded(reports), student)


@pytest.fixture(params=["ada", "ben"])
def student(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_it_stands_in_the_grade_as_a_fact_of_its_own(zero: Path) -> None:
    grade = json.loads((zero / "ada" / "grade.json").read_text())
    assert grade["unconfirmed_zero"] == "no program was handed in, but lab.pdf (a PDF)"
    assert grade["review_reasons"] == [grade["unconfirmed_zero"]]
    assert grade["cause"]["kind"] == "no program"


def test_the_list_for_review_says_why(zero: Path) -> None:
    said = run("review", "list", zero)
    assert "no program was handed in, but lab.pdf (a PDF)" in said
    assert "the machine that grades may not read lab.ipynb (cannot be opened: Permission denied)" in said


@pytest.mark.parametrize("more", [(), ("--with-unreviewed",)])
def test_it_is_in_no_worksheet_and_in_no_feedback(more: tuple[str, ...], zero: Path, tmp_path: Path) -> None:
    sheet, out = tmp_path / "sheet.csv", tmp_path / "filled.csv"
    sheet.write_bytes(WORKSHEET)
    said = run("export", "moodle", zero, "--into", sheet, "--out", out, "--feedback-zip", tmp_path / "f.zip", *more)
    assert "Filled 0 rows" in said
    assert "no mark until a person says so (grader review accept STUDENT, or grader review set): 2" in said
    assert "ada: a zero that nobody has confirmed: no program was handed in, but lab.pdf (a PDF)" in said
    assert out.read_bytes() == WORKSHEET


@pytest.mark.parametrize("more", [(), ("--with-unreviewed",)])
def test_it_is_in_no_canvas_gradebook(more: tuple[str, ...], zero: Path, tmp_path: Path) -> None:
    book, out = tmp_path / "book.csv", tmp_path / "filled.csv"
    book.write_bytes(GRADEBOOK)
    run("export", "canvas", zero, "--into", book, "--out", out, "--assignment", "Assessment 2", *more)
    assert out.read_bytes() == GRADEBOOK


@pytest.mark.parametrize("unreviewed", [False, True])
def test_there_is_no_score_for_gradescope(unreviewed: bool, zero: Path, student: str) -> None:
    with pytest.raises(UserError, match=f"There is no score until a person says so: grader review accept {student}"):
        results(of(zero, student), unreviewed=unreviewed)


@pytest.mark.parametrize("unreviewed", [False, True])
def test_for_github_classroom_it_is_one_error_without_points(unreviewed: bool, zero: Path, student: str) -> None:
    found = result(of(zero, student), unreviewed=unreviewed)
    assert found["status"] == "error"
    assert [(t["status"], t["score"]) for t in found["tests"]] == [("error", 0)]


def test_for_a_build_it_is_one_error_and_no_score(zero: Path, tmp_path: Path) -> None:
    run("export", "junit", zero, "--out", tmp_path / "junit.xml")
    suites = ET.parse(tmp_path / "junit.xml").getroot().findall("testsuite")
    for suite in suites:
        assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("1", "1", "0")
        assert [p.get("value") for p in suite.iter("property") if p.get("name") == "score"] == [""]


@pytest.mark.parametrize("more", [(), ("--with-unreviewed",)])
def test_a_table_has_no_mark_for_it_and_says_why(more: tuple[str, ...], zero: Path, tmp_path: Path) -> None:
    run("export", "csv", zero, "--out", tmp_path / "marks.csv", *more)
    for line in csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text())):
        assert (line["total"], line["naive.network"], line["final"]) == ("", "", "no")
        assert "a zero that nobody has confirmed" in line["because"]


def test_the_gradebook_beside_the_reports_marks_it_as_unconfirmed(zero: Path) -> None:
    ada, _ = csv.DictReader(io.StringIO((zero / "gradebook.csv").read_text()))
    assert (ada["total"], ada["needs_review"], ada["naive.network"]) == ("0.00 unconfirmed", "yes", "")
    assert ada["unconfirmed"] == "no program was handed in, but lab.pdf (a PDF)"


def test_the_class_page_names_it_and_counts_it_in_no_average(zero: Path) -> None:
    page, written = (zero / "index.html").read_text(), json.loads((zero / "index.json").read_text())
    assert "no program was handed in, but lab.pdf (a PDF)" in page
    assert "Not properly graded: 2" in page
    assert (written["summary"], written["faults"]) == ({}, [])
    assert [s["unconfirmed_zero"] is None for s in written["students"]] == [False, False]


# ---------------------------------------------------------------- after a person has looked


def test_a_zero_that_a_person_accepts_goes_out_with_two_lines(zero: Path, student: str, tmp_path: Path) -> None:
    run("review", "accept", student, *BY, "--reports", zero)
    sheet, out = tmp_path / "sheet.csv", tmp_path / "filled.csv"
    sheet.write_bytes(WORKSHEET)
    run("export", "moodle", zero, "--into", sheet, "--out", out)
    taken = moodle(out.read_bytes(), ENGLISH)
    number = {"ada": "1001", "ben": "1002"}[student]
    assert taken.grades[number] == 0.0
    assert taken.comments[number].count("<li>") == 2
    assert student not in run("review", "list", zero)
    assert results(of(zero, student), unreviewed=False)["score"] == 0.0


def test_the_comment_names_what_came_and_what_to_hand_in_and_no_criterion(zero: Path) -> None:
    run("review", "accept", "ada", *BY, "--reports", zero)
    found = results(of(zero), unreviewed=False)
    assert found["output"].splitlines()[1] == FOUND
    assert found["output"].splitlines()[2].startswith(ADVICE)
    assert found["tests"] == []


def test_marks_by_hand_end_the_holding_back_and_all_criteria_are_told_again(zero: Path) -> None:
    run("review", "set", "ada", "naive.network", "0.5", "--comment", "You showed me.", *BY, "--reports", zero)
    ada = of(zero)
    assert ada.grade.unconfirmed_zero is None
    assert ada.grade.total == 0.5
    assert ada.may_go_out(unreviewed=True)
    assert ada.withheld == "needs review: no program was handed in, but lab.pdf (a PDF)"
    assert "You showed me." in (zero / "ada" / "report.html").read_text()


def test_another_file_of_the_student_is_another_zero_to_be_looked_at(zero: Path) -> None:
    run("review", "accept", "ada", *BY, "--reports", zero)
    (zero.parent / "class" / "ada" / "lab.pdf").rename(zero.parent / "class" / "ada" / "lab.docx")
    submission = find_class(zero.parent / "class").submissions[0]
    facts = Evidence(EVIDENCE_VERSION, submission, ())
    write_facts(zero / "ada", facts, {}, {})
    run("regrade", zero)
    assert of(zero).grade.unconfirmed_zero


def handed_in_again(zero: Path, content: bytes) -> None:
    (zero.parent / "class" / "ada" / "lab.pdf").write_bytes(content)
    submission = find_class(zero.parent / "class").submissions[0]
    write_facts(zero / "ada", Evidence(EVIDENCE_VERSION, submission, ()), {}, {})
    run("regrade", zero)


def test_a_zero_that_was_accepted_covers_no_other_file_of_the_same_name(zero: Path) -> None:
    run("review", "accept", "ada", *BY, "--reports", zero)
    handed_in_again(zero, b"%PDF-1.7, and now with everything in it")
    ada = of(zero)
    assert ada.withheld == "a zero that nobody has confirmed: no program was handed in, but lab.pdf (a PDF)"
    assert not ada.may_go_out(unreviewed=True)
    assert "ada" in run("review", "list", zero)
    run("review", "accept", "ada", *BY, "--reports", zero)
    assert of(zero).grade.confirmed_zero
    assert not of(zero).withheld


def test_a_zero_that_was_accepted_covers_no_grade_by_another_rubric(zero: Path, tmp_path: Path) -> None:
    run("review", "accept", "ada", *BY, "--reports", zero)
    other = tmp_path / "other.yaml"
    other.write_text(f"# Another one\n{bundled().read_text()}")
    run("regrade", zero, "--rubric", other, "--yes")
    assert of(zero).grade.unconfirmed_zero


def test_an_acceptance_that_does_not_say_of_what_confirms_no_zero_and_stands_in_the_way_of_nothing(zero: Path) -> None:
    (zero / "overrides.yaml").write_text(
        "- {student: ada, accepts: ['no program was handed in, but lab.pdf (a PDF)'], by: me, when: 2026-11-25}\n"
    )
    run("regrade", zero)
    assert of(zero).grade.unconfirmed_zero
    assert of(zero).grade.review_reasons == ("no program was handed in, but lab.pdf (a PDF)",)
    run("review", "accept", "ada", *BY, "--reports", zero)
    assert of(zero).grade.confirmed_zero


def test_a_mark_by_hand_beside_an_acceptance_for_other_work_can_be_handed_on(zero: Path) -> None:
    run("review", "accept", "ada", *BY, "--reports", zero)
    run("review", "set", "ada", "naive.network", "0.5", *BY, "--reports", zero)
    assert not of(zero).withheld
    handed_in_again(zero, b"%PDF-1.7, and now with everything in it")
    assert of(zero).withheld == "needs review: no program was handed in, but lab.pdf (a PDF)"


def test_marks_that_were_not_assessed_are_withheld_beside_a_zero_that_is_confirmed(zero: Path) -> None:
    run("review", "accept", "ada", *BY, "--reports", zero)
    ada = of(zero)
    half = replace(ada, grade=ada.grade.model_copy(update={"not_assessed": 1.5}))
    assert half.withheld == "1.50 of 10 marks not assessed: the report says why"


# ---------------------------------------------------------------- the student's page


def test_the_students_page_says_it_in_two_lines_and_lists_no_criterion(zero: Path, student: str) -> None:
    page = (zero / student / "report.html").read_text()
    assert "What happened." in page
    assert "What to do." in page
    assert "dropout.rate" not in page
    assert "What to do first." not in page


def test_the_students_page_names_the_file_and_what_to_hand_in(zero: Path) -> None:
    page = (zero / "ada" / "report.html").read_text()
    assert FOUND in page
    assert ADVICE in page
