"""The weights with which a training begins are recorded, those of a network that `fit` has to build among them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from grader.evidence.order import in_order
from grader.evidence.trace import Blob, FitBegin, FitEnd, FitStart, arrays, read

X, Y = np.random.default_rng(0).random((64, 20), np.float32), np.eye(10)[np.arange(64) % 10]
LAYERS = {
    "dense": lambda: [keras.layers.Dense(30, "relu"), keras.layers.Dense(10, "softmax")],
    "normalized": lambda: [
        keras.layers.Dense(30, kernel_initializer="he_normal"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10),
    ],
}


def train(layers: Callable[[], list[Any]], *, built: bool) -> None:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((20,))] * built + layers())
    model.compile("adam", "categorical_crossentropy")
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("layers", LAYERS)
def test_a_network_that_fit_builds_began_with_what_its_initializers_draw(layers: str, recording: Path) -> None:
    train(LAYERS[layers], built=True)
    train(LAYERS[layers], built=False)
    known, unknown = [e for e in read(recording) if isinstance(e, FitBegin)]
    (drawn,) = [e for e in read(recording) if isinstance(e, FitStart)]
    assert unknown.weights == ""
    assert drawn == FitStart(t="fit_start", fit=2, weights=known.weights)


class Mine(keras.initializers.RandomUniform):
    """One of a student's own, which may draw anything."""


@pytest.mark.parametrize("initializer", [Mine, lambda: keras.initializers.HeNormal(keras.random.SeedGenerator(1))])
def test_weights_that_may_be_drawn_otherwise_a_second_time_stay_unknown(initializer: Any, recording: Path) -> None:
    train(lambda: [keras.layers.Dense(10, kernel_initializer=initializer())], built=False)
    assert [e.weights for e in read(recording) if isinstance(e, FitStart)] == [""]


def test_what_fit_ended_with_is_something_else(recording: Path) -> None:
    train(LAYERS["dense"], built=False)
    stored = {e.id: e for e in read(recording) if isinstance(e, Blob)}
    first, last = (next(e.weights for e in read(recording) if isinstance(e, kind)) for kind in (FitStart, FitEnd))
    before, after = (arrays(stored[key])["w0000"] for key in (first, last))
    assert not np.array_equal(before, after)
    assert np.abs(before - after).max() < 0.1


def test_a_fit_that_fails_before_it_has_built_its_network_is_recorded_in_an_order_that_is_believed(
    recording: Path,
) -> None:
    model = keras.Sequential([keras.layers.Dense(10)])
    model.compile("adam", "categorical_crossentropy")
    with pytest.raises(ValueError, match="shape"):
        model.fit(X, Y[:, :7], verbose=0)
    events = list(read(recording))
    assert [type(e) for e in events if isinstance(e, FitStart | FitEnd)] == [FitStart, FitEnd]
    assert in_order(events) == (tuple(events), ())
