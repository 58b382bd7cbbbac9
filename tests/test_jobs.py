"""How many run at a time follows from cores and memory, and the time that is left from what was seen."""

import pytest

from grader.jobs import GRADER, SPARE, SUBMISSION, Machine, because, default_jobs, room, this_machine
from grader.progress import duration, seconds_left

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "gib", "jobs"), [(2, 16, 2), (8, 64, 8), (8, 8, 4), (8, 4, 1), (1, 64, 1), (4, 1, 1)]
)
def test_as_many_as_cores_and_memory_allow_and_one_at_least(cores: int, gib: int, jobs: int) -> None:
    assert default_jobs(Machine(cores, gib * GIB)) == jobs


def test_the_grader_and_a_reserve_come_off_the_memory_first() -> None:
    assert room(Machine(8, GRADER + SPARE + 3 * SUBMISSION)) == 3
    assert room(Machine(8, GRADER + SPARE + 3 * SUBMISSION - 1)) == 2


def test_the_choice_is_explained() -> None:
    assert because(Machine(8, 8 * GIB), 4) == "4 at a time (8 cores; 8.0 GiB of memory free, enough for 4)"


def test_this_machine_has_cores_and_memory() -> None:
    assert this_machine().cores >= 1
    assert this_machine().memory > 0


def test_time_left_is_the_usual_time_of_what_waits_shared_by_the_jobs() -> None:
    assert seconds_left([60, 60], [], 10, 2) == 300
    assert seconds_left([50, 70], [20, 40], 10, 2) == 330


def test_time_left_is_not_told_from_one_submission() -> None:
    assert seconds_left([60], [10], 10, 2) is None


def test_a_submission_that_takes_longer_than_usual_is_not_taken_to_end_at_once() -> None:
    assert seconds_left([60, 60], [200], 0, 2) == 100


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (89, "89 s"), (90, "2 min"), (3540, "59 min"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_lengths_of_time_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words
