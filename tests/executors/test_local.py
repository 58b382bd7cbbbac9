"""On this machine each submission has a core of its own, and its trace tells where it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.executors.local import pinned, reached
from grader.records import Limits

LIMITS = Limits()


def test_several_jobs_have_one_core_and_one_thread_each() -> None:
    found = [pinned(LIMITS, 2, (3, 5, 7), slot) for slot in range(2)]
    assert [(f.cpus, f.threads) for f in found] == [((3,), 1), ((5,), 1)]


def test_more_jobs_than_cores_share_them() -> None:
    assert [pinned(LIMITS, 3, (3, 5), slot).cpus for slot in range(3)] == [(3,), (5,), (3,)]


def test_a_single_job_has_one_thread_and_any_core() -> None:
    assert (pinned(LIMITS, 1, (0, 1, 2, 3), 0).cpus, pinned(LIMITS, 1, (0, 1, 2, 3), 0).threads) == ((), 1)


def test_a_machine_that_does_not_tell_its_cores_pins_nothing() -> None:
    assert pinned(LIMITS, 2, (), 1).cpus == ()


def test_pinning_leaves_the_limits_as_they_were_set() -> None:
    limits = Limits(seconds=5, memory=7, max_epochs=1)
    assert replace(pinned(limits, 2, (1,), 0), cpus=(), threads=1) == limits


def test_the_end_of_a_trace_tells_the_cell_and_the_epoch(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    assert reached(trace) == "starting"
    trace.write_text('{"t":"cell_begin","number":3}\n{"t":"fit_begin","cell":3}\n{"t":"epoch","epoch":6}\n')
    assert reached(trace) == "cell 3, epoch 7"


@pytest.mark.parametrize(
    "line", ['{"t":"epoch","epoch":"\\u001b[2J"}', '{"t":"epoch"', '{"t":"epoch","epoch":[' + "[" * 9999]
)
def test_what_a_program_wrote_into_its_trace_reaches_no_terminal(line: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text(line + "\n")
    assert reached(trace) == "epoch ?"
