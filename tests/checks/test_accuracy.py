from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.checks.accuracy import MeasuredAccuracy, VanishingGradient, exact
from grader.records import Band, Bands, Evaluation, Measurement, Outcome, TrainingRun, Verdict
from tests.builders import TEST, TRAIN, band, facts, perfect_run, refit

ACCURACY = MeasuredAccuracy(floor=Decimal("0.80"))
VANISHING = VanishingGradient(full_up_to=Decimal("0.25"), none_from=Decimal("0.50"))


def measured(accuracy: float | None, stage: str = "activation", **changes: Any) -> TrainingRun:
    return replace(perfect_run(stage, evaluations=()), measurement=Measurement(accuracy, "raw"), **changes)


def judged(run: TrainingRun, **changes: Any) -> Verdict:
    return ACCURACY.judge(facts(run, "activation", **changes))


@pytest.mark.parametrize(
    ("accuracy", "share"),
    [
        (0.99, Fraction(1)),
        (0.9, Fraction(1)),
        (0.8999999761581421, Fraction(1)),
        (0.8999, Fraction(999, 1000)),
        (0.85, Fraction(1, 2)),
        (0.8, Fraction(0)),
        (0.1, Fraction(0)),
    ],
)
def test_accuracy_falls_linearly_from_the_band_to_the_floor(accuracy: float, share: Fraction) -> None:
    assert judged(measured(accuracy)).share == share


@pytest.mark.parametrize(("accuracy", "share"), [(0.15, 0), (0.45, Fraction(1, 2)), (0.75, 1)])
def test_where_the_band_reaches_below_the_floor_the_marks_begin_above_chance(accuracy: float, share: Fraction) -> None:
    wide = {"activation": (band("activation", low=0.75, high=0.97),)}
    verdict = judged(measured(accuracy), bands=Bands(wide))
    assert verdict.share == share
    assert "at least 0.7500, none of the marks at 0.15 or below" in verdict.expected


def test_measured_and_claimed_stand_side_by_side() -> None:
    claim = Evaluation(9, "evaluate", TEST, 0.95)
    verdict = judged(replace(measured(0.9431), evaluations=(claim,)))
    assert verdict.found == "measured 0.9431 on the 10,000 test images (claimed 0.9500)"
    assert verdict.expected.startswith("test accuracy of at least 0.9000, none of the marks at 0.80 or below")
    assert verdict.review == ""


def test_a_claim_far_above_what_was_measured_is_reviewed() -> None:
    claim = Evaluation(9, "evaluate", TEST, 0.99)
    verdict = judged(replace(measured(0.9431), evaluations=(claim,)))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.review == "claims an accuracy of 0.9900, but 0.9431 was measured"


def test_training_on_test_images_is_reviewed() -> None:
    run = refit(measured(0.99), images=replace(TRAIN, split="mixed"))
    assert "trained on images of the test set" in judged(run).review


@pytest.mark.parametrize(
    ("run", "outcome", "words"),
    [
        (measured(None, fit=None), Outcome.FAILED, "compiled but never trained"),
        (measured(None, finished=False), Outcome.NOT_ASSESSED, "stopped before it ended (100 of 100 epochs)"),
        (measured(0.95, finished=False), Outcome.NOT_ASSESSED, "stopped before it ended"),
        (refit(measured(0.95), capped=True), Outcome.NOT_ASSESSED, "quick mode"),
        (measured(None, finished=False, error="KeyboardInterrupt: "), Outcome.NOT_ASSESSED, "stopped before it ended"),
        (measured(None, finished=False, error="ValueError: x"), Outcome.FAILED, "fit raised ValueError: x"),
    ],
)
def test_an_accuracy_that_says_nothing_is_no_lost_mark_unless_the_code_is_at_fault(
    run: TrainingRun, outcome: Outcome, words: str
) -> None:
    verdict = judged(run)
    assert verdict.outcome is outcome
    assert words in verdict.found


@pytest.mark.parametrize(
    ("measurement", "outcome"),
    [
        (Measurement(None, reason="the weights are NaN after training"), Outcome.FAILED),
        (Measurement(None, reason="the analyser (nanny) was busy"), Outcome.NOT_ASSESSED),
        (Measurement(None, reason="the images are no known data set"), Outcome.NOT_ASSESSED),
        (Measurement(None, reason="out of memory while measuring NaN", fault=True), Outcome.NOT_ASSESSED),
    ],
)
def test_why_there_is_no_accuracy_decides(measurement: Measurement, outcome: Outcome) -> None:
    verdict = judged(replace(measured(None), measurement=measurement))
    assert verdict.outcome is outcome
    assert measurement.reason in verdict.found
    assert bool(verdict.review) == (outcome is Outcome.NOT_ASSESSED)


def test_a_collapse_that_the_reference_knows_is_not_assessed() -> None:
    collapsing = Bands({"activation": (band("activation", collapsed=1),)})
    verdict = judged(measured(0.1135), bands=collapsing)
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "1 of 10 reference runs collapse to chance" in verdict.found
    assert judged(measured(0.1135)).outcome is Outcome.FAILED


