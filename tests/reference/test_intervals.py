"""An interval follows from accuracies by published rules, and says what it can promise."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special, stats

from reference.intervals import (
    CONFIDENCE,
    COVERAGE,
    GRAIN,
    Method,
    range_coverage,
    tolerance_factor,
    tolerance_interval,
)

PUBLISHED = {
    (10, 0.95): 3.379,
    (20, 0.95): 2.752,
    (30, 0.95): 2.549,
    (10, 0.99): 4.433,
    (20, 0.99): 3.615,
    (30, 0.99): 3.350,
}
"""Two-sided factors for 95 % confidence by number of values and coverage (ISO 16269-6; NIST handbook 7.2.6.3)."""
SKEWED = [0.95, 0.951, 0.9505, 0.9507, 0.9503, 0.9509, 0.9502, 0.9508, 0.9504, 0.9506] * 2
SKEWED[0] = 0.9


def spread(n: int, mean: float, deviation: float) -> list[float]:
    """Accuracies whose log-odds lie as evenly as a normal distribution, of exactly that mean and deviation there."""
    values = stats.norm.ppf((np.arange(n) + 0.5) / n)
    return [float(v) for v in special.expit(mean + deviation * (values - values.mean()) / values.std(ddof=1))]


@pytest.mark.parametrize(("n", "coverage"), sorted(PUBLISHED))
def test_the_factor_is_the_published_one_within_howes_approximation(n: int, coverage: float) -> None:
    assert tolerance_factor(n, coverage, 0.95) == pytest.approx(PUBLISHED[n, coverage], rel=0.005)


@pytest.mark.parametrize("n", [10, 20])
def test_a_band_reaches_as_many_deviations_of_the_log_odds_to_both_sides(n: int) -> None:
    found = tolerance_interval(spread(n, 2.9, 0.2))
    reach = tolerance_factor(n, COVERAGE, CONFIDENCE) * 0.2
    assert found.low == pytest.approx(special.expit(2.9 - reach))
    assert found.high == pytest.approx(special.expit(2.9 + reach))
    assert (found.method, found.assured) == (Method.NORMAL, COVERAGE)


def test_of_many_normal_populations_the_share_within_their_bands_is_what_was_promised() -> None:
    """The statement itself: in 95 of 100 calibrations of 20 runs, at least 99 % of further runs lie in the band."""
    draw = np.random.default_rng(7)
    kept = []
    for _ in range(300):
        found = tolerance_interval([float(v) for v in special.expit(draw.normal(2, 0.5, 20))])
        further = special.expit(draw.normal(2, 0.5, 4000))
        kept.append(float(np.mean((found.low <= further) & (further <= found.high))))
    assert np.mean(np.array(kept) >= COVERAGE) == pytest.approx(CONFIDENCE, abs=0.04)


def test_where_normality_is_rejected_the_band_holds_every_run_and_promises_less() -> None:
    found = tolerance_interval(SKEWED)
    assert found.method is Method.RANGE
    assert found.low <= 0.9
    assert found.assured == pytest.approx(0.784, abs=0.001)


@pytest.mark.parametrize(("n", "share"), [(93, 0.95), (473, 0.99)])
def test_the_share_between_lowest_and_highest_is_the_published_one(n: int, share: float) -> None:
    """The sample sizes that tables give for a two-sided 95 % confidence (ISO 16269-6, distribution-free)."""
    assert range_coverage(n, 0.95) >= share > range_coverage(n - 1, 0.95)


@pytest.mark.parametrize(("value", "n"), [(0.1135, 10), (0.1135, 7), (0.1, 3), (0.3, 6)])
def test_runs_that_are_all_alike_have_a_band_of_a_grain_around_them(value: float, n: int) -> None:
    """The standard deviation of equal numbers is not always zero: the mean is rounded."""
    found = tolerance_interval([value] * n)
    assert found.low == pytest.approx(value - GRAIN)
    assert found.high == pytest.approx(value + GRAIN)
    assert (found.method, found.assured) == (Method.ALIKE, None)


def test_runs_that_are_nearly_alike_have_no_narrower_band_than_those_that_are() -> None:
    found = tolerance_interval([0.1135] * 9 + [0.1136])
    assert found.low <= 0.11351 - GRAIN
    assert found.high >= 0.11351 + GRAIN


@pytest.mark.parametrize("values", [[], [0.9]])
def test_a_single_run_says_nothing_about_how_far_runs_lie_apart(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"at least two runs that learned, found \d: calibrate with more seeds"):
        tolerance_interval(values)


@example([0.0, 0.0, 2.2250738585072014e-308])
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_a_band_holds_its_mean_and_lies_within_all_accuracies(values: list[float]) -> None:
    found = tolerance_interval(values)
    order = [0, found.low, float(np.mean(values)), found.high, 1]
    assert all(a <= b + 1e-9 for a, b in pairwise(order))
