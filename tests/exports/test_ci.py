"""What Gradescope, GitHub Classroom, JUnit's readers and spreadsheets are given."""

from __future__ import annotations

import base64
import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from grader.assignment.rubric import bundled
from grader.errors import UserError
from grader.exports.classroom import result, step_output
from grader.exports.feedback import feedback_html
from grader.exports.graded import Graded
from grader.exports.gradescope import results, write_autograder
from grader.exports.junit import junit_xml
from grader.exports.plain import table_csv
from grader.exports.read import only, read_graded
from grader.workspace.grade_file import StoredGrade

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
    "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
TEST = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags", "visibility",
    "extra_data",
}  # fmt: skip


def of(reports: Path, student: str) -> Graded:
    return only(read_graded(reports), student)


def with_checks(graded: Graded, **changes: object) -> Graded:
    plain = json.loads(graded.grade.model_dump_json())
    plain["criteria"][0]["checks"][0].update(changes)
    return Graded(graded.folder, StoredGrade.model_validate(plain))


@pytest.mark.parametrize("student", ["ada", "ben", "cy", "=dee"])
def test_results_for_gradescope_follow_its_specification(reports: Path, student: str) -> None:
    found = json.loads(json.dumps(results(of(reports, student), unreviewed=False)))
    assert set(found) <= TOP
    assert found["visibility"] in VISIBILITY
    assert found["score"] == pytest.approx(sum(t["score"] for t in found["tests"]), abs=0.01)
    for test in found["tests"]:
        assert set(test) <= TEST
        assert test["status"] in {"passed", "failed"}
        assert test["visibility"] in VISIBILITY
        assert 0 <= test["score"] <= test["max_score"]


def test_a_mark_that_waits_for_review_is_shown_after_publishing_only(reports: Path) -> None:
    shown = {s: results(of(reports, s), unreviewed=False)["visibility"] for s in ("ben", "cy", "=dee")}
    assert shown == {"ben": "visible", "cy": "after_published", "=dee": "after_published"}
    assert results(of(reports, "cy"), unreviewed=True)["visibility"] == "visible"


def test_a_hidden_check_is_neither_told_nor_shown_before_publishing(reports: Path) -> None:
    graded = with_checks(of(reports, "ada"), hidden=True, outcome="failed", found="a secret")
    first = results(graded, unreviewed=False)["tests"][0]
    assert first["visibility"] == "after_published"
    assert "a secret" not in json.dumps(results(graded, unreviewed=False))


def test_what_shows_before_publishing_says_no_total_and_no_word_of_what_is_hidden(reports: Path) -> None:
    plain = json.loads(of(reports, "ada").grade.model_dump_json())
    secret = plain["criteria"][0]
    secret |= {"title": "Secret title", "outcome": "failed", "score": 0.0}
    for check in secret["checks"]:
        check.update(hidden=True, outcome="failed", score=0.0)
    plain |= {"total": 9.5, "comments": [{"criterion": secret["id"], "text": "hi", "by": "me", "when": "now"}]}
    final = Graded(reports / "ada", StoredGrade.model_validate(plain))
    open_ = {"needs_review": True, "review_reasons": (f"{secret['id']} to be looked at: odd",)}
    flagged = Graded(final.folder, final.grade.model_copy(update=open_))
    for graded in (final, flagged):
        shown = json.dumps(result(graded, unreviewed=False)) + results(graded, unreviewed=False)["output"]
        shown += feedback_html(graded).replace("9.50 of 10", "")
        assert not [word for word in ("9.50", "Secret title", secret["id"], "odd") if word in shown]
    assert result(flagged, unreviewed=False)["message"] == "Not final: a person will look at it."


def test_where_nothing_is_known_there_is_no_score_not_even_a_zero(reports: Path) -> None:
    plain = json.loads(of(reports, "cy").grade.model_dump_json())
    plain |= {"total": 0.0, "not_assessed": 10.0, "faults": ["the disk was full"]}
    graded = Graded(reports / "cy", StoredGrade.model_validate(plain))
    with pytest.raises(UserError, match="nothing could be assessed"):
        results(graded, unreviewed=True)
    assert result(graded, unreviewed=True)["status"] == "error"


def test_github_classroom_gets_a_result_that_its_reporter_reads(reports: Path) -> None:
    found = result(of(reports, "ben"), unreviewed=False)
    name, _, encoded = step_output(found).strip().partition("=")
    read = json.loads(base64.b64decode(encoded))
    assert (name, read["version"], read["status"], read["max_score"]) == ("result", 3, "fail", 10)
    assert sum(t["score"] for t in read["tests"]) == pytest.approx(of(reports, "ben").grade.total)
    assert {t["status"] for t in read["tests"]} == {"pass", "fail"}
    assert all(len(t["output"]) <= 500 for t in read["tests"])


def test_what_late_work_costs_is_said_and_taken_off_wherever_tests_are_added_up(reports: Path) -> None:
    plain = json.loads(of(reports, "ada").grade.model_dump_json())
    plain |= {"total": 9.0, "late": {"penalty": 1.0, "words": "Two days late: 1.00 taken off."}}
    late = Graded(reports / "ada", StoredGrade.model_validate(plain))
    assert sum(t["score"] for t in result(late, unreviewed=False)["tests"]) == pytest.approx(9.0)
    found = results(late, unreviewed=False)
    assert found["score"] == 9.0
    assert "Two days late" in found["output"]
    assert "Two days late" in feedback_html(late)


