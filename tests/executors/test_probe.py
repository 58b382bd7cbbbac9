"""A machine is judged by a program that is known to be good, and not by what fails there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from grader.assignment.reference import load_reference
from grader.errors import UserError
from grader.executors.attempts import attempted
from grader.executors.probe import trouble
from grader.executors.runner import CancelledError, Runner
from grader.intake.folder import find_class
from grader.records import Limits, Submission
from grader.sandbox.choose import choose


@pytest.fixture
def runner() -> Iterator[Runner]:
    cancel = Event()
    with Runner(load_reference("reference"), choose("bubblewrap", cancel), cancel) as made:
        yield made


@pytest.fixture
def ada(tmp_path: Path) -> Submission:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "lab.py").write_text("x = 1\n")
    return find_class(tmp_path / "class").submissions[0]


def test_a_known_good_program_runs_here(runner: Runner) -> None:
    assert trouble(runner) == ""


def test_an_error_that_only_one_submission_brings_about_is_its_fault(
    runner: Runner, ada: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(ada, runner, monkeypatch, UserError("no place for that"))
    ran = attempted(runner, ada, Limits(), lambda: None)
    assert ran.evidence.faults == ("the grader failed: no place for that",)


def test_an_error_that_a_known_good_program_meets_too_is_the_users_to_end(
    runner: Runner, ada: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(None, runner, monkeypatch, UserError("no sandbox"))
    assert trouble(runner) == "no sandbox"
    with pytest.raises(UserError, match="no sandbox"):
        attempted(runner, ada, Limits(), lambda: None)


def test_whoever_stops_the_grading_stops_the_probe(runner: Runner) -> None:
    runner.cancel.set()
    with pytest.raises(CancelledError):
        trouble(runner)


def only(failing: Submission | None, runner: Runner, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Lets the sandbox fail for one submission, or for all."""
    real = runner.run

    def run(submission: Submission, limits: Limits) -> Any:
        if failing in {None, submission}:
            raise error
        return real(submission, limits)

    monkeypatch.setattr(runner, "run", run)
