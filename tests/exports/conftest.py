"""A small graded class as it stands on disk, made once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.grading.publish import write_class, write_report
from grader.records import Identity, Lms, Measurement, TrainingRun
from grader.workspace.evidence_file import write_facts
from tests.builders import TRAIN, evidence, perfect_run, perfect_runs, refit

IDENTITIES = {
    "ada": Identity(Lms.MOODLE, "1001", "Ada Lovelace", "ada@uni.edu"),
    "ben": Identity(Lms.MOODLE, "1002", "Ben Müller, jr.", "ben@uni.edu"),
    "cy": Identity(Lms.MOODLE, "1003", "Cy Twombly", "cy@uni.edu"),
    "=dee": Identity(Lms.MOODLE, "1004", "Dee", "dee@uni.edu"),
    "eve": Identity(),
}
"""Ada did everything; Ben never trained the dropout stage; Cy trained it on images of the test set, so that a person
must look; Dee's network cannot be measured; Eve came without a word of who she is, and did everything."""


def _runs() -> dict[str, dict[str, TrainingRun]]:
    ben = perfect_runs()
    del ben["dropout"]
    cy = perfect_runs() | {"dropout": refit(perfect_run("dropout"), images=replace(TRAIN, split="mixed"))}
    unmeasured = perfect_run("dropout", measurement=Measurement(None, reason="<b>a custom layer</b>"))
    return {
        "ada": perfect_runs(),
        "ben": ben,
        "cy": cy,
        "=dee": perfect_runs() | {"dropout": unmeasured},
        "eve": perfect_runs(),
    }


@pytest.fixture(scope="session")
def class_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("class") / "reports"
    assignment = Assignment.of(load(bundled()))
    grades = []
    for student, runs in _runs().items():
        facts = evidence(runs.values())
        submission = replace(facts.submission, student=student, identity=IDENTITIES[student])
        facts = replace(facts, submission=submission)
        write_facts(out / student, facts, {}, {})
        grades.append(write_report(out / student, facts, assignment))
    write_class(out, grades, assignment, "Assessment 2")
    return out


@pytest.fixture
def reports(class_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(class_once, tmp_path / "reports"))
