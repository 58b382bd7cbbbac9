"""A graded class is scored anew from what is stored: nothing runs, and who changed is said with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.errors import UserError
from grader.exports.read import read_graded
from grader.grading.publish import write_class, write_report
from grader.grading.regrade import regrade, to_review
from grader.records import Evidence, TrainingRun
from grader.similarity.gather import works_of_reports
from grader.workspace.evidence_file import write_facts
from grader.workspace.lock import alone
from grader.workspace.overrides.of_class import strangers
from tests.builders import TRAIN, evidence, perfect_run, perfect_runs, refit

ASSIGNMENT = Assignment.of(load(bundled()))
STRICT = ("{check: dropout_rate, rate: 0.2}", "{check: dropout_rate, rate: 0.5}")
"""The lab's rubric asks for another dropout rate than everybody had."""


def handed_in(student: str, runs: Iterable[TrainingRun]) -> Evidence:
    facts = evidence(runs)
    return replace(facts, submission=replace(facts.submission, student=student))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Ada did everything; Ben trained the dropout stage on images of the test set."""
    out = tmp_path / "reports"
    ben = perfect_runs() | {"dropout": refit(perfect_run("dropout"), images=replace(TRAIN, split="mixed"))}
    grades = []
    for student, runs in (("ada", perfect_runs()), ("ben", ben)):
        facts = handed_in(student, runs.values())
        write_facts(out / student, facts, {}, {})
        grades.append(write_report(out / student, facts, ASSIGNMENT))
    write_class(out, grades, ASSIGNMENT, "Assessment 2")
    return out


def changed(folder: Path, *changes: tuple[str, str]) -> Assignment:
    """The assignment of a rubric with these texts replaced."""
    text = bundled().read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "rubric.yaml"
    path.write_text(text, encoding="utf-8")
    return Assignment.of(load(path))


def everything(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_the_same_rubric_changes_nothing_not_even_a_byte(reports: Path) -> None:
    before = everything(reports)
    found = regrade(reports, ASSIGNMENT)
    assert [(r.grade.student, r.differences) for r in found] == [("ada", ()), ("ben", ())]
    after = everything(reports)
    assert (after.pop(".grader.lock"), after.pop(".marks.lock")) == (b"", b"")
    assert after == before


def test_a_changed_rubric_says_who_lost_what_and_why(reports: Path, tmp_path: Path) -> None:
    ada, ben = regrade(reports, changed(tmp_path, STRICT))
    (difference,) = ada.differences
    assert (difference.criterion, difference.before, difference.after) == ("dropout.rate", 0.25, 0.0)
    assert difference.found.startswith("Dropout(0.2)")
    assert ada.before is not None
    assert float(ada.grade.total) == ada.before - 0.25
    assert [d.criterion for d in ben.differences] == ["dropout.rate"]
    assert json.loads((reports / "ada" / "grade.json").read_text())["total"] == 9.75
    assert "9.75" in (reports / "gradebook.csv").read_text()
    assert "9.75" in (reports / "index.html").read_text()


def test_a_criterion_that_is_new_or_gone_is_a_difference_too(reports: Path, tmp_path: Path) -> None:
    ada, _ = regrade(reports, changed(tmp_path, ("dropout.rate", "dropout.share")))
    assert [(d.criterion, d.before, d.after) for d in ada.differences] == [
        ("dropout.rate", 0.25, None),
        ("dropout.share", None, 0.25),
    ]


def test_one_student_alone_is_written_and_the_class_page_still_shows_everybody(reports: Path) -> None:
    for student in ("ada", "ben"):
        (reports / student / "report.html").unlink()
    found = regrade(reports, ASSIGNMENT, ["ada"])
    assert [r.grade.student for r in found] == ["ada"]
    assert (reports / "ada" / "report.html").exists()
    assert not (reports / "ben" / "report.html").exists()
    rows = (reports / "gradebook.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["student", "ada", "ben"]


def test_a_class_is_never_graded_by_two_rubrics(reports: Path, tmp_path: Path) -> None:
    before = everything(reports)
    with pytest.raises(UserError, match=r"ben was graded by another rubric .* leave out --student"):
        regrade(reports, changed(tmp_path, STRICT), ["ada"])
    assert everything(reports) == before


def test_the_title_of_the_class_stays(reports: Path) -> None:
    regrade(reports, ASSIGNMENT)
    assert json.loads((reports / "index.json").read_text())["title"] == "Assessment 2"


@pytest.mark.parametrize("only", [[], ["ada"], ["ben"]])
def test_where_evidence_cannot_be_read_its_student_is_named_and_nothing_is_written(
    reports: Path, only: list[str]
) -> None:
    (reports / "ben" / "evidence.json").write_text("{")
    before = everything(reports)
    with pytest.raises(UserError, match=r"(?s)cannot read that of 1; nothing .* grader grade again .*ben: Expected ev"):
        regrade(reports, ASSIGNMENT, only)
    after = everything(reports)
    assert (after.pop(".grader.lock"), after.pop(".marks.lock")) == (b"", b"")
    assert after == before


def test_the_folder_of_a_student_who_is_called_otherwise_now_is_counted_by_nobody(reports: Path) -> None:
    (reports / "overrides.yaml").write_text("- {student: benn, comment: hi, by: me, when: 2026-11-25}\n")
    shutil.copytree(reports / "ben", reports / "benn")
    assert [r.grade.student for r in regrade(reports, ASSIGNMENT)] == ["ada", "ben"]
    assert [student for student, _, _ in to_review(reports)] == ["ben"]
    assert [g.student for g in read_graded(reports)] == ["ada", "ben"]
    assert [work.student for work in works_of_reports(reports)] == ["ada", "ben"]
    assert strangers(reports) == {"benn": 1}


def test_a_folder_without_evidence_is_told_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="found no folder"):
        regrade(tmp_path / "nowhere", ASSIGNMENT)
    with pytest.raises(UserError, match=r"expected .*/<student>/evidence.json"):
        regrade(tmp_path, ASSIGNMENT)


def test_a_student_who_is_not_there_is_named_and_nothing_is_written(reports: Path) -> None:
    before = everything(reports)
    with pytest.raises(UserError, match="no evidence for eve"):
        regrade(reports, ASSIGNMENT, ["ada", "eve"])
    assert everything(reports) == before


def test_two_graders_never_write_to_one_folder_at_once(reports: Path) -> None:
    with alone(reports), pytest.raises(UserError, match="Another grader is writing"):
        regrade(reports, ASSIGNMENT)


def test_a_stored_grade_that_cannot_be_read_counts_as_none(reports: Path) -> None:
    (reports / "ada" / "grade.json").write_text("[]")
    ada, _ = regrade(reports, ASSIGNMENT)
    assert ada.before is None
    assert len(ada.differences) == len(ada.grade.criteria)


def test_the_list_for_review_has_every_reason_and_only_those_who_need_it(reports: Path) -> None:
    ((student, report, reasons),) = to_review(reports)
    assert (student, report) == ("ben", reports / "ben" / "instructor.html")
    assert any("images of the test set" in reason for reason in reasons)


def test_whose_grade_cannot_be_read_is_on_the_list_for_review_with_what_to_do(reports: Path) -> None:
    (reports / "ada" / "grade.json").write_text("{")
    (ada, _, (reason,)), (ben, _, _) = to_review(reports)
    assert (ada, ben) == ("ada", "ben")
    assert "ada/grade.json: expected a grade, cannot read it" in reason
    assert "grader regrade" in reason
