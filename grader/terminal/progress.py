"""How long a grading still takes, from what has been graded so far."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

FEWEST = 2
"""Submissions that must have been run before anything is said."""


def seconds_left(ended: Sequence[float], running: Sequence[float], waiting: int, jobs: int) -> float | None:
    """Seconds until all is done; None while there is nothing to tell it from.

    `ended` are the seconds that finished submissions took, `running` those that the running ones have taken so far:
    one that is over the average already is taken to need half as much again.
    """
    if len(ended) < FEWEST:
        return None
    usual = fmean(ended)
    rests = [max(usual - so_far, so_far / 2 if so_far > usual else 0.0) for so_far in running]
    return max([(sum(rests) + waiting * usual) / jobs, *rests])


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `2 h 05 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:  # noqa: PLR2004 (a minute and a half)
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"  # noqa: PLR2004 (an hour)
