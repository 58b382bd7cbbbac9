"""What every executor takes and gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from grader.executors.ran import Ran
from grader.records import Evidence, Limits, Submission


class Step(StrEnum):
    """What an executor tells of a submission while it has it."""

    BEGUN = "begun"
    AGAIN = "again"
    """The first try failed by no fault of the submission's."""


Told = Callable[[Submission, Step], None]
Keep = Callable[[Ran], None]
"""Writes what a submission has shown to disk."""


class Running(Iterator[Evidence], Protocol):
    """A run that is on: the evidence of one submission after the other, as they end."""

    def close(self) -> None:
        """Stops listening, as after Ctrl-C. When it returns nothing more is kept, and nothing of the run runs here.

        What was kept and not handed out is for the next grading. A run that is over is left as it is.
        """


class Executor(Protocol):
    """Runs submissions, several at a time; what it gives is the same whichever executor it is."""

    @property
    def jobs(self) -> int:
        """How many submissions run at a time, now."""

    @property
    def sandbox(self) -> str:
        """The name of the sandbox that all of them run in."""

    @property
    def conditions(self) -> Mapping[str, str]:
        """As `grader.executors.runner.conditions`: the same wherever a submission is run."""

    def run(self, submissions: Sequence[Submission], limits: Limits, told: Told, keep: Keep) -> Running:
        """Begins at once, and gives each submission's evidence as it ends, in any order, exactly once.

        What it has shown is kept before that, as soon as it is here, in whatever thread. A failure of the grader's own,
        here or on another machine, is evidence with a fault in it.

        An error never overtakes evidence. Once one has come, nothing more is begun and what runs is ended; all that
        has finished by then, or finishes well meanwhile, is handed out; then the first error is raised, and no other,
        as those that follow from it say less. So what was kept before an error has been handed out, and what was not
        can be run again. `run` itself raises nothing: evidence of an earlier run is judged before an error, too.

        Raises:
            UserError: (by the iterator) no submission can be run until the user acts.
            CancelledError: (by the iterator) stopped from outside.
        """

    def whereabouts(self, submission: Submission) -> str:
        """Where a running submission is, in a few words."""

    def trace_path(self, submission: Submission) -> Path | None:
        """Where the trace of a running submission grows on this machine; None where it runs on another."""
