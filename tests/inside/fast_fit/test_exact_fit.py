from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

from grader.inside.fast_fit import self_check
from grader.inside.fast_fit.exact_fit import Epochs
from grader.inside.fast_fit.speed import EXACT, Speed

from .training import differences, fit, fits, mnist, run, stage

pytestmark = pytest.mark.slow
X, Y = mnist()
FEW = {"epochs": 2, "batch_size": 128}


def small(**compiled: Any) -> Any:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(10, "softmax")])
    model.compile(**{"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"], **compiled})
    return model


def one_of_each() -> Any:
    """Every kind of layer of the lab once: as much state as a stage has, in a third of the graph."""
    layers = keras.layers
    hidden = [layers.Dense(8), layers.BatchNormalization(), layers.Activation("elu"), layers.Dropout(0.2)]
    model = keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(10, "softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def functional() -> Any:
    inputs = keras.Input((784,))
    hidden = keras.layers.Dense(8, "elu", kernel_regularizer="l2")(inputs)
    hidden = keras.layers.GaussianNoise(0.1)(keras.layers.concatenate([hidden, keras.layers.Dropout(0.3)(inputs)]))
    model = keras.Model(inputs, keras.layers.Dense(10, activity_regularizer=keras.regularizers.L1(1e-4))(hidden))
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, 20, 0.9)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.RMSprop(rate, clipnorm=1.0, use_ema=True), loss, metrics=["accuracy", "mse"])
    return model


