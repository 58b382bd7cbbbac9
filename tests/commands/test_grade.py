"""`grader grade` as an instructor meets it: messages and exit statuses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.assignment.rubric.writing import changed, line_of
from tests.commands.running import grader
from tests.executors.clusters import until


def test_an_empty_folder_is_told_what_was_expected(tmp_path: Path) -> None:
    ran = grader("grade", tmp_path, cwd=tmp_path)
    assert ran.returncode == 2
    assert "Found no submissions" in ran.stderr
    assert "<student>" in ran.stderr


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = grader("grade", tmp_path / "nowhere", cwd=tmp_path)
    assert ran.returncode == 2
    assert "nowhere" in ran.stderr


def test_reports_that_cannot_be_written_are_found_out_before_grading(one_student: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = grader("grade", one_student, "--out", tmp_path / "file" / "reports", cwd=tmp_path)
    assert ran.returncode == 2
    assert "--out" in ran.stderr


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (
            ("check: dropout_rate", "check: dropuot_rate"),
            "check: dropuot_rate",
            "unknown check 'dropuot_rate' (did you mean 'dropout_rate'?)",
        ),
        (('    title: "Dropout: rate 0.2"\n', ""), "- id: dropout.rate", "title"),
        (("marks: 10\n", "marks: 11\n"), "marks: 11", "11"),
    ],
)
def test_a_wrong_rubric_stops_everything_with_line_and_column(
    change: tuple[str, str], line: str, message: str, one_student: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(changed(change))
    ran = grader("grade", one_student, "--rubric", wrong, cwd=tmp_path)
    assert ran.returncode == 2
    told = [said for said in ran.stderr.splitlines() if f"wrong.yaml:{line_of(changed(change), line)}:" in said]
    assert any(message in said for said in told), ran.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.slow
def test_a_sandbox_that_is_none_is_announced_in_the_terminal_and_in_the_report(
    one_student: Path, tmp_path: Path
) -> None:
    ran = grader("grade", one_student, "--sandbox", "process", cwd=tmp_path)
    assert ran.returncode == 0
    assert "NOT ISOLATED" in ran.stdout
    assert "without isolation" in (tmp_path / "reports" / "ada" / "report.html").read_text().lower()


@pytest.mark.slow
def test_a_total_below_the_line_ends_with_status_one_and_a_second_run_takes_what_is_there(
    one_student: Path, tmp_path: Path
) -> None:
    first = grader("grade", one_student, "--fail-under", "5", cwd=tmp_path)
    assert first.returncode == 1
    assert "0.00 unconfirmed" in first.stdout
    second = grader("grade", one_student, cwd=tmp_path)
    assert second.returncode == 0
    assert "kept from an earlier run" in second.stdout


@pytest.mark.slow
def test_control_c_stops_within_seconds_says_how_to_go_on_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "class" / "endless"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text("import time\nwhile True: time.sleep(1)\n")
    command = [sys.executable, "-m", "grader", "grade", str(folder.parent)]
    # Tests that run in the background of a shell are deaf to Ctrl-C, and so would be what they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    signal.signal(signal.SIGINT, before)
    try:
        until(lambda: process.poll() is not None or _runs_a_program(process.pid))
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "run the same command again" in said
    assert not psutil.wait_procs(children, timeout=60)[1]


def _runs_a_program(pid: int) -> bool:
    """Whether a student's program has been started, and not only the first look whether there is a sandbox."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            found.append(child.cmdline())
    return any(line[-2:] == ["-m", "inside"] for line in found)


def test_who_does_not_lie_as_the_class_does_is_said_with_what_the_class_was_taken_for(tmp_path: Path) -> None:
    for name in ("Ada_101_assignsubmission_file_", "Ben_102_assignsubmission_file_", "cem"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "lab.py").write_text("raise SystemExit\n")
    (tmp_path / "class" / "cem" / "timestamp.txt").write_text("2024-01-01 00:00:00 UTC")
    ran = grader("grade", tmp_path / "class", "--layout", "moodel", cwd=tmp_path)
    assert ran.returncode == 2
    assert "found 'moodel' (did you mean 'moodle'?)" in ran.stderr
    ran = grader("grade", tmp_path / "class", "--out", tmp_path / "out", "--timeout", "1", cwd=tmp_path)
    assert "class: a Moodle download, a folder for each student, 3 submissions." in ran.stdout
    assert "cem: this does not lie as most of the class does" in ran.stdout
    grade = json.loads((tmp_path / "out" / "cem" / "grade.json").read_text())
    assert any("this does not lie as most of the class does" in reason for reason in grade["review_reasons"])
