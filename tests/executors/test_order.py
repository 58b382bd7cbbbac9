"""An error never overtakes evidence: who has finished is handed out first, and then comes what has stopped the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from grader.assignment.reference import load_reference
from grader.errors import SandboxUnavailable
from grader.executors.base import Running, Step
from grader.executors.local import Local
from grader.executors.probe import PROGRAM
from grader.executors.ran import Ran
from grader.executors.runner import CancelledError, Runner
from grader.intake.folder import find_class
from grader.records import Limits, Submission
from tests.grading.test_grade_class import Scripted

GOOD, GONE, STAYS = "x = 1", "no sandbox", "until it is ended"
"""Ends well; stops the class; ends well once it is told to end, as what is measured already does."""
STAYS_AND_IS_LOST = f"{STAYS}, stopped by hand"


@dataclass
class Room:
    """Where submissions are run, who has begun, and whose facts are kept."""

    folder: Path
    runner: Runner
    sandbox: Scripted
    begun: Event = field(default_factory=Event)
    kept: list[str] = field(default_factory=list)

    def run(self, executor: Local, *sources: str) -> Running:
        """Named by their numbers, in this order."""
        for number, source in enumerate(sources):
            (self.folder / f"{number:02}").mkdir(parents=True)
            (self.folder / f"{number:02}" / "lab.py").write_text(source)
        return executor.run(find_class(self.folder).submissions, Limits(), self._told, self._keep)

    def _told(self, submission: Submission, step: Step) -> None:
        del submission, step
        self.begun.set()

    def _keep(self, ran: Ran) -> None:
        self.kept.append(ran.evidence.submission.student)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    sandbox = Scripted()
    with Runner(load_reference("reference"), sandbox, sandbox.cancel) as runner:
        yield Room(tmp_path / "class", runner, sandbox)


def heard(running: Running) -> list[str]:
    """Who is handed out, and at last what the error says."""
    said = []
    try:
        said.extend(evidence.submission.student for evidence in running)
    except (SandboxUnavailable, CancelledError) as error:
        said.append(str(error) or type(error).__name__)
    return said


def test_who_has_finished_is_handed_out_before_the_error_however_late_somebody_listens(room: Room) -> None:
    with Local(room.runner, 1) as executor:
        running = room.run(executor, *[GOOD] * 30, GONE)
        executor._pool.submit(int).result()  # all have ended
        assert heard(running) == [*(f"{n:02}" for n in range(30)), "bwrap is gone"]


def test_who_ends_well_after_the_error_is_handed_out_before_it_and_what_follows_from_it_is_not_told(room: Room) -> None:
    with Local(room.runner, 3) as executor:
        assert heard(room.run(executor, STAYS, STAYS_AND_IS_LOST, GONE)) == ["00", "bwrap is gone"]
    assert room.kept == ["00"]


def test_after_an_error_nothing_more_is_begun(room: Room) -> None:
    with Local(room.runner, 1) as executor:
        running = room.run(executor, GOOD, GONE, GOOD, GOOD)
        executor._pool.submit(int).result()
        assert heard(running) == ["00", "bwrap is gone"]
    assert room.sandbox.ran == [GOOD, GONE, PROGRAM]


def test_a_run_that_is_closed_keeps_nothing_afterwards(room: Room) -> None:
    with Local(room.runner, 1) as executor:
        running = room.run(executor, STAYS, GOOD)
        assert room.begun.wait(20)
        running.close()
        assert room.kept == ["00"]
    assert room.sandbox.ran == [STAYS]


def test_a_run_that_is_over_is_closed_without_ending_anything(room: Room) -> None:
    with Local(room.runner, 1) as executor:
        running = room.run(executor, GOOD)
        assert heard(running) == ["00"]
        running.close()
    assert not room.sandbox.cancel.is_set()
