from __future__ import annotations

import csv
import io
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

from grader.errors import UserError
from grader.records import Evidence, Grade
from grader.records.marks import marks
from grader.reports.gradebook import gradebook_csv
from grader.workspace.atomic import write_bytes, write_text
from grader.workspace.evidence_file import evidence_json, evidence_schema
from grader.workspace.grade_file import grade_schema, read_grade
from grader.workspace.grade_record import to_store
from tests.reports.samples import HOSTILE, bad_evidence, bad_grade, good_evidence, good_grade, grade


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(0), "0.00"),
        (Fraction(10), "10.00"),
        (Fraction(29, 4), "7.25"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 8), "0.13"),
        (Fraction(5, 1000), "0.01"),
        (Fraction(4999, 1_000_000), "0.00"),
    ],
)
def test_marks_have_two_decimals_and_halves_round_up(value: Fraction, shown: str) -> None:
    assert marks(value) == shown


def test_the_grade_file_has_exactly_the_agreed_keys() -> None:
    found = to_store(bad_grade(), bad_evidence()).model_dump(mode="json")
    assert list(found) == [
        "version",
        "student",
        "total",
        "max",
        "needs_review",
        "review_reasons",
        "ending",
        "faults",
        "criteria",
        "stages",
        "beyond",
        "digests",
        "not_assessed",
        "identity",
        "late",
        "comments",
        "accepted",
        "cause",
        "unconfirmed_zero",
        "confirmed_zero",
    ]
    criterion = ["id", "title", "stage", "score", "max", "outcome", "checks", "manual"]
    check = ["name", "outcome", "score", "max", "expected", "found", "help", "hidden"]
    stage = ["run", "cell", "program", "claimed_accuracy", "measured_accuracy", "matched_because", "close_call"]
    assert all(list(c) == criterion for c in found["criteria"])
    assert all(list(k) == check for c in found["criteria"] for k in c["checks"])
    assert all(list(s) == stage for s in found["stages"].values())
    assert list(found["digests"]) == ["rubric", "submission"]


def test_the_grade_file_holds_plain_numbers_and_words() -> None:
    found = json.loads(json.dumps(to_store(bad_grade(), bad_evidence()).model_dump(mode="json")))
    assert found["total"] == 1.416667
    assert (found["max"], found["not_assessed"], found["needs_review"]) == (10.0, 0.5, True)
    assert found["ending"] == "timed out"
    assert found["criteria"][5]["checks"][0]["score"] == 0.166667
    assert found["criteria"][6]["outcome"] == "not assessed"


def test_a_stage_without_a_run_stands_in_the_grade_file_with_nulls() -> None:
    stage = to_store(bad_grade(), bad_evidence()).model_dump(mode="json")["stages"]["naive"]
    assert stage.pop("matched_because") == "no run has sigmoid units and plain SGD"
    assert set(stage.values()) == {None}


def test_a_stage_with_a_run_stands_in_the_grade_file_with_its_cell_and_accuracies() -> None:
    stage = to_store(good_grade(), good_evidence()).model_dump(mode="json")["stages"]["batchnorm"]
    assert (stage["run"], stage["cell"], stage["program"]) == ("r4", 14, "lab.ipynb")
    assert (stage["claimed_accuracy"], stage["measured_accuracy"]) == (0.962, 0.9616)


def _book(*grades: Grade) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gradebook_csv(grades))))


def test_the_gradebook_has_a_line_for_each_student_and_a_column_for_each_criterion() -> None:
    good, bad = _book(good_grade(), bad_grade())
    assert (good["student"], good["total"], good["max"], good["needs_review"]) == (
        "Ada Lovelace",
        "10.00",
        "10.00",
        "no",
    )
    assert (bad["total"], bad["needs_review"], bad["ending"]) == ("1.42", "yes", "timed out")
    assert (good["data.subset"], good["batchnorm.placement"], bad["batchnorm.placement"]) == ("0.50", "", "0.17")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uff1d1"])
def test_a_name_that_a_spreadsheet_would_compute_gets_an_apostrophe(name: str) -> None:
    assert _book(grade(name, ()))[0]["student"] == f"'{name}"


@pytest.mark.parametrize("name", ["Ada", 'a "quoted", name', "two\nlines", "Zoë-Ann", HOSTILE])
def test_any_other_name_stands_in_the_gradebook_as_it_is(name: str) -> None:
    assert _book(grade(name, ()))[0]["student"] == name


def test_an_empty_class_has_a_gradebook_with_a_heading_only() -> None:
    assert gradebook_csv([]) == "student,total,max,needs_review,ending,manual,unconfirmed\n"


def test_writing_makes_the_folders_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "grade.json"
    write_text(path, "first")
    write_text(path, "zweite ü")
    assert path.read_text(encoding="utf-8") == "zweite ü"
    assert list(path.parent.iterdir()) == [path]


@contextmanager
def _full_disk(most: int) -> Iterator[None]:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "grade.json"
    write_text(path, "old")
    with _full_disk(1000), pytest.raises(UserError, match=r"Cannot write .*grade\.json: File too large\. Make"):
        write_bytes(path, b"x" * 5000)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(UserError, match="choose another output folder"):
        write_text(tmp_path / "reports" / "ada" / "grade.json", "{}")


def test_text_that_utf8_cannot_hold_is_spelled_out(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", "caf\udce9")
    assert (tmp_path / "page.html").read_bytes() == b"caf\\udce9"


def test_marks_of_a_claim_without_a_run_are_null() -> None:
    evidence: Evidence = replace(good_evidence(), runs=())
    assert to_store(good_grade(), evidence).model_dump(mode="json")["stages"]["init"]["measured_accuracy"] is None


@pytest.mark.parametrize(("grade", "evidence"), [(good_grade(), good_evidence()), (bad_grade(), bad_evidence())])
def test_what_is_written_is_what_the_schemas_describe(grade: Grade, evidence: Evidence) -> None:
    jsonschema.validate(json.loads(to_store(grade, evidence).text()), grade_schema())
    jsonschema.validate(json.loads(evidence_json(evidence)), evidence_schema())


def test_a_grade_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    stored = to_store(good_grade(), good_evidence())
    write_text(tmp_path / "grade.json", stored.text())
    assert read_grade(tmp_path / "grade.json") == stored


@pytest.mark.parametrize(
    ("content", "found"),
    [("{", "Expecting property name"), ("[]", "valid dictionary"), ('{"version": 2}', "version: Input should be 1")],
)
def test_a_grade_that_is_none_or_of_another_version_is_told_with_its_file(
    content: str, found: str, tmp_path: Path
) -> None:
    write_text(tmp_path / "grade.json", content)
    with pytest.raises(UserError, match=rf"grade\.json: expected a grade, .*{found}.* grader regrade"):
        read_grade(tmp_path / "grade.json")
