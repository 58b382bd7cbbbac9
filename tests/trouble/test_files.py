"""Permissions, full disks and files where folders should be: a sentence, what to do, status 2, and nothing is lost."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.grading.publish import write_class, write_report
from grader.workspace.evidence_file import write_facts
from tests.builders import evidence, perfect_runs
from tests.trouble.conditions import ROOT, RUBRIC, as_anybody, disk, grader, must_be_a_sentence, read_only

MIB = 1 << 20


@pytest.fixture
def one_student(tmp_path: Path) -> Path:
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text("print('hello')\n")
    return folder.parent


@pytest.fixture(scope="module")
def class_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada did everything."""
    out, assignment = tmp_path_factory.mktemp("class") / "reports", Assignment.of(load(bundled()))
    facts = evidence(perfect_runs().values())
    facts = replace(facts, submission=replace(facts.submission, student="ada"))
    write_facts(out / "ada", facts, {}, {})
    write_class(out, [write_report(out / "ada", facts, assignment)], assignment, "Assessment 2")
    (out / ".grader.lock").touch()
    return out


@pytest.fixture
def reports(class_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(class_once, tmp_path / "reports"))


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ---------------------------------------------------------------- no permission


def test_a_course_where_one_may_not_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    ran = grader("init", tmp_path / "closed" / "course", cwd=tmp_path, within=as_anybody())
    must_be_a_sentence(ran, f"{tmp_path}/closed/course", "ermission", "or choose another")


@pytest.mark.parametrize(
    "command",
    [
        ("regrade", "reports"),
        ("review", "set", "ada", "dropout.rate", "0.25", "--by", "me"),
        ("export", "csv", "reports", "--out", "marks.csv"),
        ("similar", "reports"),
        ("grade", "class", "--sandbox", "process"),
    ],
    ids=lambda c: " ".join(c[:2]),
)
def test_reports_on_a_read_only_disk_are_told_and_stay_as_they_are(
    command: tuple[str, ...], one_student: Path, reports: Path, tmp_path: Path
) -> None:
    del one_student
    before = everything(reports)
    ran = grader(*command, cwd=tmp_path, within=as_anybody("--ro-bind", tmp_path, tmp_path))
    must_be_a_sentence(ran, "ead-only")
    assert everything(reports) == before


def test_a_lock_that_another_user_made_is_told(reports: Path, tmp_path: Path) -> None:
    for lock in (".grader.lock", ".marks.lock"):
        (reports / lock).touch()
        (reports / lock).chmod(0)
    ran = grader("regrade", "reports", cwd=tmp_path, within=as_anybody())
    must_be_a_sentence(ran, "Cannot write to reports: Permission denied. Make it writable.")


def test_a_file_that_is_named_on_the_command_line_and_cannot_be_made_is_told(reports: Path, tmp_path: Path) -> None:
    arguments = ("export", "github-classroom", reports, "--student", "ada", "--out", "x.json", "--with-unreviewed")
    ran = grader(*arguments, "--step-output", "nowhere/output", cwd=tmp_path)
    must_be_a_sentence(ran, "nowhere/output: expected a file or folder, found nothing")


def test_a_folder_in_place_of_the_file_to_write_is_told(reports: Path, tmp_path: Path) -> None:
    ran = grader("export", "csv", reports, "--out", reports, cwd=tmp_path)
    must_be_a_sentence(ran, "It is a folder: give the name of a file")


def test_a_file_in_place_of_a_folder_is_told(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = grader("export", "csv", reports, "--out", "file/marks.csv", cwd=tmp_path)
    must_be_a_sentence(ran, "A file lies where its folder should be")


# ---------------------------------------------------------------- full disks


def test_a_full_folder_for_temporary_files_is_told_with_the_room_that_there_is(
    one_student: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    ran = grader("grade", one_student, "--sandbox", "process", cwd=tmp_path, within=disk(small, MIB), TMPDIR=str(small))
    must_be_a_sentence(ran, f"{small}/grader-", "no room is left on the disk (0 MiB for temporary files", "TMPDIR")


def test_a_full_disk_below_the_reports_is_told(one_student: Path, tmp_path: Path) -> None:
    within = disk(tmp_path / "small", 16384)
    arguments = ("grade", one_student, "--out", "small/reports", "--sandbox", "process")
    ran = grader(*arguments, cwd=tmp_path, within=within)
    must_be_a_sentence(ran, "Cannot write small/reports/", "No space left", "choose another output folder")


def test_output_that_finds_no_room_is_told() -> None:
    with Path("/dev/full").open("w") as out:
        command = [sys.executable, "-m", "grader", "rubric", "schema"]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "300"}
        ran = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    must_be_a_sentence(ran, "standard output: no room is left on the disk")


def test_a_limit_on_the_size_of_files_is_told_as_one(one_student: Path, tmp_path: Path) -> None:
    limited = ["sh", "-c", 'ulimit -f 10; exec "$0" "$@"']
    ran = grader("grade", one_student, "--sandbox", "process", cwd=tmp_path, within=limited)
    must_be_a_sentence(ran, "the file would be larger than is allowed here", "ulimit -f")


# ---------------------------------------------------------------- folders that are not there


def test_no_folder_for_temporary_files_at_all_is_told(one_student: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    arguments = ("grade", one_student, "--out", "reports", "--sandbox", "process")
    ran = grader(*arguments, cwd=tmp_path, within=read_only(reports), TMPDIR="/nowhere")
    must_be_a_sentence(ran, "Expected a folder for temporary files, found none that can be written", "set TMPDIR")


def test_a_current_folder_that_was_deleted_is_told(one_student: Path, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    deleted = ["sh", "-c", 'rmdir ../gone; exec "$0" "$@"']
    ran = grader("grade", one_student, "--sandbox", "process", cwd=tmp_path / "gone", within=deleted)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_a_rubric_is_checked_where_nothing_can_be_written(tmp_path: Path) -> None:
    ran = grader("rubric", "check", RUBRIC, cwd=tmp_path, within=read_only())
    assert (ran.returncode, ran.stderr) == (0, "")
