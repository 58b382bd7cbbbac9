"""What describes a network comes from Keras's own classes, by identity: a name, an attribute or a patch is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from grader.evidence.network import architecture as read
from grader.inside.describe import architecture, compile_facts
from grader.inside.genuine import genuine
from grader.inside.protocol import OWN

Dense: Any = keras.layers.Dense
KNOWN = genuine(keras)


def model_of(*layers: Any, model: Any = keras.Sequential) -> Any:
    return model([keras.Input((4,)), *layers, Dense(2, "softmax")])


def problem(model: Any) -> str:
    return read(architecture(keras, model)).problem


def shadowed(name: str) -> Any:
    """A dense layer that says, or does, something else than its class."""
    layer = Dense(3, "elu")
    setattr(layer, name, lambda *given, **named: given and named)
    return layer


class Other(Dense):  # type: ignore[misc]
    def call(self, inputs: Any, training: Any = None) -> Any:  # noqa: ARG002 (as Keras calls it)
        return keras.ops.elu(inputs @ self.kernel)


def of_this_class(kind: type) -> property:
    return property(lambda _self: kind)


def registered() -> Any:
    return keras.src.api_export.keras_export("keras.layers.Rescaled.Dense")(type("Mine", (Other,), {}))(3)


def relu(x: Any) -> Any:
    return keras.ops.elu(x)


HeNormal = type("HeNormal", (keras.initializers.Zeros,), {})
POSING: dict[str, Callable[[], Any]] = {
    "a class called Dense": lambda: model_of(type("Dense", (Other,), {})(3)),
    "a class that says it is Dense": lambda: model_of(type("Mine", (Other,), {"__class__": of_this_class(Dense)})(3)),
    "a class exported as Dense": lambda: model_of(registered()),
    "a get_config of its own": lambda: model_of(shadowed("get_config")),
    "an activation called relu": lambda: model_of(Dense(3, relu)),
    "an activation layer with it": lambda: model_of(keras.layers.Activation(relu)),
    "a class called relu": lambda: model_of(Dense(3, type("relu", (), {"__call__": lambda _self, x: x})())),
    "an initializer called HeNormal": lambda: model_of(Dense(3, kernel_initializer=HeNormal())),
    "an initializer called heNormal": lambda: model_of(
        Dense(3, kernel_initializer=type("heNormal", (keras.initializers.Zeros,), {})())
    ),
    "a model called Sequential": lambda: model_of(Dense(3), model=type("Sequential", (keras.Sequential,), {})),
    "within a model": lambda: model_of(keras.Sequential([type("Dense", (Other,), {})(3)])),
}


@pytest.mark.parametrize("what", sorted(POSING))
def test_what_goes_by_a_name_of_keras_is_not_taken_for_it(what: str) -> None:
    assert "goes by the name of Keras's" in problem(POSING[what]())


@pytest.mark.parametrize("name", ["to_json", "get_config", "call"])
def test_a_method_on_the_model_itself_is_not_keras(name: str) -> None:
    model = model_of(Dense(3, "elu"))
    text = model_of(Dense(3, "sigmoid")).to_json()
    setattr(model, name, lambda **_: text)
    assert "goes by the name of Keras's Sequential" in problem(model)


@contextmanager
def code_of(function: Any, other: Any) -> Iterator[None]:
    before = function.__code__
    function.__code__ = other.__code__
    try:
        yield
    finally:
        function.__code__ = before


def test_a_method_of_keras_that_was_replaced_is_not_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(Dense(3, "elu"))
    monkeypatch.setattr(Dense, "get_config", lambda self: {"units": 50, "name": self.name})
    assert "Keras's Dense" in problem(model)
    monkeypatch.undo()
    monkeypatch.setattr(keras.src.saving.serialization_lib, "serialize_keras_object", lambda _model: {})
    assert "serialize_keras_object" in problem(model)
    monkeypatch.undo()
    assert problem(model) == ""


def test_code_that_was_exchanged_is_not_keras() -> None:
    def call(self: Any, inputs: Any, training: Any = False) -> Any:  # noqa: ARG001 (as Keras calls it)
        return inputs

    model = model_of(keras.layers.Dropout(0.2))
    assert problem(model) == ""
    with code_of(keras.layers.Dropout.call, call):
        assert "Keras's Dropout" in problem(model)


def test_a_layer_does_what_its_class_does() -> None:
    layer = Dense(3, "elu")
    model = model_of(layer)
    layer.call = lambda inputs: inputs
    assert "Keras's Dense" in problem(model)


def honest() -> Iterator[Any]:
    yield model_of(Dense(3, "elu", kernel_initializer="he_normal"), keras.layers.BatchNormalization())
    yield model_of(Dense(3, keras.activations.relu), keras.layers.Dropout(0.2), keras.layers.LeakyReLU())
    yield model_of(*(Dense(3, f) for f in (tf.nn.relu, tf.nn.elu, tf.nn.sigmoid, tf.nn.tanh, tf.nn.softmax)))
    yield model_of(Dense(3, keras.layers.LeakyReLU(0.1)), keras.Sequential([Dense(3)]))
    inputs = keras.Input((4,))
    yield keras.Model(inputs, Dense(2)(keras.ops.relu(Dense(3)(inputs))))
    yield model_of(Other(3), Dense(3, lambda x: x), keras.layers.Lambda(lambda x: x))
    yield type("Net", (keras.Model,), {"call": lambda _self, x: x})()


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("model", list(honest()))
def test_honest_networks_are_described_as_keras_describes_them(model: Any) -> None:
    assert architecture(keras, model) == model.to_json()


def test_a_function_of_ones_own_that_is_called_as_what_it_computes_is_that() -> None:
    def relu(x: Any) -> Any:
        return keras.ops.maximum(x, 0.0)

    model = model_of(Dense(3, relu))
    assert architecture(keras, model) == model.to_json()


# ---------------------------------------------------------------- optimizers and losses


def facts(optimizer: Any = "sgd", loss: Any = "categorical_crossentropy") -> Any:
    model = model_of(Dense(3))
    model.compile(optimizer, loss)
    return compile_facts(keras, model)


@pytest.mark.parametrize("name", ["SGD", "sgd", "Sgd"])
def test_an_adam_that_is_called_sgd_is_no_sgd(name: str) -> None:
    assert facts(type(name, (keras.optimizers.Adam,), {})(0.001))["optimizer"] == f"adam{OWN}"


def test_an_optimizer_is_read_by_the_method_of_its_class() -> None:
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.get_config = lambda: {"learning_rate": 0.001}
    found = facts(optimizer)
    assert (found["optimizer"], found["learning_rate"]) == (f"sgd{OWN}", 0.5)


def test_an_optimizer_that_steps_otherwise_is_not_that_of_its_class() -> None:
    optimizer = keras.optimizers.SGD(0.001)
    optimizer.update_step = lambda *given: given
    assert facts(optimizer)["optimizer"] == f"sgd{OWN}"


def categorical_crossentropy(truth: Any, answer: Any) -> Any:
    return keras.ops.mean((truth - answer) ** 2, axis=-1)


def with_another_function() -> Any:
    loss = keras.losses.CategoricalCrossentropy()
    loss.fn = categorical_crossentropy
    return loss


@pytest.mark.parametrize(
    "loss",
    [
        categorical_crossentropy,
        type("CategoricalCrossentropy", (keras.losses.MeanSquaredError,), {})(),
        with_another_function(),
    ],
)
def test_a_loss_that_is_called_as_keras_and_is_another_is_not_keras(loss: Any) -> None:
    assert facts(loss=loss)["loss"] == f"categorical_crossentropy{OWN}"


@pytest.mark.parametrize(
    ("optimizer", "loss"),
    [
        ("adam", "categorical_crossentropy"),
        (keras.optimizers.Adam(), keras.losses.categorical_crossentropy),
        (keras.optimizers.Adam(), keras.losses.CategoricalCrossentropy(from_logits=True)),
        (tf.keras.optimizers.Adam(), tf.keras.losses.categorical_crossentropy),
    ],
)
def test_honest_settings_are_those_of_keras(optimizer: Any, loss: Any) -> None:
    found = facts(optimizer, loss)
    assert (found["optimizer"], found["loss"]) == ("adam", "categorical_crossentropy")


def test_what_is_called_otherwise_keeps_its_name_where_it_does_anything_of_its_own() -> None:
    found = facts(type("Mine", (keras.optimizers.SGD,), {})(0.001), lambda truth, _answer: truth)
    assert (found["optimizer"], found["loss"]) == ("sgd", "<lambda>")
    steps = {"update_step": lambda _self, _gradient, _variable, _rate: None}
    assert facts(type("Mine", (keras.optimizers.SGD,), steps)(0.001))["optimizer"] == "mine"


def test_a_description_of_nothing_of_keras_is_read_as_a_reason() -> None:
    found = read(json.dumps({"posing": "Dense" * 100}))
    assert found.layers == ()
    assert len(found.problem) < 200


def test_what_is_described_is_what_was_there() -> None:
    assert KNOWN.is_own(Dense(3))
    assert KNOWN.config_of(keras.optimizers.SGD(0.25))["learning_rate"] == pytest.approx(np.float32(0.25))
