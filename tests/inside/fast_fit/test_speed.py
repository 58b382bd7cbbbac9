from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from grader.inside.fast_fit.speed import EXACT, MANY_STEPS, PLAIN, Speed

from .training import differences, fit, fits, mnist, same, stage

X, Y = mnist(600)
OFF = Speed(keras, "turned off with --no-fast")


def network(*layers: Any, **compiled: Any) -> Any:
    model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", "metrics": ["accuracy"], **compiled})
    return model


def plan(model: Any, **given: Any) -> Any:
    return Speed(keras).fit(model, {"x": X, "y": Y, **given})


class OwnLayer(keras.layers.Layer):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return inputs


class OwnModel(keras.Sequential):  # type: ignore[misc]
    pass


class OwnStep(keras.Sequential):  # type: ignore[misc]
    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def own_loss(truth: Any, answer: Any) -> Any:
    return keras.ops.mean((truth - answer) ** 2)


def batch_watcher() -> Any:
    def look(batch: int, logs: Any) -> None:
        assert batch >= 0
        assert logs

    return keras.callbacks.LambdaCallback(on_train_batch_end=look)


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"callbacks": [batch_watcher()]}, PLAIN, "a callback looks at batches"),
        ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, PLAIN, "a callback looks at batches"),
        ({"callbacks": [keras.callbacks.ModelCheckpoint("m.keras", save_freq=10)]}, PLAIN, "looks at batches"),
        ({"callbacks": keras.callbacks.CallbackList()}, PLAIN, "a callback looks at batches"),
        ({"steps_per_epoch": 3}, PLAIN, "a number of steps is given"),
        ({"validation_data": (X, Y), "validation_steps": 3}, PLAIN, "a number of steps is given"),
        ({"batch_size": 32.0}, MANY_STEPS, "batch size"),
        ({"batch_size": 0}, MANY_STEPS, "batch size"),
        ({"batch_size": 2**31}, MANY_STEPS, "batch size"),
        ({"shuffle": "batch"}, MANY_STEPS, "shuffle"),
        ({"workers": 4}, MANY_STEPS, "arguments that Keras does not know"),
        ({"x": tf.data.Dataset.from_tensors((X, Y)), "y": None}, PLAIN, "x is not one array"),
        ({"x": [X]}, PLAIN, "x is not one array"),
        ({"y": None}, MANY_STEPS, "y is not one array"),
        ({"y": np.array(["7"] * 600)}, MANY_STEPS, "y is not one array"),
        ({"sample_weight": [1.0] * 600}, MANY_STEPS, "sample_weight is not an array"),
        ({"class_weight": [1.0] * 10}, MANY_STEPS, "class_weight is not a dictionary"),
        ({"validation_data": tf.data.Dataset.from_tensors((X, Y))}, MANY_STEPS, "not a pair or a triple"),
        ({"validation_data": (X, Y[:5])}, MANY_STEPS, "validation arrays have no rows or not equally many"),
        ({"y": Y[:5]}, MANY_STEPS, "arrays have no rows or not equally many"),
        ({"validation_split": 1.0}, MANY_STEPS, "the data do not fit together: ValueError"),
    ],
)
def test_a_call_that_is_not_simple_takes_another_path_and_says_why(
    given: dict[str, Any], path: str, reason: str
) -> None:
    chosen = plan(network(), **given)
    assert chosen.path == path
    assert reason in chosen.reason


@pytest.mark.parametrize(
    ("model", "path", "reason"),
    [
        (network(OwnLayer()), MANY_STEPS, "the layer OwnLayer is not one whose bits were compared"),
        (network(keras.layers.Lambda(lambda x: x)), MANY_STEPS, "the layer Lambda is not one whose bits were compared"),
        (network(keras.layers.Dense(3, activation=lambda x: x)), MANY_STEPS, "function of the student's own"),
        (network(keras.layers.Dense(3, kernel_regularizer=own_loss)), MANY_STEPS, "function of the student's own"),
        (network(keras.layers.Rescaling(2.0)), MANY_STEPS, "the layer Rescaling is not one whose bits were compared"),
        (network(loss=own_loss), MANY_STEPS, "the loss is a function of the student's own"),
        (network(loss=lambda truth, answer: answer - truth), MANY_STEPS, "the loss is a function"),
        (network(metrics=[own_loss]), MANY_STEPS, "a metric is a function of the student's own"),
        (network(steps_per_execution=4), PLAIN, "the student set steps_per_execution"),
        (network(run_eagerly=True), PLAIN, "the model runs eagerly"),
        (network(jit_compile=True), MANY_STEPS, "the model is compiled with XLA"),
        (network(loss=None), MANY_STEPS, "there is not exactly one loss"),
        (OwnModel([keras.layers.Dense(10)]), MANY_STEPS, "OwnModel is a class of the student's own"),
        (OwnStep([keras.layers.Dense(10)]), PLAIN, "OwnStep is a class of the student's own"),
        (keras.Sequential([keras.layers.Dense(10)]), MANY_STEPS, "the model is not compiled"),
    ],
)
def test_a_model_that_is_not_built_in_takes_another_path_and_says_why(model: Any, path: str, reason: str) -> None:
    chosen = plan(model)
    assert (chosen.path, reason in chosen.reason) == (path, True), chosen.reason


