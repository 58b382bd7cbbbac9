"""Losses, metrics and optimizers of the program's own: out of their wrappers, and known by the values that they give.

What equals one of Keras's on a few inputs is that one; what equals none is nobody's. A claim, as all that is read here.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import numpy as np

from .genuine import genuine
from .random_states import random_states_kept

LOSSES = (
    "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "kl_divergence",
    "mean_squared_error", "mean_absolute_error", "categorical_hinge", "categorical_focal_crossentropy", "huber",
    "poisson",
)  # fmt: skip
"""What a loss of one's own may be, the lab's first: on one-hot labels some are the same."""
LOGITS = " of logits"
"""Behind the name of a loss that takes what is no probability yet."""
CLOSE = 1e-4
"""Relative; programs add their own small numbers under a logarithm."""
MOST_WRAPPERS = 6
"""Around an optimizer; there is one, and a program may lay them in a ring."""
ROWS, CLASSES, TRIALS = 6, 10, 3
SAYS_NOTHING = frozenset({
    "__init__", "get_config", "from_config", "__module__", "__doc__", "__qualname__", "__annotations__", "__dict__",
    "__weakref__", "__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl",
})  # fmt: skip
"""What a class may have of its own and still do what the one above it does."""
ACCURACIES = frozenset({"CategoricalAccuracy", "SparseCategoricalAccuracy"})


# ---------------------------------------------------------------- wrappers


def sole(value: Any) -> Any:
    """The one loss of a list or dictionary; the value itself where it is neither, or holds several."""
    while isinstance(value, dict | list | tuple) and len(value) == 1:
        value = next(iter(value.values() if isinstance(value, dict) else value))
    return value


def unwrapped(keras: Any, optimizer: Any) -> Any:
    """The optimizer that takes the steps: mixed precision lays another one around it."""
    for _ in range(MOST_WRAPPERS):
        inner = getattr(optimizer, "inner_optimizer", None)
        if not issubclass(type(optimizer), keras.optimizers.LossScaleOptimizer) or inner is None:
            break
        optimizer = inner
    return optimizer


def kind_of_optimizer(keras: Any, optimizer: Any) -> type:
    """Its class, or Keras's above it where that does all the work."""
    kinds = genuine(keras)
    for kind in type(optimizer).__mro__:
        if kinds.is_class_of_keras(kind):
            return kind
        if set(vars(kind)) - SAYS_NOTHING:
            break
    return type(optimizer)


# ---------------------------------------------------------------- by value


def own_loss(keras: Any, loss: Any) -> str | None:
    """Which of Keras's losses one of the program's own computes, empty for none; None for Keras's own, or no loss."""
    loss = sole(loss)
    if loss is None or isinstance(loss, str | dict | list | tuple) or genuine(keras).is_own(loss):
        return None
    with _unfelt():
        return next((name for name in _candidates() if _the_same(keras, loss, name)), "")


def accuracy_name(keras: Any, metrics: Any) -> str:
    """The name of the metric that is the accuracy though it is called otherwise; empty where there is none."""
    named = [m for m in keras.tree.flatten(metrics) if m is not None and not isinstance(m, str)]
    return next((name for m in named if "acc" not in (name := _called(m)) and _is_accuracy(keras, m)), "")


def _called(metric: Any) -> str:
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", ""))


def _is_accuracy(keras: Any, metric: Any) -> bool:
    if isinstance(metric, FunctionType):
        with _unfelt():
            return any(_counts_right(keras, metric, trial) for trial in (False, True))
    if type(metric).__name__ in ACCURACIES:
        return bool(genuine(keras).is_class_of_keras(type(metric)))
    function = getattr(metric, "_fn", None)
    return (
        isinstance(function, FunctionType)
        and isinstance(metric, keras.metrics.MeanMetricWrapper)
        and (
            function in {keras.metrics.categorical_accuracy, keras.metrics.sparse_categorical_accuracy}
            or (not genuine(keras).is_own(function) and _is_accuracy(keras, function))
        )
    )


def _counts_right(keras: Any, metric: Callable[..., Any], sparse: bool) -> bool:
    for labels, scores in _inputs(sparse):
        right = scores.argmax(axis=1) == (labels.ravel() if sparse else labels.argmax(axis=1))
        if not _agree(keras, metric, (labels, scores), right.astype(np.float32)):
            return False
    return True


def _candidates() -> Iterator[str]:
    for name in LOSSES:
        yield name
        if "categorical_cross" in name:
            yield name + LOGITS


def _the_same(keras: Any, loss: Callable[..., Any], name: str) -> bool:
    plain = name.removesuffix(LOGITS)
    of_keras = getattr(keras.losses, plain)
    given: Mapping[str, Any] = {"from_logits": True} if name.endswith(LOGITS) else {}
    for labels, shares in _inputs("sparse" in name):
        scores = np.log(shares) * 2 + 1 if given else shares
        expected = np.asarray(of_keras(labels, scores, **given))
        if not _agree(keras, loss, (labels, scores), expected):
            return False
    return True


def _agree(keras: Any, function: Callable[..., Any], given: tuple[Any, Any], expected: Any) -> bool:
    """One value for each row, or the mean of all."""
    try:
        found = np.asarray(function(*(keras.ops.convert_to_tensor(one) for one in given)), np.float64)
    except Exception:  # noqa: BLE001 (a program's own function, which may take other labels, or fail in any way)
        return False
    if found.size == expected.size:
        return bool(np.allclose(found.ravel(), expected.ravel(), rtol=CLOSE, atol=CLOSE))
    return found.size == 1 and bool(np.isclose(float(found.ravel()[0]), float(expected.mean()), rtol=CLOSE, atol=CLOSE))


def _inputs(sparse: bool) -> Iterator[tuple[Any, Any]]:
    """Labels and shares of certainty as a batch of the lab has them; the rows differ, and so do their sizes."""
    for trial in range(TRIALS):
        numbers = np.random.Generator(np.random.PCG64(trial))
        classes = numbers.permutation(CLASSES)[:ROWS]
        shares = numbers.dirichlet(np.full(CLASSES, 0.5 + trial), ROWS)
        # Nowhere so near to nothing that what a program adds there would tell.
        shares = ((shares + 0.01) / (shares + 0.01).sum(axis=1, keepdims=True)).astype(np.float32)
        labels = classes.astype(np.int64)[:, None] if sparse else np.eye(CLASSES, dtype=np.float32)[classes]
        yield labels, shares


@contextmanager
def _unfelt() -> Iterator[None]:
    """What a program's function prints or draws meanwhile is not the program's."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        random_states_kept(),
    ):
        yield
