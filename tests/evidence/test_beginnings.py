"""What a run began with is measured; weights that no training can have moved tell whose result the final ones are."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.evidence.beginnings import moved_without_gradient, trained_before
from grader.records import Measurement
from tests.builders import perfect_run
from tests.evidence.events import ADAM, SGD, begin, network

RANDOM = np.random.default_rng(0)
BEFORE = {"w0000": RANDOM.normal(0, 0.05, (784, 50)).astype(np.float32), "w0001": np.zeros(50, np.float32)}
BLANK = np.arange(784) < 67
PLAIN = {"optimizer": "adam", "learning_rate": 0.001, "loss": "categorical_crossentropy", "weight_decay": 0.0}


def after(rows: float = 0.0, *, others: float = 0.1) -> dict[str, Any]:
    """The weights after a training that moved the rows of blank inputs by this much."""
    step = np.where(BLANK, rows, others).astype(np.float32)[:, None]
    return {"w0000": BEFORE["w0000"] + step, "w0001": np.ones(50, np.float32)}


def told(final: Any, blank: Any = BLANK, initial: Any = BEFORE, **fit: Any) -> str:
    return moved_without_gradient(begin(**({"compile": PLAIN} | fit)), initial, final, blank)


@pytest.mark.parametrize("accuracy", [None, 0.0, 0.1, 0.33])
def test_a_network_that_begins_by_chance_began_untrained(accuracy: float | None) -> None:
    run = perfect_run("optimizer", measurement=Measurement(0.95, "raw", initial_accuracy=accuracy))
    assert trained_before(run) == ""


def test_a_network_that_knows_the_digits_before_it_is_trained_did_not_begin_untrained() -> None:
    run = perfect_run("optimizer", measurement=Measurement(0.95, "raw", initial_accuracy=0.9))
    assert "right on 90.00% of the test images already: it did not begin untrained" in trained_before(run)
    assert trained_before(replace(run, fit=None)) == ""


def test_weights_of_blank_inputs_that_stayed_are_those_of_the_training() -> None:
    assert told(after()) == ""
    assert told(after(1e-8)) == ""


def test_weights_of_blank_inputs_that_moved_are_not_the_result_of_the_run() -> None:
    assert "67 of its inputs are 0 in every training image" in told(after(0.01))


@pytest.mark.parametrize(
    "exempt",
    [
        {"compile": PLAIN | {"weight_decay": 0.004}},
        {"compile": PLAIN | {"optimizer": "adamw"}},
        {"compile": PLAIN | {"optimizer": "ftrl"}},
        {"compile": ADAM},
        {"compile": SGD},
        {"custom": "GradientTape"},
        {"architecture": network(kernel_regularizer={"class_name": "L2"})},
        {"architecture": network(kernel_constraint={"class_name": "MaxNorm"})},
        {"architecture": network().replace('"Dense"', '"BatchNormalization"', 1)},
        {"architecture": network().replace('"Dense"', '"GaussianNoise"', 1)},
        {"architecture": "not read"},
        {"blank": None},
        {"blank": np.zeros(784, bool)},
        {"initial": {}},
    ],
    ids=str,
)
def test_what_moves_weights_without_a_gradient_or_is_not_known_is_exempt(exempt: dict[str, Any]) -> None:
    assert told(after(0.01), **exempt) == ""
