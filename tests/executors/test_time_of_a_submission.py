"""The time limit is the submission's: more programs have no more of it, and what fails late is not tried again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from grader.assignment.reference import load_reference
from grader.executors.attempts import attempted
from grader.executors.ran import Ran
from grader.executors.runner import Runner
from grader.intake.folder import find_class
from grader.records import Ending, Limits, Submission
from grader.sandbox.base import Job, Stop, StopReason
from grader.sandbox.choose import choose
from tests.grading.test_grade_class import Scripted


@dataclass
class Clocked(Scripted):
    """Uses as many seconds as the source says, or what it is given; `silent` ones had no turn in them."""

    given: list[float] = field(default_factory=list)

    def run(self, job: Job, trace: Path) -> Stop:
        stop = super().run(job, trace)
        self.given.append(job.limits.seconds)
        wanted = float(self.ran[-1].partition("seconds = ")[2].split()[0])
        used = min(wanted, job.limits.seconds)
        reason = StopReason.TIMED_OUT if wanted > job.limits.seconds else StopReason.EXITED
        return Stop(reason, 0, used, 1 << 20, stop.stderr, used)


def submission(folder: Path, *programs: str) -> Submission:
    (folder / "ada").mkdir()
    for number, source in enumerate(programs, 1):
        (folder / "ada" / f"p{number}.py").write_text(source)
    (found,) = find_class(folder).submissions
    return found


def ran(folder: Path, *programs: str) -> tuple[Ran, Clocked]:
    sandbox = Clocked()
    with Runner(load_reference("reference"), sandbox, Event()) as runner:
        return runner.run(submission(folder, *programs), Limits(seconds=100)), sandbox


def test_each_program_has_what_those_before_it_have_left(tmp_path: Path) -> None:
    done, sandbox = ran(tmp_path, "seconds = 30", "seconds = 50", "seconds = 1")
    assert sandbox.given == [100, 70, 20]
    assert [e.ending for e in done.evidence.executions] == [Ending.COMPLETED] * 3


def test_what_is_stopped_is_told_how_much_was_used_before_it(tmp_path: Path) -> None:
    done, _ = ran(tmp_path, "seconds = 60", "seconds = 50")
    assert done.evidence.executions[1].ending is Ending.TIMED_OUT
    assert "Stopped after 1.67 minutes, 1 minute of them in the programs before it." in (
        done.evidence.executions[1].message
    )


def test_a_program_that_nothing_is_left_for_is_not_begun_and_says_so(tmp_path: Path) -> None:
    done, sandbox = ran(tmp_path, *(f"seconds = {n}" for n in (996, 997, 998, 999)))
    assert sandbox.given == [100]
    first, *others = done.evidence.executions
    assert first.message.startswith("Stopped after 1.67 minutes.")
    for number, one in enumerate(others, 2):
        assert (one.ending, one.seconds, one.cells) == (Ending.TIMED_OUT, 0.0, ())
        assert one.message.startswith(f"p{number}.py was not begun: a submission may take 1.67 minutes with all its")
    assert done.evidence.faults == ()


def test_too_little_time_to_begin_in_is_no_fault_of_the_graders(tmp_path: Path) -> None:
    done, sandbox = ran(tmp_path, "seconds = 95", "silent seconds = 50", "silent seconds = 51")
    assert sandbox.given == [100, 5]
    assert [e.ending for e in done.evidence.executions[1:]] == [Ending.TIMED_OUT] * 2
    assert "was not begun" in done.evidence.executions[1].message


def test_a_busy_machine_is_told(tmp_path: Path) -> None:
    class Busy(Clocked):
        def run(self, job: Job, trace: Path) -> Stop:
            stop = super().run(job, trace)
            return Stop(stop.reason, 0, 3 * stop.seconds, 1 << 20, "", stop.used)

    with Runner(load_reference("reference"), Busy(), Event()) as runner:
        done = runner.run(submission(tmp_path, "seconds = 999"), Limits(seconds=60))
    assert done.evidence.executions[0].message.startswith(
        "Stopped after 1 minute (by the clock it ran for 3 minutes: the machine was busy)."
    )


@pytest.mark.parametrize(("seconds", "tries"), [(1800.0, 2), (0.0, 1)])
def test_what_fails_late_is_not_tried_again(seconds: float, tries: int, tmp_path: Path) -> None:
    sandbox = Scripted()
    told: list[str] = []
    with Runner(load_reference("reference"), sandbox, Event()) as runner:
        done = attempted(
            runner, submission(tmp_path, "boom"), Limits(seconds=seconds or 1e-9), lambda: told.append("again")
        )
    assert len(told) == tries - 1
    assert done.evidence.faults


@pytest.mark.slow
def test_four_programs_that_never_end_take_the_time_of_one(tmp_path: Path) -> None:
    cancel = Event()
    endless = submission(tmp_path, *(f"print({n})\nwhile True: pass" for n in range(4)))
    with Runner(load_reference("reference"), choose("bubblewrap", cancel), cancel) as runner:
        done = runner.run(endless, Limits(seconds=25))
    assert len(done.evidence.executions) == 4
    assert sum(e.seconds > 0 for e in done.evidence.executions) == 1
    assert {e.ending for e in done.evidence.executions} == {Ending.TIMED_OUT}
