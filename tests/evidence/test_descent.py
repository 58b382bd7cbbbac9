"""A run that begins with what another one learned is known by its weights, wherever they were put."""

from typing import Any

import numpy as np
import pytest

from grader.evidence.descent import with_descent
from grader.records import TrainingRun
from tests.builders import perfect_run

RANDOM = np.random.default_rng(0)
FRESH, TRAINED, OTHER, LAST = (RANDOM.random((50, 50)) for _ in range(4))
SMALL = RANDOM.random((10, 10))
BIAS = RANDOM.random(784)


def run(stage: str, **changes: Any) -> TrainingRun:
    return perfect_run(stage, initial_weights=f"{stage} before", final_weights=f"{stage} after", **changes)


def origin(*second: Any, first: Any = (FRESH, TRAINED)) -> str:
    """Where the second run comes from; each is what it began with and what it ended with."""
    stored = {"activation before": first[0], "activation after": first[1]}
    stored |= {"optimizer before": second[0], "optimizer after": second[1]}
    runs = with_descent([run("activation"), run("optimizer")], lambda key: {"w0000": stored[key], "w0001": BIAS})
    assert runs[0].started_from == ""
    return runs[1].started_from


def test_who_begins_with_weights_that_were_trained_goes_on_from_them() -> None:
    assert origin(TRAINED, LAST) == "run-activation"


@pytest.mark.parametrize("before", [FRESH, OTHER], ids=["the same start", "another start"])
def test_who_begins_with_weights_that_nobody_trained_begins_anew(before: Any) -> None:
    assert origin(before, LAST) == ""


def test_weights_that_a_run_only_passed_on_are_not_its_work() -> None:
    assert origin(FRESH, LAST, first=(FRESH, FRESH)) == ""


def test_arrays_that_are_alike_by_chance_say_nothing() -> None:
    assert origin(SMALL, LAST, first=(OTHER, SMALL)) == ""


def test_one_layer_is_enough_and_the_latest_run_is_named() -> None:
    stored = {"naive before": [FRESH], "naive after": [TRAINED], "init before": [TRAINED], "init after": [OTHER]}
    stored |= {"dropout before": [LAST, TRAINED, OTHER], "dropout after": [FRESH, FRESH, FRESH]}
    runs = with_descent(
        [run("naive"), run("init"), run("dropout")],
        lambda key: {f"w{n:04}": array for n, array in enumerate(stored[key])},
    )
    assert [r.started_from for r in runs] == ["", "run-naive", "run-init"]
