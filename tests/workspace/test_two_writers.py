"""Two who write to one folder of reports at once: nothing that anybody decided is lost, in the file or in reports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.rubric import load as load_rubric
from grader.errors import UserError
from grader.workspace.lock import BusyError, alone, alone_then_finishing, marks_lock, reports_lock
from grader.workspace.manifest import Kept, read_manifest, write_manifest
from grader.workspace.overrides.load import load
from tests.workspace.conftest import STRICT, Graded, run

MARKS = {"dropout.rate": 0.1, "init.accuracy": 0.2, "data.load": 0.05, "batchnorm.accuracy": 0.15}
"""Each is set by a process of its own."""
LESS_FOR_LOADING = ("shapes\n    marks: 0.25", "shapes\n    marks: 0.15")
MORE_FOR_SHAPES = ("rows\n    marks: 0.5", "rows\n    marks: 0.6")


def by_hand(reports: Path, student: str) -> dict[str, float]:
    grade: dict[str, Any] = json.loads((reports / student / "grade.json").read_text(encoding="utf-8"))
    return {c["id"]: c["score"] for c in grade["criteria"] if c["manual"]}


def at_once(commands: Sequence[Sequence[object]]) -> list[tuple[int, str]]:
    """All commands as processes of their own that run at the same time; status and what was said of each."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "grader", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for words in commands
    ]
    return [(process.wait(), said) for process in begun if (said := process.communicate()[0]) is not None]


@pytest.mark.slow
def test_marks_that_are_set_at_the_same_time_are_all_written_and_all_shown(graded: Graded) -> None:
    at = ("--reports", graded.reports)
    ended = at_once(
        [
            *(("review", "set", "ada", criterion, mark, *at) for criterion, mark in MARKS.items()),
            ("review", "set", "ben", "data.load", "0.05", *at),
            ("review", "comment", "ben", "Come and see me.", *at),
        ]
    )
    assert [status for status, _ in ended] == [0] * 6, ended
    overrides = load(graded.reports / "overrides.yaml")
    assert {(o.student, o.criterion) for o in overrides if o.mark is not None} == {
        *(("ada", criterion) for criterion in MARKS),
        ("ben", "data.load"),
    }
    assert by_hand(graded.reports, "ada") == MARKS
    assert by_hand(graded.reports, "ben") == {"data.load": 0.05}
    gradebook = (graded.reports / "gradebook.csv").read_text()
    assert all(f"{criterion} {mark:.2f} (automatic" in gradebook for criterion, mark in MARKS.items())
    run("export", "csv", graded.reports, "--out", graded.reports.parent / "marks.csv")


@pytest.mark.slow
def test_a_mark_that_is_set_beside_a_scoring_of_the_class_is_shown_whichever_comes_first(graded: Graded) -> None:
    strict = graded.rubric("strict.yaml", STRICT)
    ended = at_once(
        [
            ("regrade", graded.reports, "--rubric", strict, "--yes"),
            ("review", "set", "ada", "data.load", "0.05", "--reports", graded.reports),
        ]
    )
    assert [status for status, _ in ended] == [0, 0], ended
    assert by_hand(graded.reports, "ada") == {"data.load": 0.05}


@pytest.mark.slow
def test_a_mark_that_is_set_while_a_grading_runs_is_written_at_once_and_the_grading_is_said_to_show_it(
    graded: Graded,
) -> None:
    with alone(graded.reports):
        said = run("review", "set", "ada", "data.load", "0.05", "--reports", graded.reports)
    assert "it puts this into the reports when it ends" in said
    assert [o.criterion for o in load(graded.reports / "overrides.yaml")] == ["data.load"]
    assert by_hand(graded.reports, "ada") == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("id: data.load\n", "id: data.loaded\n")], "that has no 'data.load' (did you mean 'data.loaded'?)"),
        ([LESS_FOR_LOADING, MORE_FOR_SHAPES], "in which data.load has at most 0.15 marks, found 0.2"),
    ],
)
def test_a_mark_that_a_grading_by_another_rubric_could_not_show_is_not_written(
    changes: list[tuple[str, str]], said: str, graded: Graded
) -> None:
    manifest = read_manifest(graded.reports)
    assert manifest
    with alone(graded.reports):
        now = load_rubric(graded.rubric("other.yaml", *changes))
        kept = replace(manifest, rubric=Kept("other.yaml", now.digest))
        write_manifest(graded.reports, kept, now.content)
        with pytest.raises(UserError) as told:
            run("review", "set", "ada", "data.load", "0.2", "--reports", graded.reports)
    assert said in str(told.value)
    assert not (graded.reports / "overrides.yaml").exists()


@pytest.mark.slow
def test_a_mark_that_is_set_beside_a_grading_of_the_class_is_shown_when_both_have_ended(graded: Graded) -> None:
    """Cem is new and takes a while."""
    (graded.submissions / "cem").mkdir()
    (graded.submissions / "cem" / "lab.py").write_text("import time\ntime.sleep(5)\n")
    grading = subprocess.Popen(
        [sys.executable, "-m", "grader", "grade", str(graded.submissions), "--out", str(graded.reports)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert grading.stdout
    while "[1/3]" not in (line := grading.stdout.readline()):
        assert line, "the grading ended before anybody had a grade"
    run("review", "set", "ada", "data.load", "0.05", "--reports", graded.reports)
    said = grading.communicate()[0]
    assert grading.returncode == 0, said
    assert by_hand(graded.reports, "ada") == {"data.load": 0.05}
    assert "data.load 0.05 (automatic" in (graded.reports / "gradebook.csv").read_text()


def test_a_second_grading_is_refused_while_marks_may_go_on_being_set(tmp_path: Path) -> None:
    with alone(tmp_path):
        with pytest.raises(UserError, match="Another grader is writing"), alone(tmp_path):
            pass
        with marks_lock(tmp_path), pytest.raises(BusyError), reports_lock(tmp_path):
            pass


def test_whoever_finds_the_reports_taken_can_trust_that_marks_are_yet_to_be_read(tmp_path: Path) -> None:
    with alone_then_finishing(tmp_path) as finishing:
        finishing()
        # From here on the marks are read for the last time, and the folder is free before they can be written again.
        script = (
            "import fcntl, sys\n"
            "held = [open(f'{sys.argv[1]}/{name}', 'w') for name in ('.marks.lock', '.grader.lock')]\n"
            "fcntl.flock(held[0], fcntl.LOCK_EX)\n"
            "fcntl.flock(held[1], fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        )
        waiting = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    assert waiting.wait() == 0


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / ".marks.lock").mkdir()
    with pytest.raises(UserError, match=r"Cannot write to .*Make it writable"), marks_lock(tmp_path):
        pass
