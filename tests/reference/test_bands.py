"""The bands follow from the reference's accuracies by a published rule, and cover every stage."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grader.checks.accuracy import MeasuredAccuracy
from reference.bands import (
    CHANCE,
    CONFIDENCE,
    COVERAGE,
    FILE,
    GRAIN,
    from_runs,
    load,
    tolerance_factor,
    tolerance_interval,
    write,
)
from reference.stages import STAGES
from reference.train import Run
from tests.builders import STAGES as RUBRIC_STAGES
from tests.builders import rubric

PUBLISHED = {
    (10, 0.95): 3.379,
    (20, 0.95): 2.752,
    (30, 0.95): 2.549,
    (10, 0.99): 4.433,
    (20, 0.99): 3.615,
    (30, 0.99): 3.350,
}
"""Two-sided factors for 95 % confidence by number of values and coverage (ISO 16269-6; NIST handbook 7.2.6.3)."""


def spread(n: int, mean: float = 0.5, deviation: float = 0.01) -> list[float]:
    """Values of exactly that mean and standard deviation."""
    values = np.random.default_rng(n).standard_normal(n)
    return [float(v) for v in mean + deviation * (values - values.mean()) / values.std(ddof=1)]


def runs(stage: str, *tests: float) -> list[Run]:
    return [Run(stage, seed, 0.9, 0.9, test) for seed, test in enumerate(tests)]


def content(**changes: list[Run]) -> dict[str, Any]:
    """What `bands.yaml` would hold if all runs were fine but those in `changes`."""
    fine = {s.id: runs(s.id, *spread(10)) for s in STAGES} | changes
    return from_runs([run for of in fine.values() for run in of], {"keras": "3"})


# ---------------------------------------------------------------- the rule


@pytest.mark.parametrize(("n", "coverage"), sorted(PUBLISHED))
def test_the_factor_is_the_published_one_within_howes_approximation(n: int, coverage: float) -> None:
    assert tolerance_factor(n, coverage, 0.95) == pytest.approx(PUBLISHED[n, coverage], rel=0.005)


@pytest.mark.parametrize("n", [2, 10, 20])
def test_a_band_reaches_as_many_deviations_to_both_sides_of_its_mean(n: int) -> None:
    found = tolerance_interval(spread(n, deviation=0.001))
    reach = tolerance_factor(n, COVERAGE, CONFIDENCE) * 0.001
    assert found.low == pytest.approx(0.5 - reach)
    assert found.high == pytest.approx(0.5 + reach)


@pytest.mark.parametrize(("value", "n"), [(0.1135, 10), (0.1135, 7), (0.1, 3), (0.3, 6)])
def test_runs_that_are_all_alike_have_a_band_of_a_grain_around_them(value: float, n: int) -> None:
    """The standard deviation of equal numbers is not always zero: the mean is rounded."""
    found = tolerance_interval([value] * n)
    assert found.low == pytest.approx(value - GRAIN)
    assert found.high == pytest.approx(value + GRAIN)


def test_an_accuracy_is_never_below_none_or_above_all() -> None:
    found = tolerance_interval([0.01, 0.99, 0.5])
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize("values", [[], [0.9]])
def test_a_single_run_says_nothing_about_how_far_runs_lie_apart(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"at least two runs that learned, found \d: calibrate with more seeds"):
        tolerance_interval(values)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_a_band_holds_its_mean_and_lies_within_all_accuracies(values: list[float]) -> None:
    found = tolerance_interval(values)
    assert 0 <= found.low <= float(np.mean(values)) + 1e-9
    assert float(np.mean(values)) - 1e-9 <= found.high <= 1


# ---------------------------------------------------------------- from runs to the file


def test_a_run_that_collapsed_is_counted_and_does_not_widen_the_band() -> None:
    fine = content()["stages"]["dropout"]
    collapsed = content(dropout=runs("dropout", *spread(10), 0.1135, CHANCE))["stages"]["dropout"]
    assert collapsed["band"] == fine["band"]
    assert (collapsed["runs"], collapsed["collapsed"], len(collapsed["test"])) == (12, 2, 12)


def test_the_naive_stage_is_meant_to_stay_at_chance_and_has_not_collapsed() -> None:
    found = content(naive=runs("naive", *[0.1135] * 10))["stages"]["naive"]
    assert (found["collapsed"], found["band"]) == (0, [0.1085, 0.1185])


def test_runs_are_listed_by_their_seeds_whatever_order_they_ended_in() -> None:
    mixed = [replace(r, seed=9 - r.seed) for r in runs("init", *spread(10))]
    assert content(init=mixed)["stages"]["init"]["seeds"] == list(range(10))


def test_what_is_written_is_loaded_again(tmp_path: Path) -> None:
    path = write(content(dropout=runs("dropout", *spread(10), 0.1135)), tmp_path / "bands.yaml")
    (band,) = load(path)["dropout"]
    assert (band.runs, band.collapsed, band.scaling, band.batch_size, band.rows) == (11, 1, "raw", 32, 19_800)
    assert "10 reached" in band.words
    assert band.words.endswith("(1 collapsed to chance)")
    assert [p.name for p in tmp_path.iterdir()] == ["bands.yaml"]


def test_the_file_is_utf_8_on_every_machine(tmp_path: Path) -> None:
    assert "±" in write(content(), tmp_path / "bands.yaml").read_text(encoding="utf-8")


# ---------------------------------------------------------------- the bands in use


def test_the_bands_in_use_cover_the_six_stages_of_the_rubric() -> None:
    assert tuple(load()) == RUBRIC_STAGES


@pytest.mark.parametrize("stage", RUBRIC_STAGES)
def test_a_band_in_use_follows_from_the_accuracies_that_are_listed_beside_it(stage: str) -> None:
    (band,) = load()[stage]
    entry = yaml.safe_load(FILE.read_text(encoding="utf-8"))["stages"][stage]
    learned = [t for t in entry["test"] if t > CHANCE] or entry["test"]
    found = tolerance_interval(learned)
    assert band.low == pytest.approx(found.low, abs=0.0005)
    assert band.high == pytest.approx(found.high, abs=0.0005)
    assert (band.runs, band.collapsed) == (len(entry["test"]), len(entry["test"]) - len(learned))
    assert band.runs >= 5
    assert (band.scaling, band.rows) == ("raw", 19_800)


def test_the_lab_names_a_batch_size_for_the_naive_stage_alone() -> None:
    sizes = {stage: bands[0].batch_size for stage, bands in load().items()}
    assert sizes == {s: 256 if s == "naive" else 32 for s in RUBRIC_STAGES}


def test_the_rubrics_floors_lie_below_the_bands_so_that_there_is_a_way_between_them() -> None:
    checks = [(c.stage, check) for c in rubric().criteria for check in c.checks]
    floors = {stage: float(check.floor) for stage, check in checks if isinstance(check, MeasuredAccuracy) and stage}
    assert sorted(floors) == sorted(set(RUBRIC_STAGES) - {"naive"})
    assert all(floor < load()[stage][0].low for stage, floor in floors.items())
