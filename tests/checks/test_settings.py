"""Accuracy where the rubric asks for what the bands were not made with: only in the student's favour."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

import reference
from grader.assignment.assignment import Assignment
from grader.assignment.criterion import Rubric
from grader.assignment.rubric import load
from grader.checks.accuracy import MeasuredAccuracy, VanishingGradient
from grader.checks.settings import asked_otherwise
from grader.grading.judge import judge
from grader.grading.scoring import grade
from grader.records import Architecture, Band, Bands, Grade, Measurement, Outcome, TrainingRun
from tests.assignment.rubric.writing import changed
from tests.builders import STAGES, criterion, evidence, facts, matched, perfect_run, refit, rubric

TEST_ACCURACY = 0.3
"""Below every band but those at chance, above what vanishes."""


@cache
def bands() -> Bands:
    return Bands(reference.load_bands())


@pytest.fixture
def longer(tmp_path: Path) -> Rubric:
    """The lab's rubric, but for 128 units and 20 epochs."""
    path = tmp_path / "x.yaml"
    path.write_text(changed(("units: 50", "units: 128"), ("at_least: 100", "at_least: 20")))
    return load(path)


def run(stage: str, *, units: int = 128, epochs: int = 20, accuracy: float = TEST_ACCURACY) -> TrainingRun:
    """The stage's run with that network and so many epochs."""
    perfect = refit(perfect_run(stage, evaluations=()), epochs_asked=epochs, epochs_done=epochs)
    *hidden, output, softmax = perfect.architecture.layers
    layers = [replace(layer, units=units) if layer.kind == "dense" else layer for layer in hidden]
    network = Architecture((*layers, output, softmax), (784,))
    return replace(perfect, architecture=network, measurement=Measurement(accuracy, "raw"))


def graded(by: Rubric, **how: float) -> Grade:
    runs = {stage: run(stage, **how) for stage in STAGES}  # type: ignore[arg-type] # units and epochs are whole
    return grade(evidence(runs.values()), by, matched(runs), bands())


ACCURACIES = [f"{stage}.accuracy" for stage in ("activation", "optimizer", "batchnorm", "dropout")]


@pytest.mark.parametrize("name", [*ACCURACIES, "naive.vanishing"])
def test_a_run_that_does_what_the_rubric_asks_and_falls_short_of_bands_made_otherwise_is_not_assessed(
    name: str, longer: Rubric
) -> None:
    result = criterion(graded(longer), name)
    assert result.outcome is Outcome.NOT_ASSESSED
    words = "band was made with 50 units and 100 epochs, and this run has 128 units and 20 epochs, as the assignment"
    assert words in result.checks[0].verdict.found


def test_a_submission_that_did_exactly_as_asked_loses_nothing_unflagged(longer: Rubric) -> None:
    runs = [run(stage, accuracy=0.11 if stage in {"naive", "init"} else 0.85) for stage in STAGES]
    result = judge(evidence(runs), Assignment.of(longer))
    lost = [c.id for c in result.criteria if c.outcome in {Outcome.FAILED, Outcome.PARTIAL}]
    assert lost == ["evaluation.test_images"], "these runs were not evaluated"
    assert result.needs_review


def test_a_person_is_asked_once_with_the_one_reason(longer: Rubric) -> None:
    reasons = [reason for reason in graded(longer).review if "band was made with" in reason]
    assert len(reasons) == 1
    assert all(name in reasons[0] for name in ACCURACIES)


