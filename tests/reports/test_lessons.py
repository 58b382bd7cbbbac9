"""What the lab teaches, where it shows; and what the best network mistakes for what."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from grader.records import Measurement, TrainingRun
from grader.reports.comparison import compare
from grader.reports.lessons import lessons
from grader.reports.mistakes import DARKEST, mistakes
from tests.builders import NORM, activation, dense, dropout, rebuilt
from tests.reports.samples import ASKED, digit, good_evidence, good_grade, training_run

ELU = activation("elu")
OUTPUT = (dense(10), activation("softmax"))


def taught(stage: str, run: TrainingRun) -> str:
    rows = compare(ASKED[stage], run.architecture, from_logits=False)
    return " ".join(lessons(run, rows, ASKED[stage]))


def ending(training: float, validation: float, stage: str = "optimizer") -> TrainingRun:
    return replace(training_run(stage, 1), history={"accuracy": (training,) * 9, "val_accuracy": (validation,) * 9})


def test_training_far_above_validation_is_called_overfitting_and_dropout_its_remedy() -> None:
    words = taught("optimizer", ending(0.99, 0.93))
    assert "overfits" in words
    assert "stands 0.060 above" in words
    assert "Dropout, the last stage of this lab" in words


def test_who_uses_dropout_is_not_told_to_use_it() -> None:
    run = rebuilt(ending(0.99, 0.93, "dropout"), *[dense(), ELU, dropout()] * 4, *OUTPUT)
    assert "overfits" in taught("dropout", run)
    assert "last stage" not in taught("dropout", run)


def test_validation_above_training_is_no_mistake_where_there_is_dropout() -> None:
    run = rebuilt(ending(0.80, 0.90, "dropout"), *[dense(), ELU, dropout()] * 4, *OUTPUT)
    assert "which is no mistake" in taught("dropout", run)
    assert taught("optimizer", ending(0.80, 0.90)) == ""


@pytest.mark.parametrize(("training", "validation"), [(0.95, 0.94), (0.94, 0.95)])
def test_a_small_gap_is_not_worth_a_word(training: float, validation: float) -> None:
    assert taught("optimizer", ending(training, validation)) == ""


def test_a_misplaced_layer_brings_the_reason_for_its_place() -> None:
    late = rebuilt(ending(0.9, 0.9, "batchnorm"), *[dense(), ELU, NORM] * 4, *OUTPUT)
    early = rebuilt(ending(0.9, 0.9, "dropout"), *[dense(), dropout(), ELU] * 4, *OUTPUT)
    assert "Why batch normalization stands before the activation" in taught("batchnorm", late)
    assert "Why dropout stands after the activation" in taught("dropout", early)


def test_a_loss_that_is_no_number_is_an_exploded_gradient() -> None:
    run = replace(ending(0.1, 0.1), history={"loss": (2.3, None, None)})
    assert "the gradient exploded" in taught("optimizer", run)


def test_the_mistakes_are_those_of_the_best_network_and_shaded_by_how_many() -> None:
    shown = mistakes(good_grade(), good_evidence(), digit)
    assert shown is not None
    assert shown.stage == "Batch normalization"
    counts = np.array([[cell.count for cell in row] for row in shown.rows])
    off = counts - np.diag(np.diag(counts))
    assert shown.commonest is not None
    assert shown.commonest[2] == off.max() == counts[shown.commonest[0], shown.commonest[1]]
    assert max(cell.shade for row in shown.rows for cell in row) == DARKEST
    assert {cell.shade for row in shown.rows for cell in row if cell.right or not cell.count} == {0.0}


def test_a_mistaken_image_is_the_official_one_to_the_pixel() -> None:
    shown = mistakes(good_grade(), good_evidence(), digit)
    assert shown is not None
    assert len(shown.pictures) == 10
    for picture in shown.pictures:
        png = base64.b64decode(picture.source.removeprefix("data:image/png;base64,"))
        assert (np.asarray(Image.open(io.BytesIO(png))) == digit(picture.mistake.image)).all()


def test_without_a_measurement_there_are_no_mistakes_to_show() -> None:
    evidence = good_evidence()
    unmeasured = tuple(replace(run, measurement=Measurement(None, reason="not measured")) for run in evidence.runs)
    assert mistakes(good_grade(), replace(evidence, runs=unmeasured), digit) is None
