"""A lost worker is counted against what had begun on it, and against nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grader.executors.task_tracker import MOST_KILLS, TaskTracker

NAMES = st.sampled_from(["ada", "ben", "cem"])
WORKERS = st.sampled_from(["one", "two"])


def test_a_task_that_has_taken_three_workers_is_not_tried_again() -> None:
    tracker = TaskTracker()
    for worker in ("one", "two", "three"):
        assert not tracker.is_poison("ada")
        tracker.begun("ada", worker)
        assert tracker.lost(worker) == ["ada"]
    assert tracker.is_poison("ada")


def test_what_only_waited_at_a_lost_worker_is_not_blamed() -> None:
    tracker = TaskTracker()
    for _ in range(MOST_KILLS):
        tracker.begun("ada", "one")
        assert tracker.lost("one") == ["ada"]
    assert tracker.is_poison("ada")
    assert not tracker.is_poison("ben")


def test_a_worker_that_is_lost_after_a_task_had_ended_is_not_its_doing() -> None:
    tracker = TaskTracker()
    tracker.begun("ada", "one")
    tracker.ended("ada")
    assert tracker.lost("one") == []


def test_one_worker_that_is_reported_lost_twice_counts_once() -> None:
    tracker = TaskTracker()
    tracker.begun("ada", "one")
    assert [tracker.lost("one"), tracker.lost("one"), tracker.lost("one")] == [["ada"], [], []]
    assert not tracker.is_poison("ada")


@given(st.lists(st.one_of(st.tuples(st.just("begun"), NAMES, WORKERS), st.tuples(st.just("lost"), WORKERS))))
def test_nobody_has_more_kills_than_times_it_began(history: list[tuple[str, ...]]) -> None:
    tracker, began = TaskTracker(), dict.fromkeys(["ada", "ben", "cem"], 0)
    for event in history:
        if event[0] == "begun":
            tracker.begun(event[1], event[2])
            began[event[1]] += 1
        else:
            tracker.lost(event[1])
    assert not any(tracker.is_poison(name) and times < MOST_KILLS for name, times in began.items())
