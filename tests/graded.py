"""Grades folders in tests as the command line does."""

import json
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.executors.local import Local
from grader.executors.runner import Runner
from grader.grading.grade_class import GradingOptions, grade_class
from grader.intake.folder import find_class
from grader.records import Limits
from grader.sandbox.choose import choose


@dataclass(frozen=True)
class Graded:
    """What stands on disk for one student."""

    folder: Path
    grade: dict[str, Any]

    def criterion(self, name: str) -> dict[str, Any]:
        return next(c for c in self.grade["criteria"] if c["id"] == name)


def grade_folder(
    folder: Path, out: Path, *, seconds: float = 120, max_epochs: int | None = 1, jobs: int = 2
) -> dict[str, Graded]:
    """The class in `folder`, graded in bubblewrap under the bundled rubric, by student."""
    submissions = find_class(folder).submissions
    options = GradingOptions(out, Limits(seconds=seconds, max_epochs=max_epochs))
    assignment, cancel = Assignment.of(load(bundled())), Event()
    with Runner(assignment.reference, choose("bubblewrap", cancel), cancel) as runner, Local(runner, jobs) as executor:
        grade_class(submissions, assignment, executor, options, lambda _event: None)
    students = [s.student for s in submissions]
    return {s: Graded(out / s, json.loads((out / s / "grade.json").read_text())) for s in students}