def test_activations_of_tensorflow_are_known() -> None:
    assert plan(network(keras.layers.Dense(3, activation=tf.nn.relu))).path == EXACT


def test_an_exact_plan_has_no_reason() -> None:
    chosen = plan(network())
    assert (chosen.path, chosen.reason) == (EXACT, "")


def test_op_determinism_takes_another_path() -> None:
    from tensorflow.python.framework import config

    tf.config.experimental.enable_op_determinism()
    try:
        assert plan(network()).reason == "op determinism is on"
    finally:
        config.disable_op_determinism()


@pytest.mark.slow
def test_another_version_of_keras_is_compared_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.inside.fast_fit import self_check

    monkeypatch.setattr(keras, "__version__", "3.99.0")
    assert Speed(keras).off == ""
    monkeypatch.setattr(self_check, "difference", lambda: "it is not bit for bit the same: weights")
    assert Speed(keras).fit(network(), {"x": X, "y": Y}).reason == "it is not bit for bit the same: weights"


def test_a_later_keras_without_a_private_name_of_the_exact_path_trains_more_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keras, "__version__", "3.99.0")
    for module in ("exact_fit", "self_check"):
        monkeypatch.delitem(sys.modules, f"grader.inside.fast_fit.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "keras.src.trainers.data_adapters.data_adapter", None)
    assert "has not what a whole epoch in one graph needs" in Speed(keras).off


def test_a_fit_inside_a_fit_is_plain() -> None:
    assert Speed(keras).fit(network(), {"x": X, "y": Y}, inside=True).path == PLAIN


# ---------------------------------------------------------------- steps_per_execution


def by_steps(model: Any, path: str, **given: Any) -> Any:
    call = {"x": X, "y": Y, "verbose": 0, **given}
    if path == PLAIN:
        return model.fit(**call)
    chosen = OFF.fit(model, call)
    with chosen.in_force(model):
        return model.fit(**chosen.arguments)


@pytest.mark.slow
def test_many_steps_in_one_execution_change_no_bit() -> None:
    def script(model: Any, path: str) -> list[Any]:
        return [by_steps(model, path, epochs=2, validation_split=0.3), model.steps_per_execution]

    assert differences(stage("dropout"), script, MANY_STEPS) == []


@pytest.mark.slow
def test_a_watched_fit_before_or_after_a_simple_one_trains_on_every_batch() -> None:
    def script(model: Any, path: str) -> list[Any]:
        calls: list[dict[str, Any]] = [{}, {"callbacks": [batch_watcher()]}, {"epochs": 2}]
        return [by_steps(model, path, **call) for call in calls]

    assert differences(stage("optimizer"), script, MANY_STEPS) == []


@pytest.mark.slow
def test_a_watched_fit_between_exact_ones_changes_no_bit() -> None:
    def script(model: Any, path: str) -> list[Any]:
        def exactly() -> Any:
            return fit(model, path, x=X, y=Y, validation_split=0.3)

        return [exactly(), by_steps(model, path, callbacks=[batch_watcher()]), exactly()]

    assert differences(stage("dropout"), script) == []


def test_a_model_trained_plainly_stays_plain_until_it_is_compiled_again() -> None:
    model = network()
    model.train_on_batch(X[:5], Y[:5])
    assert (plan(model).path, "in another way" in plan(model).reason) == (PLAIN, True)
    model.compile("sgd", "mse")
    assert plan(model).path == EXACT


@pytest.mark.slow
def test_a_callback_that_trains_the_same_model_leaves_the_outer_fit_as_it_is() -> None:
    def script(model: Any, path: str) -> list[Any]:
        def again(epoch: int, logs: Any) -> None:  # noqa: ARG001 (Keras passes both)
            given = {"x": X[:64], "y": Y[:64], "verbose": 0}
            chosen = Speed(keras).fit(model, given, inside=True)
            with chosen.in_force(model):
                model.fit(**chosen.arguments)

        listener = keras.callbacks.LambdaCallback(on_epoch_begin=again)
        fit(model, path, x=X, y=Y, epochs=2, callbacks=[listener])
        return []

    assert differences(stage("optimizer"), script) == []


@pytest.mark.slow
def test_the_comparison_itself_notices_another_seed() -> None:
    one, other = (fits(x=X, y=Y, shuffle=shuffle) for shuffle in (True, False))
    from .training import outcome

    build = stage("optimizer")
    assert not same(outcome(build, PLAIN, one)["weights"], outcome(build, PLAIN, other)["weights"])
