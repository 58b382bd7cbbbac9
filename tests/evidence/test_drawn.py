"""By what weights were drawn is measured on them, whatever an initializer is called."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evidence.drawn import FAMILIES, as_drawn
from grader.evidence.initializers import TRUNCATED
from grader.inside.protocol import weight_name
from grader.records import NOT_KNOWN, Architecture, Layer

SIZES = tuple(itertools.pairwise((784, 50, 50, 50, 50, 10)))
KERNELS = [weight_name(2 * n) for n in range(len(SIZES))]


def network(initializer: str) -> Architecture:
    dense = [Layer("dense", units=units, initializer=initializer, name="Dense") for _, units in SIZES]
    return Architecture(tuple(la for d in dense for la in (d, Layer("activation", activation="sigmoid"))))


def named(found: Architecture) -> list[str | None]:
    return [layer.initializer for layer in found.layers if layer.kind == "dense"]


def weights(kernels: list[Any]) -> dict[str, Any]:
    biases = {weight_name(2 * n + 1): np.zeros(k.shape[1], np.float32) for n, k in enumerate(kernels)}
    return dict(zip(KERNELS, kernels, strict=True)) | biases


def drawn(initializer: str, seed: int) -> dict[str, Any]:
    """As Keras draws them."""
    made = keras.initializers.get({"class_name": initializer, "config": {"seed": seed}})
    return weights([np.asarray(type(made)(seed=seed + n)(size)) for n, size in enumerate(SIZES)])


def he_by_hand(rng: np.random.Generator, how: str) -> dict[str, Any]:
    def one(inputs: int, units: int) -> Any:
        width = np.sqrt(2 / inputs)
        if how == "uniform":
            return rng.uniform(-width * np.sqrt(3), width * np.sqrt(3), (inputs, units))
        values = rng.normal(0, width, (inputs, units))
        if how == "cut":
            values = rng.normal(0, width / TRUNCATED, (inputs, units))
            while (far := np.abs(values) > 2 * width / TRUNCATED).any():
                values[far] = rng.normal(0, width / TRUNCATED, far.sum())
        return values

    return weights([one(*size).astype(np.float32) for size in SIZES])


CLASSES = {f: "".join(part.capitalize() for part in f.split("_")) for f in FAMILIES}


@given(st.integers(0, 1 << 30), st.sampled_from(FAMILIES))
def test_what_keras_drew_keeps_its_name(seed: int, family: str) -> None:
    assert as_drawn(network(family), drawn(CLASSES[family], seed)) == network(family)


@given(st.integers(0, 1 << 30), st.sampled_from(["whole", "cut", "uniform"]))
def test_weights_by_hand_have_the_name_of_what_they_are(seed: int, how: str) -> None:
    initial = he_by_hand(np.random.default_rng(seed), how)
    expected = ["he_uniform" if how == "uniform" else "he_normal"] * len(SIZES)
    assert named(as_drawn(network("glorot_uniform"), initial)) == expected
    assert named(as_drawn(network(NOT_KNOWN), initial)) == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_an_initializer_of_ones_own_is_called_by_what_it_draws(family: str) -> None:
    assert set(named(as_drawn(network(NOT_KNOWN), drawn(CLASSES[family], 3)))) == {family}


def test_a_function_of_ones_own_beside_a_name_is_read_for_its_layers_alone() -> None:
    given = network("he_normal")
    mixed = replace(given, layers=(given.layers[0], *network(NOT_KNOWN).layers[1:]))
    assert as_drawn(mixed, drawn("HeNormal", 3)) == given


@pytest.mark.parametrize("claimed", ["he_normal", "he_uniform"])
def test_a_name_over_which_other_weights_were_put_is_not_believed(claimed: str) -> None:
    found = named(as_drawn(network(claimed), drawn("GlorotUniform", 3)))
    # Of 500 values nobody can tell whose they are.
    assert found[:4] == ["glorot_uniform"] * 4


@pytest.mark.parametrize(
    "change",
    [
        lambda kernel: kernel * 1.3,
        lambda kernel: kernel + 0.02,
        np.zeros_like,
        lambda kernel: np.where(np.arange(kernel.size).reshape(kernel.shape) % 50, kernel, kernel * 4),
    ],
)
@pytest.mark.parametrize("claimed", ["glorot_uniform", NOT_KNOWN])
def test_what_no_initializer_draws_keeps_the_name_it_has(claimed: str, change: Any) -> None:
    initial = {n: change(v) if n in KERNELS else v for n, v in drawn("GlorotUniform", 5).items()}
    assert as_drawn(network(claimed), initial) == network(claimed)


def test_a_network_that_goes_on_with_trained_weights_keeps_its_names() -> None:
    model = keras.Sequential([keras.Input((784,)), *(keras.layers.Dense(u, "relu") for _, u in SIZES)])
    model.compile("adam", "mse")
    rng = np.random.default_rng(1)
    rows = rng.normal(0, 1, (2000, 784)).astype(np.float32)
    for _ in range(5):
        model.fit(rows, rng.normal(0, 3, (2000, 10)), verbose=0)
        initial = {weight_name(n): w for n, w in enumerate(model.get_weights())}
        assert as_drawn(network("glorot_uniform"), initial) == network("glorot_uniform")


def test_other_shapes_than_those_of_the_layers_say_nothing() -> None:
    initial = drawn("HeNormal", 3)
    assert as_drawn(network("glorot_uniform"), {n: initial[n] for n in KERNELS[1:]}) == network("glorot_uniform")
    assert as_drawn(network("glorot_uniform"), {}) == network("glorot_uniform")
