"""What is not what the lab asks for gains nothing by being the student's own: it fails, or a person is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import initializers, layers, ops

from grader.evidence.network import UnknownNetworkError
from grader.evidence.rebuild import rebuild
from grader.inside.describe import architecture
from grader.inside.own_parts import OwnParts
from grader.records import Outcome
from tests.evidence import own
from tests.evidence.networks import Dense, functional, judged, seen, sequential
from tests.evidence.test_spellings import always, behind, chain, of_four, same, with_activation

Build = Callable[[], Any]
Layer: Any = layers.Layer


def called(name: str, kind: Any, **members: Any) -> Any:
    """A class that goes by a name of Keras's."""
    return type(name, (kind,), members)


class SaysOtherwise(Dense):  # type: ignore[misc]
    """Describes itself as something that it is not."""

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "units": 50, "activation": "relu"}


class OnlyInUse(Layer):  # type: ignore[misc]
    """An activation when it is looked at, and none while it trains."""

    def call(self, x: Any, training: Any = None) -> Any:
        return x if training else tf.nn.relu(x)


class DropInUse(Layer):  # type: ignore[misc]
    """The wrong way round."""

    def call(self, x: Any, training: Any = None) -> Any:
        return x if training else tf.nn.dropout(x, 0.2)


class FixedDrop(Layer):  # type: ignore[misc]
    """Always the same columns."""

    def call(self, x: Any, training: Any = None) -> Any:
        mask = tf.cast(tf.range(tf.shape(x)[1]) % 5 > 0, x.dtype)
        return x * mask / 0.8 if training else x


class WholeRows(Layer):  # type: ignore[misc]
    """Of images and not of values."""

    def call(self, x: Any) -> Any:
        return (x - tf.reduce_mean(x, axis=-1, keepdims=True)) / tf.math.reduce_std(x, axis=-1, keepdims=True)


class TwoInOne(Layer):  # type: ignore[misc]
    """Two Dense layers that would count as one."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Dense(50, "relu"), Dense(50, "relu")

    def call(self, x: Any) -> Any:
        return self.two(self.one(x))


class AllInOne(Layer):  # type: ignore[misc]
    """The whole network."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [Dense(50, "relu") for _ in range(4)]

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


class Raises(Layer):  # type: ignore[misc]
    """Once it is not in a graph."""

    def call(self, x: Any) -> Any:
        if tf.executing_eagerly() and not isinstance(x, keras.KerasTensor):
            raise RuntimeError("not now")
        return tf.nn.relu(x)


class Residual(Dense):  # type: ignore[misc]
    """What goes in is added."""

    def call(self, inputs: Any, training: Any = None) -> Any:  # noqa: ARG002 (as Keras calls it)
        return super().call(inputs) + tf.reduce_mean(inputs, axis=-1, keepdims=True)


def _frozen(self: Any, inputs: Any, **_: Any) -> Any:
    return super(type(self), self).call(inputs, training=False)


def hidden(units: int) -> Build:
    return lambda: own.Hidden(units)


