"""The time that is left follows from what was seen."""

import pytest

from grader.terminal.progress import duration, seconds_left


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
