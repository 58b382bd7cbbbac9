"""Whoever writes the lab's networks in any spelling gets what the handout's spelling gets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import activations, initializers, layers, ops

from grader.evidence.rebuild import rebuild
from grader.records import Outcome
from tests.evidence import own
from tests.evidence.networks import Dense, Input, functional, judged, seen, sequential

Build = Callable[[], Any]


def chain(*block: Callable[[], Any], last: Sequence[Any] = (), initializer: Any = "glorot_uniform") -> Any:
    """Four times Dense and what comes behind it, each made anew; then the output."""
    steps = [step for _ in range(4) for step in (Dense(50, kernel_initializer=initializer), *(b() for b in block))]
    return functional(*steps, *(last or [Dense(10, "softmax", kernel_initializer=initializer)]))


def same(*block: Any) -> Any:
    """The same objects behind each of the four layers."""
    return chain(*(lambda one=one: one for one in block))


def always(function: Any) -> Callable[[], Any]:
    return lambda: function


def nested() -> Any:
    blocks = [keras.Sequential([Input((784 if not n else 50,)), Dense(50), layers.ReLU()]) for n in range(4)]
    return keras.Sequential([Input((784,)), *blocks, keras.Sequential([Input((50,)), Dense(10, "softmax")])])


def nested_with_operations() -> Any:
    def block(width: int) -> Any:
        start = Input((width,))
        return keras.Model(start, ops.elu(layers.BatchNormalization()(Dense(50)(start))))

    return functional(block(784), *(block(50) for _ in range(3)), Dense(10), ops.softmax)


def shared_block() -> Any:
    """Without weights: an activation and its dropout, as one model."""
    block = keras.Sequential([Input((50,)), layers.ELU(), layers.Dropout(0.2)])
    return same(block)


def by_hand(draw: Callable[[int, int], Any]) -> Any:
    """Each layer with an initializer for its own inputs and units."""
    sizes = [784, 50, 50, 50, 50, 10]
    pairs = list(itertools.pairwise(sizes))
    return sequential(
        *(Dense(b, "sigmoid", kernel_initializer=draw(a, b)) for a, b in pairs[:-1]),
        Dense(10, "softmax", kernel_initializer=draw(*pairs[-1])),
    )


def scaling(scale: float, mode: str, shape: str) -> Build:
    return lambda: chain(
        lambda: layers.Activation("sigmoid"), initializer=initializers.VarianceScaling(scale, mode, shape)
    )


ACTIVATION: dict[str, Build] = {
    "keras.ops.relu": lambda: chain(always(ops.relu), last=[Dense(10), ops.softmax]),
    "keras.ops.relu with its argument's name": lambda: chain(always(lambda x: ops.relu(x=x))),
    "keras.ops.elu of another alpha": lambda: chain(always(lambda x: ops.elu(x, alpha=0.3))),
    "keras.ops.leaky_relu": lambda: chain(always(lambda x: ops.leaky_relu(x, negative_slope=0.01))),
    "keras.ops.maximum": lambda: chain(always(lambda x: ops.maximum(x, 0))),
    "maximum the other way round": lambda: chain(always(lambda x: ops.maximum(0.0, x))),
    "a leaky maximum": lambda: chain(always(lambda x: ops.maximum(0.1 * x, x))),
    "keras.ops.where": lambda: chain(always(lambda x: ops.where(x > 0, x, 0.0))),
    "keras.ops.clip": lambda: chain(always(lambda x: ops.clip(x, 0, 6))),
    "swish by its formula": lambda: chain(always(lambda x: x * ops.sigmoid(x))),
    "mish by its formula": lambda: chain(always(lambda x: x * ops.tanh(ops.softplus(x)))),
    "elu by its formula": lambda: chain(always(lambda x: ops.where(x > 0, x, ops.exp(x) - 1))),
    "tanh by its formula": lambda: chain(
        always(lambda x: (ops.exp(x) - ops.exp(-x)) / (ops.exp(x) + ops.exp(-x))), last=[Dense(10), activations.softmax]
    ),
    "softplus by its formula": lambda: chain(always(lambda x: ops.log(1 + ops.exp(x)))),
    "half of x and its absolute value": lambda: chain(always(lambda x: (x + ops.abs(x)) / 2)),
    "activations.elu called": lambda: chain(always(activations.elu)),
    "activations.relu with a slope": lambda: chain(always(lambda x: activations.relu(x, negative_slope=0.1))),
    "activations.gelu called": lambda: chain(always(lambda x: activations.gelu(x, approximate=True))),
    "activations.get": lambda: chain(always(activations.get("selu"))),
    "one ReLU object": lambda: same(layers.ReLU()),
    "one Activation object": lambda: same(layers.Activation("tanh")),
    "one LeakyReLU as an argument": lambda: sequential(
        *(Dense(50, activation=a) for a in [layers.LeakyReLU(0.2)] * 4), Dense(10, "softmax")
    ),
    "one Activation as an argument": lambda: sequential(
        *(Dense(50, activation=a) for a in [layers.Activation("elu")] * 4), Dense(10, "softmax")
    ),
    "a ReLU6 layer": lambda: chain(lambda: layers.ReLU(6.0)),
    "an input layer as operation": lambda: functional(
        lambda x: x / 255.0,
        *(step for _ in range(4) for step in (Dense(50), ops.relu)),
        Dense(10, "softmax"),
    ),
    "ThresholdedReLU from 0 on": lambda: chain(lambda: tf.keras.layers.ThresholdedReLU(theta=0.0)),
    "ThresholdedReLU": lambda: chain(tf.keras.layers.ThresholdedReLU),
    "blocks": nested,
    "TensorFlow's functions": lambda: sequential(
        *(Dense(50, f) for f in (tf.nn.relu, tf.nn.elu, tf.nn.leaky_relu, tf.nn.swish)), Dense(10, tf.nn.softmax)
    ),
    "celu, hard_swish, softplus and mish": lambda: sequential(
        *(Dense(50, a) for a in ("celu", "hard_swish", "softplus", "mish")), Dense(10, "softmax")
    ),
    "what Keras has learnt since": lambda: sequential(
        *(Dense(50, a) for a in ("squareplus", "sparse_plus", "log_sigmoid", "soft_shrink")), Dense(10, "softmax")
    ),
    "and the rest of it": lambda: sequential(
        *(Dense(50, a) for a in ("hard_shrink", "tanh_shrink", "hard_silu", "celu")), Dense(10, "softmax")
    ),
}
BATCHNORM: dict[str, Build] = {
    "operations behind it": lambda: chain(layers.BatchNormalization, always(ops.elu)),
    "activations behind it": lambda: chain(layers.BatchNormalization, always(activations.silu)),
    "one activation object behind it": lambda: chain(
        layers.BatchNormalization, always(layers.ELU()), last=[Dense(10), layers.Softmax()]
    ),
    "models with operations": nested_with_operations,
}
DROPOUT: dict[str, Build] = {
    "one Dropout object": lambda: same(layers.ELU(), layers.Dropout(0.2)),
    "one Dropout behind activations that are arguments": lambda: same(layers.Activation("relu"), layers.Dropout(0.2)),
    "one model of activation and dropout": shared_block,
    "operations before it": lambda: chain(always(ops.elu), lambda: layers.Dropout(0.2)),
    "called to train at all times": lambda: chain(always(ops.elu), lambda: partial(layers.Dropout(0.2), training=True)),
}
INITIALIZER: dict[str, Build] = {
    "VarianceScaling": scaling(2.0, "fan_in", "truncated_normal"),
    "VarianceScaling, untruncated": scaling(2, "fan_in", "untruncated_normal"),
    "by its class": lambda: chain(lambda: layers.Activation("sigmoid"), initializer=initializers.HeNormal(seed=3)),
    "a normal distribution of that width": lambda: by_hand(
        lambda n, _: initializers.RandomNormal(stddev=float(np.sqrt(2 / n)))
    ),
    "one that was rounded": lambda: by_hand(lambda n, _: initializers.RandomNormal(0.0, round((2 / n) ** 0.5, 4))),
    "a truncated one": lambda: by_hand(lambda n, _: initializers.TruncatedNormal(stddev=(2 / n) ** 0.5)),
    "sigmoid as an operation": lambda: chain(always(ops.sigmoid), initializer="he_normal"),
}
NAIVE: dict[str, Build] = {
    "sigmoid as an operation": lambda: chain(always(ops.sigmoid)),
    "sigmoid by its formula": lambda: chain(always(lambda x: 1 / (1 + ops.exp(-x)))),
    "one sigmoid object": lambda: same(layers.Activation("sigmoid")),
    "the default, written out": scaling(1.0, "fan_avg", "uniform"),
}


def with_activation(function: Any) -> Build:
    return lambda: sequential(*(Dense(50, activation=function) for _ in range(4)), Dense(10, "softmax"))


def behind(layer: Callable[[], Any]) -> Build:
    return lambda: sequential(*(one for _ in range(4) for one in (Dense(50), layer())), Dense(10, "softmax"))


def of_four(layer: Callable[[], Any], last: Callable[[], Any] = lambda: Dense(10, "softmax")) -> Build:
    # Made when the network is: Keras counts its names anew whenever a session is cleared.
    return lambda: sequential(*(layer() for _ in range(4)), last())


def in_a_graph(layer: Callable[[], Any]) -> Build:
    return lambda: functional(*(one for _ in range(4) for one in (Dense(50), layer())), Dense(10), ops.softmax)


def built(make: Callable[[], Any]) -> Build:
    """As a fit leaves it."""

    def build() -> Any:
        model = make()
        model(np.zeros((1, 784), np.float32))
        return model

    return build


OWN: dict[str, dict[str, Build]] = {
    "activation": {
        "a function": with_activation(own.rectify),
        "a leaky one": with_activation(own.leaky),
        "elu": with_activation(own.my_elu),
        "swish": with_activation(own.my_swish),
        "mish": with_activation(own.my_mish),
        "gelu": with_activation(own.my_gelu),
        "a partial function, which Keras cannot describe": with_activation(own.slightly_leaky),
        "a lambda": with_activation(lambda x: x * tf.cast(x > 0, x.dtype)),
        "an object": with_activation(own.Elu()),
        "a function of TensorFlow's": with_activation(tf.math.softplus),
        "an Activation that holds it, as an argument": with_activation(layers.Activation(own.my_swish)),
        "an Activation in an Activation": with_activation(layers.Activation(layers.Activation(own.my_elu))),
        "a Lambda as an argument": with_activation(layers.Lambda(own.rectify)),
        "a layer as an argument": with_activation(own.LeakyOnes()),
        "a function in an Activation": behind(lambda: layers.Activation(own.rectify)),
        "Lambda of a lambda": behind(lambda: layers.Lambda(lambda x: 1.0 * tf.nn.elu(x))),
        "Lambda of TensorFlow's function": behind(lambda: layers.Lambda(tf.nn.selu)),
        "Lambda in a graph": in_a_graph(lambda: layers.Lambda(lambda x: tf.maximum(0.2 * x, x))),
        "a layer": behind(own.LeakyOnes),
        "a subclass of an activation": in_a_graph(own.Relu),
        "a layer with slopes of its own": behind(own.Parametric),
        "a subclass of Dense": of_four(own.Hidden),
        "a subclass of Dense with a call": of_four(lambda: own.Activated(50)),
        "Dense from scratch": of_four(lambda: own.FromScratch(50, "relu"), lambda: own.FromScratch(10, "softmax")),
        "a softmax by hand": lambda: functional(
            *(Dense(50, "relu") for _ in range(4)), Dense(10, activation=own.probabilities)
        ),
        "one that only looks on": lambda: sequential(
            own.Noted(), *(Dense(50, "relu") for _ in range(4)), own.Noted(), Dense(10, "softmax")
        ),
        "scaled by a Lambda": lambda: sequential(
            layers.Lambda(lambda x: x / 255.0), *(Dense(50, "relu") for _ in range(4)), Dense(10, "softmax")
        ),
        "in a model of its own": lambda: sequential(
            keras.Sequential([own.Hidden(), own.Hidden()]),
            keras.Sequential([own.Hidden(), own.Hidden()]),
            Dense(10, "softmax"),
        ),
        "a class": built(own.Mlp),
        "a class with an activation of one's own": built(lambda: own.Mlp(own.my_elu)),
        "a functional model by another name": built(own.Named),
        "a Sequential by another name": built(own.Stack),
        "one Lambda in four places": lambda: same(layers.Lambda(own.rectify)),
    },
    "batchnorm": {
        "a class": built(lambda: own.Mlp("elu", norm=True)),
        "a block": of_four(lambda: own.Block(50, norm="first")),
        "a block without bias": of_four(lambda: own.Block(50, "relu", norm="first", use_bias=False)),
        "a subclass": lambda: chain(own.Norm, layers.ELU),
        "by hand": lambda: chain(own.OwnNorm, layers.ELU),
        "a Lambda behind it": lambda: chain(layers.BatchNormalization, lambda: layers.Lambda(own.my_elu)),
    },
    "dropout": {
        "a class that tells its layers": built(own.Dropping),
        "a class that asks whether it trains": built(lambda: own.Dropping(asked=True)),
        "a block": of_four(lambda: own.Block(50, rate=0.2)),
        "a subclass": lambda: chain(layers.ELU, lambda: own.Drop(0.2)),
        "by hand": lambda: chain(layers.ELU, lambda: own.OwnDrop(0.2)),
        "behind a subclass of Dense": lambda: sequential(
            *(one for _ in range(4) for one in (own.Hidden(), layers.Dropout(0.2))), Dense(10, "softmax")
        ),
        "one object of a subclass": lambda: same(layers.ELU(), own.Drop(0.2)),
    },
    "init": {
        "a class": built(lambda: own.Mlp("sigmoid", "he_normal")),
        "a subclass of Dense": of_four(
            lambda: own.Hidden(activation="sigmoid", kernel_initializer="he_normal"),
            lambda: Dense(10, "softmax", kernel_initializer="he_normal"),
        ),
        "a sigmoid of one's own": lambda: chain(lambda: layers.Activation(own.logistic), initializer="he_normal"),
        "from scratch": of_four(
            lambda: own.FromScratch(50, "sigmoid", "he_normal"), lambda: own.FromScratch(10, "softmax", "he_normal")
        ),
        "a block": of_four(
            lambda: own.Block(50, "sigmoid", kernel_initializer="he_normal"),
            lambda: Dense(10, "softmax", kernel_initializer="he_normal"),
        ),
    },
    "naive": {
        "a sigmoid of one's own": with_activation(own.logistic),
        "a block": of_four(lambda: own.Block(50, "sigmoid")),
    },
}
LEGITIMATE = {
    "activation": ACTIVATION,
    "batchnorm": BATCHNORM,
    "dropout": DROPOUT,
    "init": INITIALIZER,
    "naive": NAIVE,
}


def cases(groups: Mapping[str, Mapping[str, Build]]) -> list[tuple[str, str]]:
    return [(stage, name) for stage, group in groups.items() for name in group]


@pytest.mark.parametrize(("stage", "spelling"), cases(LEGITIMATE))
def test_a_right_network_has_full_marks_for_its_structure(stage: str, spelling: str) -> None:
    model = LEGITIMATE[stage][spelling]()
    assert set(judged(model, stage).values()) == {Outcome.PASSED}, seen(model)


@pytest.mark.parametrize(("stage", "spelling"), cases(OWN))
def test_what_is_ones_own_is_judged_by_what_it_computes(stage: str, spelling: str) -> None:
    model = OWN[stage][spelling]()
    assert set(judged(model, stage).values()) == {Outcome.PASSED}, seen(model)


@pytest.mark.parametrize("spelling", sorted(ACTIVATION))
def test_a_network_of_operations_is_rebuilt_to_the_bit(spelling: str) -> None:
    model = ACTIVATION[spelling]()
    given = np.random.default_rng(5).normal(0, 30, (20, 784)).astype(np.float32)
    mine = rebuild(model.to_json(), model.get_weights(), 784)
    assert np.array_equal(np.asarray(mine(given)), np.asarray(model(given)), equal_nan=True)


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (initializers.VarianceScaling(2, "fan_in", "uniform"), "he_uniform"),
        (initializers.VarianceScaling(1, "fan_in", "uniform"), "lecun_uniform"),
        (initializers.VarianceScaling(), "lecun_normal"),
        (initializers.VarianceScaling(1, "fan_avg"), "glorot_normal"),
        (initializers.VarianceScaling(3, "fan_in"), "variance_scaling"),
        (initializers.VarianceScaling(2, "fan_out"), "variance_scaling"),
        (initializers.RandomUniform(-((6 / 784) ** 0.5), (6 / 784) ** 0.5), "he_uniform"),
        (initializers.RandomUniform(-((6 / 834) ** 0.5), (6 / 834) ** 0.5), "glorot_uniform"),
        (initializers.RandomUniform(0, (6 / 784) ** 0.5), "random_uniform"),
        (initializers.RandomNormal(), "random_normal"),
        (initializers.RandomNormal(0.1, (2 / 784) ** 0.5), "random_normal"),
        (initializers.TruncatedNormal(stddev=0.5), "truncated_normal"),
    ],
)
def test_an_initializer_is_called_by_what_it_draws(draw: Any, name: str) -> None:
    assert seen(sequential(Dense(50, kernel_initializer=draw))).blocks[0].dense.initializer == name