def test_what_a_hidden_check_asks_for_is_not_told_to_students(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    hidden = "{check: epochs, at_least: 20, hidden: true}"
    path.write_text(changed(("{check: epochs, at_least: 100, learnt: 0.99}", hidden)))
    verdict = criterion(graded(load(path), units=50), "dropout.accuracy").checks[0].verdict
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "epochs" not in verdict.found
    assert verdict.review == "the reference's band was made with other settings than the assignment asks for"


def test_a_run_that_reaches_such_a_band_has_full_marks_and_no_flag(longer: Rubric) -> None:
    result = graded(longer, accuracy=0.99)
    assert [criterion(result, name).outcome for name in ACCURACIES] == [Outcome.PASSED] * 4
    assert not any("accuracy" in reason for reason in result.review if "vanishing" not in reason)


@pytest.mark.parametrize("name", ACCURACIES)
@pytest.mark.parametrize("how", [{"epochs": 1}, {"units": 8}, {"units": 50, "epochs": 100}])
def test_a_run_that_does_not_do_what_the_rubric_asks_fails_as_ever(
    name: str, how: dict[str, int], longer: Rubric
) -> None:
    result = criterion(graded(longer, **how), name)
    assert (result.outcome, result.checks[0].verdict.review) == (Outcome.FAILED, "")


def test_a_run_as_the_bands_were_made_is_held_against_them_though_the_rubric_asks_for_less(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(changed(("at_least: 100", "at_least: 20")))
    result = graded(load(path), units=50, epochs=100)
    assert [criterion(result, name).outcome for name in ACCURACIES] == [Outcome.FAILED] * 4
    shorter = graded(load(path), units=50, epochs=60)
    assert [criterion(shorter, name).outcome for name in ACCURACIES] == [Outcome.NOT_ASSESSED] * 4


def each_band() -> list[Band]:
    return [band for stage in STAGES for band in bands().by_stage[stage]]


@pytest.mark.parametrize("band", each_band(), ids=lambda b: f"{b.stage}-{b.scaling}-{b.batch_size}-{b.rows}")
def test_the_bundled_rubric_asks_for_nothing_that_its_bands_were_not_made_with(band: Band) -> None:
    others = asked_otherwise(rubric().asked_in_all(band.stage), band)
    assert [s.words(s.made(band, band.made_with)) for s in others if band.made_with] == (  # type: ignore[no-untyped-call]
        ["60,000 images"] if band.rows == 60_000 else []
    )


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("rows", [19_800, 60_000, 5_000])
@pytest.mark.parametrize("epochs", [1, 100, 300])
@pytest.mark.parametrize("batch_size", [32, 64, 256])
def test_by_the_bundled_rubric_every_accuracy_is_judged_as_if_it_asked_for_nothing(
    stage: str, rows: int, epochs: int, batch_size: int
) -> None:
    asked = {stage: rubric().asked_in_all(stage)}
    own = [c for c in rubric().criteria if c.stage == stage]
    checks = [c for o in own for c in o.checks if isinstance(c, MeasuredAccuracy | VanishingGradient)]
    assert checks
    for accuracy in (0.05, 0.1135, 0.3, 0.62, 0.9, 0.99):
        fitted = refit(run(stage, units=50, epochs=epochs, accuracy=accuracy), batch_size=batch_size)
        fitted = refit(fitted, training_rows=rows, validation="none", validation_rows=0)
        seen = facts(fitted, stage, bands=bands())
        assert [c.judge(replace(seen, asked=asked)) for c in checks] == [c.judge(seen) for c in checks]


def test_bands_that_do_not_say_what_they_were_made_with_judge_as_ever(longer: Rubric) -> None:
    silent = {stage: tuple(replace(b, made_with=None) for b in of) for stage, of in bands().by_stage.items()}
    runs = {stage: run(stage) for stage in STAGES}
    result = grade(evidence(runs.values()), longer, matched(runs), Bands(silent))
    assert criterion(result, "activation.accuracy").outcome is Outcome.FAILED


def test_full_marks_by_a_band_too_wide_to_tell_anything_are_flagged() -> None:
    wide = replace(bands().by_stage["dropout"][0], low=0.0, high=1.0, runs=2)
    seen = facts(run("dropout", units=50, epochs=100), "dropout", bands=Bands({"dropout": (wide,)}))
    verdict = MeasuredAccuracy(floor="0.6").judge(seen)  # type: ignore[arg-type] # as YAML has it
    assert verdict.share == Fraction(1)
    assert verdict.review == "the band of 2 reference runs is 0.0000 to 1.0000, which is too wide to tell anything"
