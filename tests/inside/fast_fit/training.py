"""Trains the same network plainly and fast, and lays side by side everything that a student could see afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state

from grader.inside.fast_fit.speed import EXACT, Speed
from reference import data, stages

Build = Callable[[], Any]
ROWS = 2_000


def mnist(rows: int = ROWS, kind: str = "float32") -> tuple[Any, Any]:
    """Real images (rows, 784) and one-hot labels (rows, 10)."""
    images = data.load().train_images[:rows].reshape(rows, -1).astype(kind)
    return images, np.eye(10, dtype=np.float32)[data.load().train_labels[:rows]]


def stage(name: str) -> Build:
    """The builder of a stage of the lab."""
    return lambda: stages.build(next(s for s in stages.STAGES if s.id == name))


def run(method: str, model: Any, path: str, **given: Any) -> Any:
    """Calls `fit` or `evaluate` plainly or as planned; fails if the plan takes another path than `path`."""
    if path == "plain":
        return getattr(model, method)(**given)
    plan = getattr(Speed(keras), method)(model, given)
    assert plan.path == path, plan.reason
    with plan.in_force(model):
        return getattr(model, method)(**plan.arguments)


def fit(model: Any, path: str, **given: Any) -> Any:
    """One `fit`, silent unless it says otherwise."""
    return run("fit", model, path, **{"verbose": 0, **given})


def state_after(model: Any, answers: list[Any]) -> dict[str, Any]:
    """All that may differ: what was returned, every variable, and where the random states and names now are."""
    histories = [getattr(answer, "history", answer) for answer in answers]
    names = global_state.get_global_attribute("object_name_uids", {})
    return {
        "history": histories,
        "epochs": [getattr(answer, "epoch", None) for answer in answers],
        "params": [str(getattr(answer, "params", None)) for answer in answers],
        "weights": [np.asarray(w) for w in model.weights],
        "optimizer": [np.asarray(v) for v in model.optimizer.variables],
        "metrics": [np.asarray(v) for v in model.metrics_variables],
        "paths": [v.path for v in (*model.weights, *model.optimizer.variables, *model.metrics_variables)],
        "random": [random.getstate(), _numpy_state(), dict(names)],
        "next numbers": [np.asarray(keras.random.uniform((3,))), np.asarray(tf.random.uniform((3,)))],
    }


def _numpy_state() -> list[Any]:
    return list(np.random.get_state(legacy=False)["state"]["key"])


def outcome(build: Build, path: str, script: Callable[[Any, str], list[Any]], seed: int = 7) -> dict[str, Any]:
    """Builds and trains in a fresh session, from the same random state."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = build()
    return state_after(model, script(model, path))


def outcomes(build: Build, path: str, script: Callable[[Any, str], list[Any]], seeds: Sequence[int]) -> list[Any]:
    """The outcome for each seed, of one network that is put back to its beginning: traced once, not once a seed."""
    keras.backend.clear_session()
    found = []
    for n, seed in enumerate(seeds):
        keras.utils.set_random_seed(seed)
        fresh = build()
        fresh.optimizer.build(fresh.trainable_variables)
        if n == 0:
            model = fresh
        for old, new in zip(_all_variables(model), _all_variables(fresh), strict=True):
            old.assign(new)
        found.append(state_after(model, script(model, path)))
    return found


def _all_variables(model: Any) -> list[Any]:
    """Weights, the states of what draws numbers within layers, and the optimizer's."""
    return [*model.variables, *model.optimizer.variables]


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit; NaN equals NaN."""
    if isinstance(one, dict):
        return bool(one.keys() == other.keys() and all(same(one[k], other[k]) for k in one))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.tobytes() == other.tobytes())
    equal: bool = one == other or (one != one and other != other)  # noqa: PLR0124 (NaN)
    return equal


def differences(build: Build, script: Callable[[Any, str], list[Any]], path: str = EXACT, seed: int = 7) -> list[str]:
    """The names of what differs between plain Keras and `path`."""
    plain, fast = (outcome(build, p, script, seed) for p in ("plain", path))
    return [name for name in plain if not same(plain[name], fast[name])]


def fits(**given: Any) -> Callable[[Any, str], list[Any]]:
    """A script of one `fit`."""
    return lambda model, path: [fit(model, path, **given)]