def test_the_band_of_the_same_scaling_is_taken_else_that_of_raw_pixels() -> None:
    bands = Bands({"activation": (band("activation"), band("activation", scaling="unit", low=0.97))})
    unit = replace(measured(None), measurement=Measurement(0.935, "unit"))
    standard = replace(measured(None), measurement=Measurement(0.935, "standard"))
    assert judged(unit, bands=bands).share < 1
    assert judged(standard, bands=bands).share == 1


def test_marks_lost_against_a_band_with_other_settings_are_reviewed() -> None:
    run = refit(replace(measured(None), measurement=Measurement(0.85, "unit")), batch_size=128, training_rows=54_060)
    assert judged(run).review == (
        "marks were lost against a band with other settings: pixels ÷ 255 instead of raw pixels 0…255, "
        "batch size 128 instead of 32, 60,000 rows instead of 19,800"
    )


def test_other_settings_that_cost_nothing_are_not_reviewed() -> None:
    assert judged(refit(measured(0.95), batch_size=128)).review == ""


def test_a_row_more_or_less_is_the_same_setting() -> None:
    assert judged(refit(measured(0.85), training_rows=13_900)).review == ""


def test_a_run_within_its_band_is_no_collapse_however_low_the_band_begins() -> None:
    low = Bands({"activation": (band("activation", collapsed=4, low=0.12),)})
    assert judged(measured(0.14), bands=low).outcome is Outcome.PASSED


def test_where_the_reference_itself_ends_at_chance_no_accuracy_is_too_low() -> None:
    chance = Bands({"activation": (band("activation", low=0.1085, high=0.1185),)})
    verdict = judged(measured(0.098), bands=chance)
    assert (verdict.share, verdict.expected) == (
        Fraction(1),
        "any test accuracy: with these settings the band of 10 reference runs is 0.1085 to 0.1185",
    )


GRID = tuple(
    band("activation", scaling=scaling, batch_size=batch_size, rows=rows)
    for scaling, batch_size, rows in [
        ("raw", 32, 19_800),
        ("raw", 256, 19_800),
        ("raw", 32, 60_000),
        ("raw", 256, 60_000),
        ("unit", 32, 19_800),
    ]
)


@pytest.mark.parametrize(
    ("scaling", "batch_size", "rows", "nearest"),
    [
        ("raw", 32, 19_800, GRID[0]),
        ("raw", 200, 19_800, GRID[1]),
        ("raw", 64, 50_000, GRID[0]),
        ("raw", 40, 60_000, GRID[2]),
        ("raw", 256, 100, GRID[1]),
        ("raw", 128, 60_000, GRID[3]),
        ("unit", 256, 60_000, GRID[4]),
        ("standard", 32, 60_000, GRID[2]),
        ("other", 1024, 19_800, GRID[1]),
    ],
)
def test_a_run_is_held_against_the_band_whose_settings_are_nearest(
    scaling: str, batch_size: int, rows: int, nearest: Band
) -> None:
    run = refit(
        replace(measured(0.9), measurement=Measurement(0.9, scaling)),
        batch_size=batch_size,
        training_rows=rows,
        validation="none",
    )
    assert Bands({"activation": GRID}).nearest("activation", run) == nearest


def test_the_rubric_says_which_setting_counts_most() -> None:
    run = refit(measured(0.9), batch_size=256, training_rows=60_000, validation="none")
    few, large = band("activation", batch_size=256), band("activation", rows=60_000)
    by = {"activation": (few, large)}
    assert Bands(by, ("rows", "batch_size", "scaling")).nearest("activation", run) == large
    assert Bands(by, ("batch_size", "rows", "scaling")).nearest("activation", run) == few


def test_a_stage_without_any_band_is_not_assessed() -> None:
    assert judged(measured(0.95), bands=Bands()).found == "the reference has no band for the stage activation"


@pytest.mark.parametrize(
    ("accuracy", "share"),
    [(0.1135, Fraction(1)), (0.25, Fraction(1)), (0.375, Fraction(1, 2)), (0.5, Fraction(0)), (0.9, Fraction(0))],
)
def test_the_naive_network_must_fail_to_learn(accuracy: float, share: Fraction) -> None:
    assert VANISHING.judge(facts(measured(accuracy, "naive"), "naive")).share == share


def test_a_naive_network_that_learns_under_other_settings_is_reviewed() -> None:
    run = refit(measured(0.9, "naive"), batch_size=8)
    assert "batch size 8 instead of 256" in VANISHING.judge(facts(run, "naive")).review
    assert VANISHING.judge(facts(run, "naive", bands=Bands())).review == ""


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_an_accuracy_is_the_fraction_of_the_digits_it_is_printed_with(right: int) -> None:
    assert exact(right / 10_000) == Fraction(right, 10_000)


def test_a_training_that_the_grader_ended_early_counts_only_in_the_students_favour() -> None:
    run = refit(perfect_run("activation"), epochs_asked=10_000, epochs_done=1_000, shortened=True)
    assert judged(run).outcome is Outcome.PASSED
    low = replace(run, measurement=Measurement(0.85, "raw"))
    verdict = judged(low)
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "when the grader ended the training after 1,000 of 10,000 epochs" in verdict.found
