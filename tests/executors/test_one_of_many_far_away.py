"""On a cluster, too, what fails with one submission is that student's fault record. Real workers, sandboxes, Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.executors.cluster import connected
from grader.executors.remote import remote
from grader.grading.grade_class import Event, GradingOptions, grade_class
from grader.intake.folder import find_class
from grader.records import Limits
from tests.executors.clusters import arrived, cluster
from tests.grading.test_one_of_three import fails

HERE = {
    "reader": "grader.intake.folder._code",
    "packed": "grader.executors.remote.submission_payload",
    "unpacked": "grader.executors.remote.unpack_ran",
    "keeper": "grader.grading.keeping.write_facts",
    "judged": "grader.grading.publish.judge",
    "pages": "grader.grading.publish.pages",
}
"""What fails on the client, for the student of that name."""
THERE = {"unwrapped": "grader.executors.worker.unpack_submission", "measured": "grader.executors.children.unpack_ran"}
"""What fails on the workers."""
BREAKS = """
from grader.executors import children, worker

def broken(real, is_bad):
    def failing(first, *given, **more):
        found = real(first, *given, **more)
        if is_bad(first, found):
            raise RuntimeError("a bug of ours")
        return found
    return failing

children.unpack_ran = broken(children.unpack_ran, lambda _, found: found.evidence.submission.student == "measured")
worker.unpack_submission = broken(worker.unpack_submission, lambda _, found: found[0].student == "unwrapped")
"""


@pytest.mark.slow
def test_whatever_fails_here_or_there_is_one_students_and_the_others_have_their_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [*HERE, *THERE]
    for student in ("ada", *failing, "zoe"):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / f"{student}_lab.py").write_text(f"print('{student}')\n")
    for student, target in HERE.items():
        fails(monkeypatch, target, RuntimeError("a bug of ours"), student)
    (tmp_path / "breaks").mkdir()
    (tmp_path / "breaks" / "preload.py").write_text(BREAKS)
    assignment, told = Assignment.of(load(bundled())), list[Event]()
    options = GradingOptions(tmp_path / "out", Limits())
    with cluster() as there:
        for name in ("one", "two"):
            there.join(name, "--preload", str(tmp_path / "breaks" / "preload.py"))
        with connected(there.address, 0, print) as client:
            arrived(client, 2)
        with remote(there.address, 0, assignment.rubric.reference, print) as workers:
            submissions = find_class(tmp_path / "class").submissions
            grades = {g.student: g for g in grade_class(submissions, assignment, workers, options, told.append)}
    faulty: dict[str, Any] = {student: grade.faults for student, grade in grades.items() if grade.faults}
    assert sorted(faulty) == sorted(failing)
    assert all("a bug of ours" in faults[0] for faults in faulty.values())
    assert all(grades[student].not_assessed == grades[student].max for student in failing)
    assert {e.submission.student for e in told if e.log} == set(failing)
    book = (tmp_path / "out" / "gradebook.csv").read_text()
    assert [line.partition(",")[0] for line in book.splitlines()[1:]] == sorted(grades)
