"""The bands follow from the reference's accuracies, say under which settings, and cover every stage."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.checks.accuracy import MeasuredAccuracy
from reference.bands import CHANCE, FILE, from_runs, load, merged, read, write
from reference.intervals import tolerance_interval
from reference.settings import SCALINGS, Setting, handout, plan
from reference.stages import STAGES
from reference.train import Run
from tests.builders import STAGES as RUBRIC_STAGES
from tests.builders import rubric

ENTRIES = [(stage, entry) for stage, entries in read()["bands"].items() for entry in entries]


def runs(setting: Setting, *tests: float) -> list[Run]:
    return [Run(setting, seed, (0.5, 0.9), (0.4, 0.8), test) for seed, test in enumerate(tests)]


def setting(stage: str, **changes: Any) -> Setting:
    return replace(handout(next(s for s in STAGES if s.id == stage)), **changes)


def spread(n: int) -> list[float]:
    return [float(v) for v in np.random.default_rng(n).normal(0.5, 0.01, n)]


def content(**changes: list[Run]) -> dict[str, Any]:
    """What `bands.yaml` would hold if all runs were fine but those in `changes`."""
    fine = {s.id: runs(handout(s), *spread(10)) for s in STAGES} | changes
    return from_runs([run for of in fine.values() for run in of], {"keras": "3"})


def first(found: Mapping[str, Any], stage: str) -> Mapping[str, Any]:
    return dict(found["bands"][stage][0])


def test_a_run_that_collapsed_is_counted_and_does_not_widen_the_band() -> None:
    fine = first(content(), "dropout")
    collapsed = first(content(dropout=runs(setting("dropout"), *spread(10), 0.1135, CHANCE)), "dropout")
    assert collapsed["band"] == fine["band"]
    assert (collapsed["runs"], collapsed["collapsed"], len(collapsed["test"])) == (12, 2, 12)
    assert collapsed["words"].startswith("of 12 reference runs, 10 reached")
    assert collapsed["words"].endswith("(2 collapsed to chance)")


def test_the_naive_stage_is_meant_to_stay_at_chance_and_has_not_collapsed() -> None:
    found = first(content(naive=runs(setting("naive"), *[0.1135] * 10)), "naive")
    assert (found["collapsed"], found["band"], found["method"]) == (0, [0.1085, 0.1185], "alike")
    assert "as no two differ" in found["words"]


def test_a_stage_that_mostly_ends_at_chance_is_not_collapsing_but_like_that() -> None:
    found = first(content(init=runs(setting("init"), *[0.1135] * 9, 0.3)), "init")
    assert found["collapsed"] == 0
    low, high = found["band"]
    assert low <= 0.1135
    assert high >= 0.3


def test_a_band_says_how_sure_it_is_in_words() -> None:
    found = first(content(), "init")
    assert "with 95% confidence, 99% of such runs lie between" in found["words"]
    skewed = runs(setting("init"), *[0.5 + n / 10_000 for n in range(19)], 0.3)
    assert "78% of them at least, with 95% confidence" in first(content(init=skewed), "init")["words"]


def test_runs_are_listed_by_their_seeds_whatever_order_they_ended_in() -> None:
    mixed = [replace(r, seed=9 - r.seed) for r in runs(setting("init"), *spread(10))]
    assert first(content(init=mixed), "init")["seeds"] == list(range(10))


def test_what_is_written_is_loaded_again(tmp_path: Path) -> None:
    path = write(content(dropout=runs(setting("dropout"), *spread(10), 0.1135)), tmp_path / "bands.yaml")
    (band,) = load(path)["dropout"]
    assert (band.runs, band.collapsed, band.scaling, band.batch_size, band.rows) == (11, 1, "raw", 32, 19_800)
    assert [p.name for p in tmp_path.iterdir()] == ["bands.yaml"]


def test_a_calibration_of_one_setting_leaves_the_other_bands_as_they_are() -> None:
    unit = setting("init", scaling="unit")
    old = from_runs([*runs(setting("init"), *spread(10)), *runs(unit, *spread(10))], {"keras": "3"})
    new = from_runs(runs(unit, *spread(12)), {"keras": "3"})
    found = merged(old, new)["bands"]["init"]
    assert [(e["scaling"], e["runs"]) for e in found] == [("raw", 10), ("unit", 12)]


# ---------------------------------------------------------------- the bands in use


def test_the_bands_in_use_cover_the_six_stages_of_the_rubric() -> None:
    assert tuple(load()) == RUBRIC_STAGES


def test_every_band_in_use_is_planned_and_has_as_many_runs_as_planned() -> None:
    planned = Counter(task.setting for task in plan(20))
    found = {Setting(stage, e["scaling"], e["batch_size"], e["rows"]): e["runs"] for stage, e in ENTRIES}
    assert found == {setting: planned[setting] for setting in found}
    assert all(found[handout(stage, scaling)] == 20 for stage in STAGES for scaling in SCALINGS)


@pytest.mark.parametrize(("stage", "entry"), ENTRIES, ids=lambda v: v if isinstance(v, str) else v["scaling"])
def test_a_band_in_use_follows_from_the_accuracies_that_are_listed_beside_it(
    stage: str, entry: Mapping[str, Any]
) -> None:
    learned = [t for t in entry["test"] if t > CHANCE]
    learned = learned if 2 * len(learned) > len(entry["test"]) else entry["test"]
    found = tolerance_interval(learned)
    assert entry["band"] == [pytest.approx(found.low, abs=0.0001), pytest.approx(found.high, abs=0.0001)], stage
    assert (entry["runs"], entry["collapsed"]) == (len(entry["test"]), len(entry["test"]) - len(learned))
    assert len(entry["seeds"]) == len(entry["train"]) == len(entry["validation"]) == len(entry["test"])


def test_the_lab_names_a_batch_size_for_the_naive_stage_alone() -> None:
    sizes = {stage: bands[0].batch_size for stage, bands in load().items()}
    assert sizes == {s: 256 if s == "naive" else 32 for s in RUBRIC_STAGES}


def test_the_rubrics_floors_lie_below_the_bands_so_that_there_is_a_way_between_them() -> None:
    """Wherever the reference learns at all; two of the stages spread too far for that with batches of 256."""
    checks = [(c.stage, check) for c in rubric().criteria for check in c.checks]
    floors = {stage: float(check.floor) for stage, check in checks if isinstance(check, MeasuredAccuracy) and stage}
    assert sorted(floors) == sorted(set(RUBRIC_STAGES) - {"naive"})
    for stage, floor in floors.items():
        below = [band for band in load()[stage] if CHANCE < band.low <= floor]
        wide = {"dropout": [("raw", 256)], "activation": [("unit", 256)]}.get(stage, [])
        assert [(b.scaling, b.batch_size) for b in below] == wide, stage


def test_the_file_has_a_line_for_what_a_person_reads_and_not_one_for_each_number() -> None:
    assert len(FILE.read_text(encoding="utf-8").splitlines()) < 60 * len(ENTRIES)