@pytest.mark.parametrize(("student", "status"), [("ada", "pass"), ("ben", "fail"), ("cy", "error"), ("=dee", "error")])
def test_the_status_in_github_classroom_is_an_error_where_a_person_must_look(
    reports: Path, student: str, status: str
) -> None:
    assert result(of(reports, student), unreviewed=False)["status"] == status


def test_junit_has_a_suite_for_each_student_whose_numbers_add_up(reports: Path) -> None:
    top = ET.fromstring(junit_xml(read_graded(reports), "Assessment 2"))
    suites = {s.get("name"): s for s in top}
    assert set(suites) == {"ada", "ben", "cy", "=dee", "eve"}
    for suite in suites.values():
        assert next(child.tag for child in suite) == "properties"
        cases = suite.findall("testcase")
        for kind, path in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert int(suite.get(kind, "")) == sum(case.find(path) is not None for case in cases)
        assert int(suite.get("tests", "")) == len(cases)
        assert all(sum(c.tag in {"failure", "error", "skipped"} for c in case) <= 1 for case in cases)
    assert top.get("tests") == str(sum(int(s.get("tests", "")) for s in suites.values()))
    properties = {p.get("name"): p.get("value") for p in suites["ada"].iter("property")}
    assert (properties["score"], properties["max_score"]) == ("10.00", "10")
    assert int(suites["ada"].get("failures", "")) == 0
    assert int(suites["=dee"].get("skipped", "")) > 0


def test_what_no_xml_file_may_hold_does_not_break_the_file(reports: Path) -> None:
    graded = with_checks(of(reports, "ada"), outcome="failed", found="bell \x07, null \x00, half \ud800 ]]> & <")
    graded = Graded(graded.folder, graded.grade.model_copy(update={"student": "\x1b[31m"}))
    assert ET.fromstring(junit_xml([graded], "x"))[0].get("name") == "\ufffd[31m"


def test_a_spreadsheet_gets_no_formula_and_no_mark_that_is_not_final(reports: Path) -> None:
    lines = {r["student"]: r for r in csv.DictReader(io.StringIO(table_csv(read_graded(reports), unreviewed=False)))}
    assert (lines["ada"]["total"], lines["ada"]["final"], lines["ada"]["id"]) == ("10.00", "yes", "1001")
    assert (lines["cy"]["total"], lines["cy"]["final"]) == ("", "no")
    assert "images of the test set" in lines["cy"]["because"]
    assert lines["'=dee"]["total"] == ""
    with_all = table_csv(read_graded(reports), unreviewed=True)
    assert all(r["total"] for r in csv.DictReader(io.StringIO(with_all)))


def test_a_grade_that_cannot_be_read_is_named(reports: Path) -> None:
    (reports / "ada" / "grade.json").write_text("{")
    with pytest.raises(UserError, match=r"ada/grade\.json: expected a grade"):
        read_graded(reports)


def test_a_folder_without_grades_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected .*/<student>/grade\.json"):
        read_graded(tmp_path)


def test_a_total_that_was_changed_by_hand_in_the_file_goes_out_nowhere(reports: Path) -> None:
    file = reports / "ada" / "grade.json"
    grade = json.loads(file.read_text())
    file.write_text(json.dumps(grade | {"total": grade["total"] - 1}))
    with pytest.raises(UserError, match=r"but its criteria come to .* changed by hand\? Not exported: ada\."):
        read_graded(reports)


def test_one_of_several_must_be_named(reports: Path) -> None:
    with pytest.raises(UserError, match="Name one with --student: =dee, ada, ben"):
        only(read_graded(reports), None)


def test_marks_by_hand_that_the_reports_do_not_show_yet_hold_the_export_back(reports: Path) -> None:
    entry = "- {student: ada, criterion: dropout.rate, mark: 0, replaces: 0.25, by: me, when: 2026-11-25}\n"
    (reports / "overrides.yaml").write_text(entry)
    with pytest.raises(UserError, match=r"says otherwise than the reports of ada\. .* grader regrade"):
        read_graded(reports)


def test_the_autograder_folder_runs_the_grader_that_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    for script in write_autograder(folder, bundled(), 5):
        assert script.stat().st_mode & 0o111
        subprocess.run(["bash", "-n", str(script)], check=True)
    assert "--timeout 5 " in (folder / "run_autograder").read_text()
    assert "tensorflow" in (folder / "requirements.txt").read_text()
    assert "pytest" not in (folder / "requirements.txt").read_text()
    assert (folder / "rubric.yaml").read_bytes() == bundled().read_bytes()
    assert (folder / "grader" / "inside" / "__main__.py").exists()
    assert (folder / "reference" / "bands.yaml").exists()
    assert not list(folder.rglob("__pycache__"))
    with pytest.raises(UserError, match="is there already"):
        write_autograder(folder, bundled(), 5)
    shutil.rmtree(folder)
