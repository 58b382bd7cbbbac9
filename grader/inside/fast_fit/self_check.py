"""Compares exact and plain training of a small network, for versions of Keras that nobody has compared yet."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from .exact_fit import EpochFunction, fit_arguments


def difference() -> str:
    """What differs after two epochs, as a reason not to take the exact path; the empty string if every bit agrees.

    Leaves the random state, the names of layers and Keras's session changed: only before the student's first line.
    """
    try:
        plain, exact = (_outcome(exact=exact) for exact in (False, True))
    except Exception as error:  # noqa: BLE001 (whatever a future Keras does, the student's training must go on)
        return f"this version of Keras cannot train a whole epoch in one graph: {type(error).__name__}: {error}"[:300]
    finally:
        keras.backend.clear_session()
    parts = [name for name in plain if not _same(plain[name], exact[name])]
    return f"with this version of Keras it is not bit for bit the same: {', '.join(parts)}" if parts else ""


def _outcome(*, exact: bool) -> dict[str, Any]:
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    numbers = np.random.default_rng(1)
    x = numbers.random((70, 12), np.float32)
    y = np.eye(3, dtype=np.float32)[numbers.integers(0, 3, 70)]
    model = _network()
    call: dict[str, Any] = {"x": x, "y": y, "batch_size": 8, "epochs": 2, "validation_split": 0.3, "verbose": 0}
    if exact:
        call = fit_arguments(model, call)
        model.train_function = EpochFunction(model, model.train_step)
        model.test_function = EpochFunction(model, model.test_step)
    history = model.fit(**call).history
    variables = [np.asarray(variable) for variable in model.optimizer.variables]
    draw = np.asarray(keras.random.uniform((2,)))
    return {"history": history, "weights": model.get_weights(), "optimizer": variables, "random numbers": [draw]}


def _network() -> Any:
    layers = keras.layers
    hidden = [layers.Dense(6), layers.BatchNormalization(), layers.Activation("elu"), layers.Dropout(0.2)]
    model = keras.Sequential([keras.Input((12,)), *hidden, layers.Dense(3, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return bool(one == other)
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