def unbuilt() -> Any:
    model = keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(10)])
    model.compile("nadam", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def convolutional() -> Any:
    layers = keras.layers
    cut = [layers.Reshape((28, 28, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    model = keras.Sequential([keras.Input((784,)), *cut, layers.Dense(10, "softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("build", [functional, unbuilt, convolutional])
def test_another_network_trains_to_the_same_bits(build: Any) -> None:
    assert differences(build, fits(x=X, y=Y, **FEW, validation_split=0.21)) == []


OTHER = mnist(300)
WEIGHTS = np.linspace(0, 2, len(X))
SETTINGS: dict[str, dict[str, Any]] = {
    "no validation": {},
    "no short batch": {"batch_size": 100},
    "one batch": {"batch_size": 5_000},
    "batches of one shape in validation only": {"batch_size": 64, "validation_data": mnist(128)},
    "validation on other data": {"validation_data": OTHER, "validation_batch_size": 70},
    "validation with weights": {"validation_data": [*OTHER, np.linspace(1, 2, 300)]},
    "validation every other epoch": {"epochs": 4, "validation_data": OTHER, "validation_freq": 2},
    "validation in chosen epochs": {"epochs": 3, "validation_data": OTHER, "validation_freq": [1, 3]},
    "not shuffled": {"shuffle": False, "validation_split": 0.3},
    "sample weights": {"sample_weight": WEIGHTS, "validation_split": 0.2},
    "class weights": {"class_weight": {k: 1.0 + k / 7 for k in range(10)}, "validation_data": OTHER},
    "a later first epoch": {"initial_epoch": 3, "epochs": 5},
    "no epoch left": {"initial_epoch": 5, "epochs": 5},
    "Keras's own batch size": {"batch_size": None, "validation_split": 0.5},
    "bytes": {"x": mnist(kind="uint8")[0], "validation_split": 0.3},
    "float64": {"x": X.astype("float64") / 255, "y": Y.astype("float64"), "validation_split": 0.3},
    "float16": {"x": (X / 255).astype("float16"), "validation_split": 0.3},
    "tensors": {"x": tf.constant(X), "y": tf.constant(Y), "validation_data": OTHER},
    "every other row": {"x": X[::2], "y": Y[::2], "validation_split": 0.3},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_fit_changes_no_bit(name: str) -> None:
    assert differences(one_of_each, fits(**{"x": X, "y": Y, **FEW, **SETTINGS[name]})) == []


def test_a_data_frame_trains_to_the_same_bits() -> None:
    assert differences(small, fits(x=pd.DataFrame(X), y=pd.DataFrame(Y), **FEW, validation_split=0.3)) == []


def test_sparse_labels_train_to_the_same_bits() -> None:
    def build() -> Any:
        return small(loss="sparse_categorical_crossentropy", weighted_metrics=["accuracy"])

    assert differences(build, fits(x=X, y=Y.argmax(1), **FEW, validation_split=0.3)) == []


@given(
    rows=some.integers(2, 90),
    batch_size=some.integers(1, 40),
    split=some.sampled_from([0.0, 0.3, 0.5]),
    shuffle=some.booleans(),
    epochs=some.integers(1, 4),
)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
def test_any_small_call_trains_to_the_same_bits(
    rows: int, batch_size: int, split: float, shuffle: bool, epochs: int
) -> None:
    call = {"batch_size": batch_size, "validation_split": split, "shuffle": shuffle, "epochs": epochs}
    assert differences(small, fits(x=X[:rows], y=Y[:rows], **call)) == []


# ---------------------------------------------------------------- callbacks

HELD_OUT = {"x": X, "y": Y, "batch_size": 128, "validation_split": 0.3}


def test_early_stopping_stops_at_the_same_epoch_and_restores_the_same_weights() -> None:
    def script(model: Any, path: str) -> list[Any]:
        stop = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=0.5, restore_best_weights=True)
        return [fit(model, path, **HELD_OUT, epochs=8, callbacks=[stop]), stop.stopped_epoch, stop.best]

    assert differences(stage("activation"), script) == []


def test_learning_rates_changed_between_epochs_are_the_same() -> None:
    def script(model: Any, path: str) -> list[Any]:
        plateau = keras.callbacks.ReduceLROnPlateau(patience=0, min_delta=1.0, factor=0.5)
        schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * (0.9 if epoch else 1.0))
        return [fit(model, path, **HELD_OUT, epochs=4, callbacks=[plateau, schedule])]

    assert differences(stage("optimizer"), script) == []


def test_checkpoints_and_csv_files_are_the_same(tmp_path: Path) -> None:
    def script(model: Any, path: str) -> list[Any]:
        saved, table = tmp_path / f"{path}.weights.h5", tmp_path / f"{path}.csv"
        save = keras.callbacks.ModelCheckpoint(saved, save_weights_only=True, save_best_only=True)
        answer = fit(model, path, **HELD_OUT, epochs=3, callbacks=[save, keras.callbacks.CSVLogger(table)])
        model.load_weights(saved)
        return [answer, table.read_text(), [np.asarray(w) for w in model.weights]]

    assert differences(stage("batchnorm"), script) == []


class Diary(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.lines: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.lines.append(("begin", dict(self.params), logs))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.lines.append((epoch, logs, np.asarray(self.model.weights[0]).copy()))

    def on_test_begin(self, logs: Any = None) -> None:
        self.lines.append(("test", int(self.model.optimizer.iterations), logs))

    def on_test_end(self, logs: Any = None) -> None:
        self.lines.append(("tested", logs))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        measured = run("evaluate", self.model, self.path, x=OTHER[0], y=OTHER[1], verbose=0)
        predicted = run("predict", self.model, self.path, x=OTHER[0], verbose=0)
        self.lines.append((epoch, dict(logs), measured, predicted))
        if epoch == 2:
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        self.lines.append(("end", logs))


def test_a_callback_of_the_students_own_sees_predicts_measures_and_stops_the_same() -> None:
    def script(model: Any, path: str) -> list[Any]:
        diary = Diary(path)
        return [fit(model, path, **HELD_OUT, epochs=6, callbacks=diary), diary.lines]

    assert differences(one_of_each, script) == []


def test_lambdas_on_epochs_run_and_what_they_raise_is_raised() -> None:
    def script(model: Any, path: str) -> list[Any]:
        def end(epoch: int, logs: Any) -> None:
            seen.append((epoch, dict(logs)))
            if epoch == 1:
                raise KeyboardInterrupt

        seen: list[Any] = []
        with pytest.raises(KeyboardInterrupt):
            fit(model, path, **HELD_OUT, epochs=5, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=end)])
        return [seen, fit(model, path, **HELD_OUT, epochs=1)]

    assert differences(one_of_each, script) == []


# ---------------------------------------------------------------- one call after another


def test_a_second_fit_carries_on_with_the_same_bits() -> None:
    def script(model: Any, path: str) -> list[Any]:
        first = fit(model, path, **HELD_OUT, epochs=2)
        other = [fit(model, path, x=X[:333], y=Y[:333], epochs=1), fit(model, path, x=X[:320], y=Y[:320], epochs=1)]
        return [first, *other, fit(model, path, **HELD_OUT, epochs=4, initial_epoch=2)]

    assert differences(one_of_each, script) == []


ROW_COUNTS = [(320, 333), (333, 320), (320, 640, 330, 320), (330, 20, 32, 320)]


@pytest.mark.parametrize("rows", ROW_COUNTS)
def test_fits_on_even_and_uneven_numbers_of_rows_follow_each_other(rows: tuple[int, ...]) -> None:
    def script(model: Any, path: str) -> list[Any]:
        sizes = (32, 64, 32, 32)
        return [fit(model, path, x=X[:n], y=Y[:n], batch_size=b) for n, b in zip(rows, sizes, strict=False)]

    assert differences(one_of_each, script) == []


def test_the_training_step_is_traced_once_since_its_variables_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    traces, apply = [], keras.optimizers.Adam.apply_gradients
    monkeypatch.setattr(keras.optimizers.Adam, "apply_gradients", lambda *given: traces.append(given) or apply(*given))
    fit(one_of_each(), EXACT, x=X, y=Y, **FEW)
    assert len(traces) == 1


def orders(rows: int, seed: int | None, epochs: int) -> list[tuple[int, ...]]:
    tf.random.set_seed(seed)
    data = Epochs(X[:rows], Y[:rows], batch_size=32, shuffle=True)
    return [tuple(next(data).numpy().tolist()) for _ in range(epochs)]


def test_with_a_seed_every_epoch_has_the_order_that_keras_draws() -> None:
    drawn = orders(100, seed=5, epochs=4)
    tf.random.set_seed(5)
    batches = ArrayDataAdapter(np.arange(100), np.zeros(100), batch_size=100, shuffle=True).get_tf_dataset()
    assert drawn == [tuple(batch[0].numpy().tolist()) for _ in range(4) for batch in batches]


def test_without_a_seed_every_epoch_has_an_order_of_its_own() -> None:
    assert len(set(orders(100, seed=None, epochs=6))) == 6


def test_two_rows_that_come_twice_in_the_same_order_by_chance_are_still_shuffled() -> None:
    drawn = orders(2, seed=None, epochs=80)
    first_repeat = next(n for n in range(1, 80) if drawn[n] == drawn[n - 1])
    assert len(set(drawn[first_repeat:])) == 2


def test_a_fit_after_the_fit_of_another_model_has_the_same_bits() -> None:
    def script(model: Any, path: str) -> list[Any]:
        first = fit(model, path, **HELD_OUT, epochs=1)
        other = one_of_each()
        return [first, fit(other, path, **HELD_OUT, epochs=2), fit(model, path, **HELD_OUT, epochs=1)]

    assert differences(one_of_each, script) == []


def test_single_batches_and_a_new_compile_between_fits_leave_the_same_bits() -> None:
    def script(model: Any, path: str) -> list[Any]:
        answers = [fit(model, path, **HELD_OUT, epochs=1)]
        answers += [model.train_on_batch(X[:50], Y[:50]), model.test_on_batch(X[:50], Y[:50])]
        model.compile("sgd", "mse", metrics=["accuracy"])
        return [*answers, fit(model, path, **HELD_OUT, epochs=2)]

    assert differences(one_of_each, script) == []


@pytest.mark.filterwarnings("ignore:A layer's `trainable` state")
def test_a_layer_frozen_without_a_new_compile_goes_on_as_in_keras() -> None:
    def script(model: Any, path: str) -> list[Any]:
        first = fit(model, path, **HELD_OUT, epochs=1)
        model.layers[0].trainable = False
        return [first, fit(model, path, x=X[:1001], y=Y[:1001], batch_size=128, validation_split=0.3)]

    assert differences(stage("activation"), script) == []


def test_evaluate_measures_the_same() -> None:
    def script(model: Any, path: str) -> list[Any]:
        call = {"x": OTHER[0], "y": OTHER[1], "verbose": 0}
        before = run("evaluate", model, path, **call)
        fit(model, path, **HELD_OUT, epochs=1)
        weighted = {**call, "sample_weight": np.linspace(0, 1, 300), "batch_size": 50, "return_dict": True}
        return [before, run("evaluate", model, path, **call), run("evaluate", model, path, **weighted)]

    assert differences(one_of_each, script) == []


# Row counts and batch sizes of predictions that follow each other: Keras keeps what it traced for the first of them.
PREDICTIONS = {
    "even": [(320, 32)],
    "uneven": [(333, None), (333, None)],
    "less than a batch": [(20, 32), (320, 32)],
    "one image first": [(1, None), (330, None), (1, None)],
    "another size of batch": [(300, 100), (300, 128), (333, 32), (300, 100)],
}


@pytest.mark.parametrize("calls", PREDICTIONS.values(), ids=PREDICTIONS)
@pytest.mark.parametrize("build", [one_of_each, convolutional])
def test_predict_answers_the_same(build: Any, calls: list[tuple[int, int | None]]) -> None:
    def script(model: Any, path: str) -> list[Any]:
        return [run("predict", model, path, x=X[:n], batch_size=b, verbose=0) for n, b in calls]

    assert differences(build, script) == []


def test_predict_answers_the_same_after_training_and_between_single_batches() -> None:
    def script(model: Any, path: str) -> list[Any]:
        answers = [fit(model, path, **HELD_OUT, epochs=1), run("predict", model, path, x=X[:33], verbose=0)]
        answers += [model.predict_on_batch(X[:40]), model.predict_on_batch(X[:7])]
        model.compile("sgd", "mse")
        bytes_ = mnist(70, "uint8")[0]
        return [*answers, run("predict", model, path, x=bytes_, verbose=0), model.predict_on_batch(X[:7])]

    assert differences(functional, script) == []


# ---------------------------------------------------------------- mistakes and what is printed


@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        ({"x": X[:, :700]}, ValueError),
        ({"y": Y[:, :5]}, ValueError),
        ({"y": Y[:100]}, ValueError),
        ({"validation_split": 1.0}, ValueError),
        ({"validation_data": (X[:10, :9], Y[:10])}, ValueError),
        ({"validation_data": OTHER, "validation_freq": "2"}, ValueError),
        ({"epochs": "3"}, TypeError),
        ({"epochs": None}, TypeError),
    ],
)
def test_a_mistake_raises_what_keras_raises(mistake: dict[str, Any], expected: type[Exception]) -> None:
    def attempt(path: str) -> None:
        keras.backend.clear_session()
        model = small()
        call = {"x": X, "y": Y, "verbose": 0, **mistake}
        plan = Speed(keras, "" if path == EXACT else path).fit(model, call)
        with plan.in_force(model) if path == EXACT else contextlib.nullcontext():
            model.fit(**plan.arguments)

    messages = []
    for path in ("plain", EXACT):
        with pytest.raises(expected) as raised:
            attempt(path)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("wrong", [{"y": Y.argmax(1)}, {"x": X[:, :700]}])
def test_after_a_fit_that_failed_the_next_one_ends_as_in_keras(wrong: dict[str, Any]) -> None:
    def script(model: Any, path: str) -> list[Any]:
        found: list[Any] = []
        for mistake in (wrong, {}):
            with pytest.raises(ValueError) as error:  # noqa: PT011 (Keras says it in many ways)
                fit(model, path, **{"x": X, "y": Y, "epochs": 1, **mistake})
            found += [str(error.value), len(model.optimizer.variables), len(model.metrics)]
        return found

    assert differences(small, script) == []


def test_a_label_out_of_range_raises_the_same_error_at_the_same_step() -> None:
    labels = Y.argmax(1)
    labels[1500] = 10

    def script(model: Any, path: str) -> list[Any]:
        with pytest.raises(tf.errors.InvalidArgumentError, match="label value of 10"):
            fit(model, path, x=X, y=labels, batch_size=64)
        return []

    assert differences(lambda: small(loss="sparse_categorical_crossentropy"), script) == []


def printed(path: str, verbose: Any) -> list[str]:
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    model = small()
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        run("fit", model, path, x=X, y=Y, epochs=2, validation_split=0.3, verbose=verbose)
        run("evaluate", model, path, x=X, y=Y, verbose=verbose)
        run("predict", model, path, x=X, verbose=verbose)
    shown = [line.split("\r")[-1].replace("\b", "") for line in text.getvalue().split("\n")]
    return [re.sub(r"\d+m?u?s(/(step|epoch))?", "TIME", line).rstrip() for line in shown]


@pytest.mark.parametrize(("verbose", "lines"), [("auto", 6), (0, 0), (1, 6), (2, 6)])
def test_the_text_that_stays_on_the_screen_is_the_same_but_for_the_times(verbose: Any, lines: int) -> None:
    shown = printed(EXACT, verbose)
    assert len([line for line in shown if line]) == lines
    assert shown == printed("plain", verbose)


# ---------------------------------------------------------------- the check that guards other versions


def test_the_self_check_finds_no_difference_here() -> None:
    assert self_check.difference() == ""


def test_the_self_check_finds_a_difference_of_one_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.inside.fast_fit import exact_fit

    monkeypatch.setattr(exact_fit, "_shuffled", lambda rows: (tf.range(rows, dtype=tf.int64),))
    assert "weights" in self_check.difference()