ACTIVATION: dict[str, Build] = {
    "no activation, as a function": with_activation(lambda x: x),
    "twice the value": with_activation(lambda x: 2 * x),
    "a leaky one without a bend": behind(lambda: layers.LeakyReLU(1.0)),
    "leaky_relu with a slope of 1": lambda: chain(always(lambda x: ops.leaky_relu(x, negative_slope=1.0))),
    "an own relu that is none": with_activation(called("relu", own.Elu, __call__=lambda _self, x: x)()),
    "a sigmoid": with_activation(own.logistic),
    "a sigmoid by its formula": lambda: chain(always(lambda x: 1 / (1 + ops.exp(-x)))),
    "one sigmoid object": lambda: same(layers.Activation("sigmoid")),
    "hard_tanh by its formula": lambda: chain(always(lambda x: ops.clip(x, -1, 1))),
    "a Lambda that does nothing": behind(lambda: layers.Lambda(lambda x: x)),
    "a Lambda of a sigmoid": behind(lambda: layers.Lambda(tf.nn.sigmoid)),
    "a sine": with_activation(tf.sin),
    "the absolute value": with_activation(tf.abs),
    "the absolute value as operation": lambda: chain(always(ops.abs)),
    "a square": lambda: chain(always(ops.square)),
    "a step": with_activation(lambda x: tf.cast(x > 0, tf.float32)),
    "minus relu": with_activation(lambda x: -tf.nn.relu(x)),
    "nothing but zeros": with_activation(tf.zeros_like),
    "not a number": with_activation(lambda x: tf.nn.relu(x) / 0.0),
    "only where it is used": behind(OnlyInUse),
    "noise": with_activation(lambda x: tf.nn.relu(x) + tf.random.normal(tf.shape(x))),
    "one that raises": behind(Raises),
    "Dense subclasses of another size": of_four(hidden(49)),
    "three Dense subclasses": lambda: sequential(*(own.Hidden() for _ in range(3)), Dense(10, "softmax")),
    "Dense subclasses with a sigmoid": of_four(lambda: own.Hidden(activation="sigmoid")),
    "an output without softmax": of_four(own.Hidden, lambda: own.FromScratch(10, "linear")),
    "an output of nine": of_four(own.Hidden, lambda: own.FromScratch(9, "softmax")),
    "two layers in one": of_four(TwoInOne),
    "all layers in one": lambda: sequential(AllInOne(), Dense(10, "softmax")),
    "more than Dense": of_four(lambda: Residual(50, "relu")),
    "a class that describes itself otherwise": of_four(lambda: SaysOtherwise(30, "sigmoid")),
    "a class called Dense": of_four(lambda: called("Dense", own.FromScratch)(50, "sigmoid")),
    "a model called Sequential": lambda: called("Sequential", keras.Sequential)([Dense(50, "relu"), Dense(10)]),
    "one Dense in four places": lambda: functional(Dense(50), *[Dense(50, "relu")] * 3, Dense(10, "softmax")),
}
BATCHNORM: dict[str, Build] = {
    "none": of_four(lambda: own.Block(50)),
    "behind the activation": of_four(lambda: own.Block(50, norm="last")),
    "of rows": lambda: chain(WholeRows, layers.ELU),
    "a class called BatchNormalization": lambda: chain(called("BatchNormalization", own.Noted), layers.ELU),
    "frozen": lambda: chain(called("Frozen", layers.BatchNormalization, call=_frozen), layers.ELU),
    "a layer normalization with another name": lambda: chain(called("Norm2", layers.LayerNormalization), layers.ELU),
}
DROPOUT: dict[str, Build] = {
    "none": of_four(lambda: own.Block(50)),
    "of another share": of_four(lambda: own.Block(50, rate=0.5)),
    "by hand, of another share": lambda: chain(layers.ELU, lambda: own.OwnDrop(0.8)),
    "not scaled": lambda: chain(layers.ELU, lambda: own.OwnDrop(0.2, scaled=False)),
    "at all times": lambda: chain(layers.ELU, lambda: own.OwnDrop(0.2, always=True)),
    "only in use": lambda: chain(layers.ELU, DropInUse),
    "always the same": lambda: chain(layers.ELU, FixedDrop),
    "a class called Dropout": lambda: chain(layers.ELU, called("Dropout", own.Noted)),
    "one object before the activation": lambda: same(layers.Dropout(0.2), layers.ELU()),
}
INITIALIZER: dict[str, Build] = {
    "the default": of_four(lambda: own.Hidden(activation="sigmoid")),
    "a function of one's own": lambda: chain(
        lambda: layers.Activation("sigmoid"), initializer=lambda shape, dtype=None: tf.zeros(shape, dtype)
    ),
    "a class called HeNormal": lambda: chain(
        lambda: layers.Activation("sigmoid"), initializer=called("HeNormal", initializers.Zeros)()
    ),
    "of the units": lambda: chain(
        lambda: layers.Activation("sigmoid"), initializer=initializers.VarianceScaling(2, "fan_out")
    ),
    "twice too wide": lambda: chain(
        lambda: layers.Activation("sigmoid"), initializer=initializers.VarianceScaling(4, "fan_in")
    ),
    "the default normal one": lambda: chain(
        lambda: layers.Activation("sigmoid"), initializer=initializers.RandomNormal()
    ),
}
WRONG: Mapping[str, Mapping[str, Build]] = {
    "activation": ACTIVATION,
    "batchnorm": BATCHNORM,
    "dropout": DROPOUT,
    "init": INITIALIZER,
}
CASES = [(stage, name) for stage, group in WRONG.items() for name in group]
FEATURE = {
    "activation": {"hidden_layers", "hidden_activation", "output_layer"},
    "batchnorm": {"batch_norm", "batch_norm_placement"},
    "dropout": {"dropout_placement", "dropout_rate"},
    "init": {"initializer"},
}
"""The checks of which at least one must not pass."""


@pytest.mark.parametrize(("stage", "fault"), CASES)
def test_a_wrong_network_does_not_pass(stage: str, fault: str) -> None:
    model = WRONG[stage][fault]()
    found = judged(model, stage)
    assert any(found[name] is not Outcome.PASSED for name in FEATURE[stage]), seen(model)


@pytest.mark.parametrize("build", [with_activation(own.rectify), of_four(own.Hidden), of_four(lambda: own.Block(50))])
def test_accuracy_is_never_measured_with_what_is_ones_own(build: Build) -> None:
    model = build()
    with pytest.raises(UnknownNetworkError, match="of its own"):
        rebuild(architecture(keras, model, OwnParts(keras)), model.get_weights(), 784)


def test_what_is_not_known_is_named_with_its_source() -> None:
    def bend(x: Any) -> Any:
        return tf.sin(x) * 3.0

    found = seen(with_activation(bend)())
    notes = {layer.note for layer in found.layers if layer.note}
    assert len(notes) == 1
    assert "bend, which you wrote yourself" in notes.copy().pop()
    assert "tf.sin(x) * 3.0" in notes.pop()
