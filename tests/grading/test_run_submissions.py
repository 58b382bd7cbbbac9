"""The one way from submissions to grades: where they run, what is seen meanwhile, and how it is stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.assignment.assignment import Assignment
from grader.errors import UserError
from grader.executors.base import Executor
from grader.executors.runner import CancelledError
from grader.grading.grade_class import Event, GradingOptions, State
from grader.grading.run_submissions import run_submissions
from grader.intake.folder import find_class
from grader.records import Limits, Submission
from grader.records.target import Target


class Seen:
    """A screen that keeps what it was shown; `at_once` happens as soon as it follows."""

    not_isolated = "not isolated"

    def __init__(self, at_once: Callable[[], object] = lambda: None) -> None:
        self._at_once = at_once
        self.lines: list[str] = []
        self.states: list[State] = []
        self.followed = 0

    def say(self, line: str) -> None:
        self.lines.append(line)

    @contextmanager
    def following(self, executor: Executor) -> Iterator[None]:
        self.followed += executor.jobs
        self._at_once()
        yield

    def tell(self, event: Event) -> None:
        self.states.append(event.state)

    def kept(self, out: Path) -> str:
        return f"kept in {out.name}"


@pytest.fixture
def submissions(tmp_path: Path) -> tuple[Submission, ...]:
    for student in ("ada", "ben"):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "lab.py").write_text("x = 1\n")
    return find_class(tmp_path / "class").submissions


def options(tmp_path: Path) -> GradingOptions:
    return GradingOptions(tmp_path / "out", Limits(), class_pages=False)


@pytest.mark.slow
def test_submissions_run_on_their_target_and_their_states_are_seen(
    submissions: tuple[Submission, ...], assignment: Assignment, tmp_path: Path
) -> None:
    seen = Seen()
    grades = run_submissions(submissions, assignment, Target(sandbox="process", jobs=1), options(tmp_path), seen)
    assert [grade.student for grade in grades] == ["ada", "ben"]
    assert (seen.lines, seen.followed) == (["not isolated"], 1)
    assert sorted(seen.states) == [State.DONE] * 2 + [State.RUNNING] * 2
    assert (tmp_path / "out" / "ben" / "evidence.json").is_file()


def test_a_target_that_cannot_be_had_is_told_before_anything_is_shown_or_written(
    submissions: tuple[Submission, ...], assignment: Assignment, tmp_path: Path
) -> None:
    seen = Seen()
    with pytest.raises(UserError, match="Unknown sandbox 'bubblewarp'"):
        run_submissions(submissions, assignment, Target(sandbox="bubblewarp"), options(tmp_path), seen)
    assert (seen.followed, (tmp_path / "out").exists()) == (0, False)


def interrupted() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(interrupted, id="Ctrl-C"),
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGTERM), id="the machine shuts down"),
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGHUP), id="the terminal is closed"),
    ],
)
def test_whatever_stops_it_the_screen_says_what_is_kept_and_signals_are_heard_as_before(
    stop: Callable[[], object], submissions: tuple[Submission, ...], assignment: Assignment, tmp_path: Path
) -> None:
    before = [signal.signal(s, signal.SIG_DFL) for s in (signal.SIGTERM, signal.SIGHUP)]
    try:
        with pytest.raises(CancelledError, match=r"^kept in out$"):
            run_submissions(submissions, assignment, Target(sandbox="process"), options(tmp_path), Seen(stop))
        assert [signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGHUP)] == [signal.SIG_DFL] * 2
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGHUP), before, strict=True):
            signal.signal(number, handler)
