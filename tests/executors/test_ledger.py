"""A lost worker is counted against what had begun on it, and against nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grader.executors.ledger import MOST_KILLS, Ledger

NAMES = st.sampled_from(["ada", "ben", "cem"])
WORKERS = st.sampled_from(["one", "two"])


def test_a_task_that_has_taken_three_workers_is_not_tried_again() -> None:
    ledger = Ledger()
    for worker in ("one", "two", "three"):
        assert not ledger.is_poison("ada")
        ledger.begun("ada", worker)
        assert ledger.lost(worker) == ["ada"]
    assert ledger.is_poison("ada")


def test_what_only_waited_at_a_lost_worker_is_not_blamed() -> None:
    ledger = Ledger()
    for _ in range(MOST_KILLS):
        ledger.begun("ada", "one")
        assert ledger.lost("one") == ["ada"]
    assert ledger.is_poison("ada")
    assert not ledger.is_poison("ben")


def test_a_worker_that_is_lost_after_a_task_had_ended_is_not_its_doing() -> None:
    ledger = Ledger()
    ledger.begun("ada", "one")
    ledger.ended("ada")
    assert ledger.lost("one") == []


def test_one_worker_that_is_reported_lost_twice_counts_once() -> None:
    ledger = Ledger()
    ledger.begun("ada", "one")
    assert [ledger.lost("one"), ledger.lost("one"), ledger.lost("one")] == [["ada"], [], []]
    assert not ledger.is_poison("ada")


@given(st.lists(st.one_of(st.tuples(st.just("begun"), NAMES, WORKERS), st.tuples(st.just("lost"), WORKERS))))
def test_nobody_has_more_kills_than_times_it_began(history: list[tuple[str, ...]]) -> None:
    ledger, began = Ledger(), dict.fromkeys(["ada", "ben", "cem"], 0)
    for event in history:
        if event[0] == "begun":
            ledger.begun(event[1], event[2])
            began[event[1]] += 1
        else:
            ledger.lost(event[1])
    assert not any(ledger.is_poison(name) and times < MOST_KILLS for name, times in began.items())
