"""A network rebuilt from its description computes, with the recorded weights, what the student's own computed."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers
from numpy.typing import NDArray

from grader.evidence.network import UnknownNetworkError
from grader.evidence.rebuild import rebuild
from reference import data
from tests.evidence.test_network import described, functional, sequential

PIXELS = 784
Parts = Callable[[], list[Any]]


def images() -> NDArray[np.float32]:
    return data.load().test_images[:64].reshape(64, PIXELS).astype(np.float32)


def scrambled(model: Any) -> Any:
    """With weights that no initializer gives, so that a forgotten one shows."""
    random = np.random.default_rng(0)
    model.set_weights([w + random.uniform(0.01, 0.1, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def agrees(model: Any, inputs: Any = None) -> bool:
    """Whether the rebuilt network gives the same bits as the original."""
    mine = rebuild(model.to_json(), model.get_weights(), PIXELS)
    theirs = np.asarray(model(images() if inputs is None else inputs, training=False))
    return np.array_equal(np.asarray(mine(images(), training=False)), theirs)


NETWORKS: dict[str, Parts] = {
    "the lab's": lambda: [layers.Dense(50, "sigmoid"), layers.Dense(50, "sigmoid"), layers.Dense(10, "softmax")],
    "activation layers": lambda: [
        layers.Dense(50),
        layers.ReLU(),
        layers.Dense(50),
        layers.LeakyReLU(0.1),
        layers.Dense(50),
        layers.ELU(0.5),
        layers.Dense(50),
        layers.PReLU(),
        layers.Dense(10),
        layers.Softmax(),
    ],
    "a limited relu": lambda: [layers.Dense(50), layers.ReLU(6, negative_slope=0.1, threshold=0.2), layers.Dense(10)],
    "an object as activation": lambda: [layers.Dense(50, activation=layers.LeakyReLU(0.02)), layers.Dense(10)],
    "batch normalization": lambda: [
        layers.Dense(50),
        layers.BatchNormalization(epsilon=0.01),
        layers.Activation("elu"),
        layers.BatchNormalization(center=False, scale=False),
        layers.Dense(10, "softmax"),
    ],
    "dropout and noise": lambda: [
        layers.GaussianNoise(0.1),
        layers.Dense(50, "elu"),
        layers.Dropout(0.2),
        layers.AlphaDropout(0.2),
        layers.Dense(10),
    ],
    "no bias": lambda: [layers.Dense(50, "tanh", use_bias=False), layers.Dense(10, use_bias=False)],
    "rescaling": lambda: [layers.Rescaling(1 / 127.5, offset=-1), layers.Dense(10)],
    "given normalization": lambda: [layers.Normalization(mean=33.3, variance=78.6**2), layers.Dense(10)],
    "reshaped": lambda: [layers.Reshape((28, 28)), layers.Flatten(), layers.Dense(10, "softmax")],
    "nested": lambda: [keras.Sequential([layers.Dense(20, "relu"), layers.PReLU()]), layers.Dense(10)],
    "rare activations": lambda: [
        *(
            layers.Dense(20, a)
            for a in ("gelu", "selu", "mish", "silu", "hard_silu", "hard_sigmoid", "softplus", "softsign")
        ),
        layers.Dense(10, "log_softmax"),
    ],
}


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_a_sequential_network_is_rebuilt_to_the_bit(network: str) -> None:
    assert agrees(scrambled(sequential(*NETWORKS[network]())))


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_a_functional_network_is_rebuilt_to_the_bit(network: str) -> None:
    assert agrees(scrambled(functional(*NETWORKS[network]())))


def test_a_network_on_squares_is_rebuilt_for_rows_of_pixels() -> None:
    model = keras.Sequential([keras.Input((28, 28)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(10)])
    assert agrees(scrambled(model), images().reshape(-1, 28, 28))


@pytest.mark.parametrize("axis", [-1, None])
def test_normalization_that_has_seen_the_images_is_rebuilt_with_what_it_saw(axis: int | None) -> None:
    layer = layers.Normalization(axis=axis)
    layer.adapt(images())
    assert agrees(sequential(layer, layers.Dense(10)))


def test_a_network_without_input_layer_is_rebuilt_once_it_has_weights() -> None:
    model = keras.Sequential([layers.Dense(50, "relu"), layers.Dense(10, "softmax")])
    described_early = model.to_json()
    model(images())
    mine = rebuild(described_early, model.get_weights(), PIXELS)
    assert np.array_equal(np.asarray(mine(images())), np.asarray(model(images())))


KINDS = st.sampled_from(["relu", "elu", "tanh", "sigmoid", "softplus", "norm", "dropout", "leaky", "prelu"])
ONE: dict[str, Callable[[], Any]] = {
    "norm": layers.BatchNormalization,
    "dropout": lambda: layers.Dropout(0.3),
    "leaky": layers.LeakyReLU,
    "prelu": layers.PReLU,
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 30), st.lists(KINDS, max_size=2)), min_size=1, max_size=3), st.booleans())
def test_any_chain_of_known_layers_is_rebuilt_to_the_bit(blocks: list[tuple[int, list[str]]], chained: bool) -> None:
    parts: list[Any] = []
    for units, kinds in blocks:
        parts += [layers.Dense(units), *(ONE[k]() if k in ONE else layers.Activation(k) for k in kinds)]
    build = sequential if chained else functional
    assert agrees(scrambled(build(*parts)))


# ---------------------------------------------------------------- what is not rebuilt

WEIGHTS = [np.zeros((PIXELS, 10), np.float32), np.zeros(10, np.float32)]
DENSE = ("Dense", {"units": 10})


def refused(text: str, weights: Any = WEIGHTS) -> str:
    with pytest.raises(UnknownNetworkError) as caught:
        rebuild(text, weights, PIXELS)
    return str(caught.value)


@pytest.mark.parametrize("layer", ["Lambda", "Conv2D", "TorchModuleWrapper", "TFSMLayer", "Own", ""])
def test_a_layer_that_is_not_on_the_list_is_not_rebuilt(layer: str) -> None:
    assert "does not rebuild" in refused(described((layer, {}), DENSE))


@pytest.mark.parametrize("name", ["__lambda__", "my_activation", "os.system", ""])
def test_an_activation_that_is_not_on_the_list_is_not_rebuilt(name: str) -> None:
    assert "not built into Keras" in refused(described(("Dense", {"units": 10, "activation": name})))


@pytest.mark.parametrize("units", [True, 10.0, -3, 0, None, "10", [10]])
def test_units_that_are_no_whole_number_above_zero_are_refused(units: Any) -> None:
    assert "number of units" in refused(described(("Dense", {"units": units})))


def test_a_layer_without_its_size_is_refused() -> None:
    assert "number of units" in refused(described(("Dense", {})))


@pytest.mark.parametrize("units", [2_000_000_000, 10**30])
def test_a_layer_too_large_for_memory_is_refused_before_it_is_built(units: int) -> None:
    assert "too large" in refused(described(("Dense", {"units": units})))


def test_many_large_layers_are_too_large_together() -> None:
    assert "too large" in refused(described(*[("Dense", {"units": 4000})] * 190))


@pytest.mark.parametrize(
    "weights",
    [
        [],
        WEIGHTS[:1],
        [*WEIGHTS, WEIGHTS[0]],
        WEIGHTS[::-1],
        [WEIGHTS[0].T, WEIGHTS[1]],
        [WEIGHTS[0], np.zeros((10, 1))],
    ],
)
def test_weights_of_another_network_are_refused(weights: list[Any]) -> None:
    assert "do not belong" in refused(described(DENSE), weights)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_weights_that_are_no_numbers_in_single_precision_are_refused_with_the_likely_reason(value: float) -> None:
    broken = WEIGHTS[0].astype(np.float64)
    broken[3, 3] = value
    assert "gradients exploded" in refused(described(DENSE), [broken, WEIGHTS[1]])


def activations(depth: int) -> str:
    value = '{"class_name": "Activation", "config": {"activation": "relu"}}'
    for _ in range(depth):
        value = f'{{"class_name": "Activation", "config": {{"activation": {value}}}}}'
    return described(DENSE).replace('"units": 10', f'"units": 10, "activation": {value}')


WRONG = {
    "a slope of text": described(DENSE, ("LeakyReLU", {"negative_slope": "steep"})),
    "a negative slope": described(DENSE, ("LeakyReLU", {"negative_slope": -5})),
    "a number beyond all floats": described(DENSE, ("ELU", {"alpha": 10**400})),
    "a boolean": described(DENSE, ("BatchNormalization", {"epsilon": True})),
    "a list": described(("Rescaling", {"scale": [1, 2]}), DENSE),
    "a configuration that is text": described(
        ("Dense", {"units": 10, "activation": {"class_name": "ReLU", "config": "x"}})
    ),
    "activations in activations": activations(200),
    "mean without variance": described(("Normalization", {"mean": "a"}), DENSE),
}


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_a_configuration_that_no_keras_layer_wrote_is_refused_and_raises_nothing_else(fault: str) -> None:
    with contextlib.suppress(UnknownNetworkError):
        rebuild(WRONG[fault], WEIGHTS, PIXELS)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "BatchNormalization", "Rescaling", "Normalization"]
    ),
    st.dictionaries(
        st.sampled_from(
            ["negative_slope", "max_value", "threshold", "alpha", "epsilon", "scale", "offset", "axis", "mean"]
        ),
        VALUES,
        max_size=3,
    ),
)
def test_an_arbitrary_configuration_raises_nothing_but_that_it_is_unknown(name: str, config: dict[str, Any]) -> None:
    with contextlib.suppress(UnknownNetworkError):
        rebuild(json.loads(json.dumps(described(DENSE, (name, config)))), WEIGHTS, PIXELS)
