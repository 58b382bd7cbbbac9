"""A loss, a metric or an optimizer of the program's own is known by what it gives, and by nothing else."""

import functools
import random
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from grader.inside.by_value import LOGITS, accuracy_name, own_loss
from grader.inside.describe import compile_facts, loss_name, trained_by
from grader.inside.genuine import genuine

genuine(keras)
CE = keras.losses.categorical_crossentropy
OPS = keras.ops


class Own(keras.losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return CE(y_true, y_pred)


def mean_of_rows(labels: Any, shares: Any) -> Any:
    return OPS.mean(-OPS.sum(labels * OPS.log(shares + 1e-9), axis=-1))


def by_place(labels: Any, shares: Any) -> Any:
    return keras.losses.sparse_categorical_crossentropy(labels, shares)


def by_tensorflow(labels: Any, scores: Any) -> Any:
    return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=scores)


def raising(labels: Any, shares: Any) -> Any:
    raise RuntimeError(f"not with {labels} and {shares}")


def smoothed(labels: Any, shares: Any) -> Any:
    return CE(labels, shares, label_smoothing=0.1)


SAME = "categorical_crossentropy"
LOSSES: dict[str, tuple[Any, str]] = {
    "a lambda": (lambda y, p: 1 * CE(y, p), SAME),
    "an object": (Own(), SAME),
    "a function with arguments": (functools.partial(CE, from_logits=False), SAME),
    "written out": (mean_of_rows, SAME),
    "of the backend": (tf.keras.backend.categorical_crossentropy, SAME),
    "of logits, by TensorFlow": (by_tensorflow, SAME + LOGITS),
    "of logits": (functools.partial(CE, from_logits=True), SAME + LOGITS),
    "of class numbers": (by_place, "sparse_categorical_crossentropy"),
    "squares": (lambda y, p: OPS.mean((y - p) ** 2, axis=-1), "mean_squared_error"),
    "twice as much": (lambda y, p: 2 * CE(y, p), ""),
    "with the sign turned": (lambda y, p: -CE(y, p), ""),
    "of the first row alone": (lambda y, p: CE(y, p)[:1], ""),
    "always the same": (lambda y, p: 2.3, ""),  # noqa: ARG005 (a loss takes two)
    "smoothed": (smoothed, ""),
    "one that raises": (raising, ""),
    "in a list": ([lambda y, p: CE(y, p) + 0], SAME),
}
OF_KERAS: dict[str, Any] = {
    "a text": SAME,
    "a function": CE,
    "an object": keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    "a list": [SAME],
    "a dictionary": {"digits": keras.losses.CategoricalCrossentropy()},
}


@pytest.mark.parametrize("which", sorted(LOSSES))
def test_a_loss_of_the_programs_own_is_what_it_computes(which: str) -> None:
    loss, computes = LOSSES[which]
    assert own_loss(keras, loss) == computes


@pytest.mark.parametrize("which", sorted(OF_KERAS))
def test_a_loss_of_kerass_own_is_known_by_its_name_alone_or_in_a_list(which: str) -> None:
    assert own_loss(keras, OF_KERAS[which]) is None
    assert loss_name(keras, OF_KERAS[which]) == SAME


def test_a_loss_that_goes_by_a_name_of_kerass_is_compared_as_any_other() -> None:
    def categorical_crossentropy(labels: Any, shares: Any) -> Any:
        return 0 * CE(labels, shares)

    assert own_loss(keras, categorical_crossentropy) == ""
    assert loss_name(keras, categorical_crossentropy).endswith("of one's own)")


def test_comparing_is_not_felt(capsys: pytest.CaptureFixture[str]) -> None:
    def noisy(labels: Any, shares: Any) -> Any:
        sys.stdout.write(f"called {random.random()} {np.random.rand()}")
        return CE(labels, shares)

    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    assert own_loss(keras, noisy) == SAME
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------- metrics


def hits(labels: Any, shares: Any) -> Any:
    return OPS.mean(OPS.equal(OPS.argmax(labels, axis=-1), OPS.argmax(shares, axis=-1)))


def misses(labels: Any, shares: Any) -> Any:
    return 1 - hits(labels, shares)


METRICS: dict[str, tuple[Any, str]] = {
    "an object": ([keras.metrics.AUC(name="auc"), keras.metrics.CategoricalAccuracy(name="kat")], "kat"),
    "in a dictionary": ({"digits": [keras.metrics.SparseCategoricalAccuracy(name="kat")]}, "kat"),
    "a wrapped function": ([keras.metrics.MeanMetricWrapper(keras.metrics.categorical_accuracy, name="m")], "m"),
    "a function": ([hits], "hits"),
    "another function": ([misses], ""),
    "another object": ([keras.metrics.Precision(name="p")], ""),
    "of single outputs": ([keras.metrics.BinaryAccuracy(name="b")], ""),
    "by its name": (["accuracy"], ""),
    "under a name that says it": ([keras.metrics.CategoricalAccuracy(name="my_acc")], ""),
    "none": (None, ""),
}


@pytest.mark.parametrize("which", sorted(METRICS))
def test_a_metric_is_the_accuracy_if_it_is(which: str) -> None:
    metrics, name = METRICS[which]
    assert accuracy_name(keras, metrics) == name


# ---------------------------------------------------------------- optimizers


class Renamed(keras.optimizers.Adam):
    def __init__(self) -> None:
        super().__init__(learning_rate=0.001)


class Backwards(keras.optimizers.SGD):
    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(-gradient, variable, learning_rate)


OPTIMIZERS: dict[str, tuple[Callable[[], Any], str, float]] = {
    "of mixed precision": (lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.001)), "adam", 0.001),
    "with averages": (lambda: keras.optimizers.SGD(0.25, use_ema=True), "sgd", 0.25),
    "that is Keras's under another name": (Renamed, "adam", 0.001),
    "that steps otherwise": (lambda: Backwards(0.25), "backwards", 0.25),
}


@pytest.mark.parametrize("which", sorted(OPTIMIZERS))
def test_an_optimizer_is_the_one_that_takes_the_steps(which: str) -> None:
    make, name, rate = OPTIMIZERS[which]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(make(), by_tensorflow)
    facts = compile_facts(keras, model)
    assert (facts["optimizer"], facts["learning_rate"]) == (name, pytest.approx(rate))
    used = trained_by(keras, model)
    assert (used["own_loss"], used["from_logits"]) == (SAME, True)
