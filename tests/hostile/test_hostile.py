"""No program hurts the machine, its neighbours or the grader: the table of `python -m tests.hostile`, as tests."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from grader.sandbox.base import Promise
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.process import Process
from tests.hostile.threats import PROGRAMS, THREATS, Threat, refusals
from tests.hostile.trial import FIRST, LAST, PROJECT, Trial, alone, marks, try_all

HELD_IN_THE_CONTRACT = {"endless_loop", "sleep"}
"""They only burn time; tests/sandbox ends them with both sandboxes in two seconds each."""
QUICK = tuple(t for t in THREATS if not t.takes_its_time)
SLOW = tuple(t for t in THREATS if t.takes_its_time and t.program not in HELD_IN_THE_CONTRACT)
PLAIN = tuple(t for t in THREATS if t.program in {"fork_bomb", "memory_private", "trace_flood", "kill_the_runner"})
"""For the plain process, whose every promise is tried without a notebook in tests/sandbox."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """All that end soon, between two honest ones."""
    return try_all("bubblewrap", tmp_path_factory.mktemp("quick"), jobs=2, threats=QUICK, seconds=120)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """All that only the time limit ends."""
    return try_all("bubblewrap", tmp_path_factory.mktemp("slow"), jobs=2, threats=SLOW, seconds=40, honest=0)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Without isolation."""
    return try_all("process", tmp_path_factory.mktemp("plain"), jobs=2, threats=PLAIN, seconds=120, honest=0)


@pytest.mark.parametrize("threat", QUICK, ids=lambda t: t.name)
def test_the_threat_is_held(threat: Threat, quick: Trial) -> None:
    assert _problems(quick, threat) == []


@pytest.mark.parametrize("threat", SLOW, ids=lambda t: t.name)
def test_the_time_limit_ends_it(threat: Threat, slow: Trial) -> None:
    assert _problems(slow, threat) == []


@pytest.mark.parametrize("threat", PLAIN, ids=lambda t: t.name)
def test_without_isolation_what_is_promised_is_held_too(threat: Threat, plain: Trial) -> None:
    assert _problems(plain, threat) == []


def test_nothing_is_left_on_the_disk(quick: Trial, slow: Trial, plain: Trial) -> None:
    assert (quick.left, slow.left, plain.left) == ((), (), ())


def test_honest_marks_among_hostile_programs_are_those_that_they_get_alone(quick: Trial, tmp_path: Path) -> None:
    single = alone("bubblewrap", tmp_path, seconds=120)
    assert single["total"] > 0
    assert marks(quick.grades[FIRST]) == marks(single)
    assert marks(quick.grades[LAST]) == marks(single)


def test_every_promise_has_a_threat_that_tries_it() -> None:
    assert {t.promise for t in THREATS} == set(Promise)


def test_every_program_is_in_the_table_and_every_cell_too() -> None:
    programs = {p.stem for p in PROGRAMS.glob("*.py")} - {"prelude"}
    assert {t.program for t in THREATS} == programs
    assert [name for name, _ in refusals()] == [t.name for t in THREATS if not t.ends_the_run]


def test_the_isolated_sandbox_promises_everything_and_the_plain_one_says_what_it_does_not() -> None:
    assert Bubblewrap(Event()).promises == set(Promise)
    assert set(Promise) - Process(Event()).promises == {
        Promise.GONE,
        Promise.DISK,
        Promise.FILES,
        Promise.NETWORK,
        Promise.PROCESSES_OF_OTHERS,
        Promise.KERNEL_MEMORY,
    }


def test_the_readme_says_what_each_sandbox_keeps() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for promise in Promise:
        held = ["yes" if promise in sandbox(Event()).promises else "no" for sandbox in (Bubblewrap, Process)]
        assert f"| {promise} | {held[0]} | {held[1]} |" in readme


def _problems(trial: Trial, threat: Threat) -> list[str]:
    return [problem for row in trial.rows if row.threat == threat for problem in row.problems]
