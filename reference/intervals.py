"""From the accuracies of single runs to the interval in which further runs will lie: statistics, and nothing else.

SciPy is imported where it computes: every command reads bands, few make them, and it takes longer than all the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

COVERAGE = 0.99
"""Share of further runs that a band should hold."""
CONFIDENCE = 0.95
"""How sure the band is to hold that share."""
REJECTED = 0.05
"""Normality is rejected where runs so far from it would come by chance more seldom than this (Shapiro-Wilk)."""
GRAIN = 0.005
"""No band is narrower than this to either side of its runs' mean; 50 of the 10,000 test images."""
EDGE = 0.5 / 10_000
"""Half an image: keeps an accuracy of 0 or 1 from infinite log-odds."""
FEWEST = 3
"""Values that Shapiro-Wilk needs."""


class Method(StrEnum):
    """How an interval was had."""

    NORMAL = "normal"
    """A two-sided normal tolerance interval of the log-odds."""
    RANGE = "range"
    """Normality was rejected: the same, and at least from the lowest to the highest run."""
    ALIKE = "alike"
    """All runs are the same: a grain to either side."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Accuracies in [0, 1]; `assured` is the share of runs that `method` promises with CONFIDENCE, None where none."""

    low: float
    high: float
    method: Method
    assured: float | None


def tolerance_interval(values: Sequence[float]) -> Interval:
    """The interval that covers COVERAGE of all such runs with CONFIDENCE, of accuracies in [0, 1].

    Computed on the log-odds, since shares near 1 are skewed and an interval must not leave [0, 1]. Where Shapiro and
    Wilk's test (Biometrika 52, 1965) rejects that these are normal, the interval holds at least the whole range of the
    runs, and the share it is known to cover is the distribution-free one of that range, which is smaller: from n runs
    nobody can know 99 % without a distribution unless n is 473 or more. Never narrower than GRAIN around the mean.
    Raises ValueError for fewer than two values, which say nothing about how far runs lie apart.
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004
        raise ValueError(f"a band needs at least two runs that learned, found {n}: calibrate with more seeds")
    from scipy import special, stats

    mean = float(np.mean(values))
    odds = special.logit(np.clip(values, EDGE, 1 - EDGE))
    if np.ptp(odds) == 0:
        # No two differ by what could be told from 0 or 1.
        return _at_least_a_grain(mean, mean, mean, Method.ALIKE, None)
    reach = tolerance_factor(n, COVERAGE, CONFIDENCE) * float(np.std(odds, ddof=1))
    low, high = (float(special.expit(float(np.mean(odds)) + side * reach)) for side in (-1, 1))
    if n >= FEWEST and stats.shapiro(odds).pvalue < REJECTED:
        low, high = min(low, *values), max(high, *values)
        return _at_least_a_grain(mean, low, high, Method.RANGE, range_coverage(n, CONFIDENCE))
    return _at_least_a_grain(mean, low, high, Method.NORMAL, COVERAGE)


def _at_least_a_grain(mean: float, low: float, high: float, method: Method, assured: float | None) -> Interval:
    return Interval(max(0.0, min(low, mean - GRAIN)), min(1.0, max(high, mean + GRAIN)), method, assured)


def tolerance_factor(n: int, coverage: float, confidence: float) -> float:
    """How many standard deviations of n values around their mean cover that share of a normal population.

    W. G. Howe, "Two-sided tolerance limits for normal populations - some improvements", Journal of the American
    Statistical Association 64 (1969), 610-620.
    """
    from scipy import stats

    z = float(stats.norm.ppf((1 + coverage) / 2))
    return z * math.sqrt((n - 1) * (1 + 1 / n) / float(stats.chi2.ppf(1 - confidence, n - 1)))


def range_coverage(n: int, confidence: float) -> float:
    """The share of any population that lies between the lowest and the highest of n of it, with that confidence.

    S. S. Wilks, "Determination of sample sizes for setting tolerance limits", Annals of Mathematical Statistics 12
    (1941), 91-96: the p at which n p^(n-1) - (n-1) p^n is 1 - confidence.
    """
    from scipy import optimize

    return float(optimize.brentq(lambda p: n * p ** (n - 1) - (n - 1) * p**n - (1 - confidence), 0.0, 1.0))
