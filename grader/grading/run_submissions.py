"""Submissions through the whole grader: `grade`, `check` and `reference verify` all run them by this one function."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from grader.assignment.assignment import Assignment
from grader.executors.base import Executor
from grader.executors.choose import executor_at
from grader.executors.runner import CancelledError
from grader.grading.grade_class import Event, GradingOptions, grade_class
from grader.records import Grade, Submission
from grader.records.target import Target


class Screen(Protocol):
    """What a person sees meanwhile."""

    @property
    def not_isolated(self) -> str:
        """What is said where programs run without a sandbox."""

    def say(self, line: str) -> None:
        """Shows a line about how submissions are run."""

    def following(self, executor: Executor) -> AbstractContextManager[None]:
        """Shows how far each submission is, as the executor tells it."""

    def tell(self, event: Event) -> None:
        """Takes note of a submission's new state; called from the workers' threads."""

    def kept(self, out: Path) -> str:
        """What a grading that is stopped now leaves behind, in a sentence; empty where nothing is to be said."""


def run_submissions(
    submissions: Sequence[Submission], assignment: Assignment, target: Target, options: GradingOptions, screen: Screen
) -> tuple[Grade, ...]:
    """Runs the submissions on the target and returns their grades, in their order; evidence and reports are on disk.

    Raises:
        UserError: the target cannot be had, in which case nothing is written; or as `grade_class`.
        CancelledError: a person or the system has stopped it; what had finished is on disk.
    """
    reference, most = assignment.rubric.reference, len(submissions)
    rubric = assignment.rubric.source
    private = [options.out, *(s.root for s in submissions), *([Path(rubric.file)] if rubric else [])]
    with _stopped_like_ctrl_c():
        try:
            # Before the folder of reports is touched: where nothing can be run, nothing is remembered of it.
            with (
                executor_at(target, reference, most, screen.say, screen.not_isolated, private) as executor,
                screen.following(executor),
            ):
                return grade_class(submissions, assignment, executor, options, screen.tell)
        except (KeyboardInterrupt, CancelledError) as stopped:
            raise CancelledError(screen.kept(options.out)) from stopped


@contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """A terminal that is closed or a machine that shuts down stops a grading as a person does: cleanly."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        # Who has made it deaf to a signal (nohup) wants it so.
        heard = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) is signal.SIG_DFL]
        before = {s: signal.signal(s, signal.default_int_handler) for s in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
