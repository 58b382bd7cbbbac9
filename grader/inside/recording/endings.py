"""Why a `fit` ended before its last epoch, and how many steps it did: what was trained, not what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

import numpy as np

from ..describe import number, tried
from ..protocol import BY_KERAS, BY_PROGRAM, KERAS_BATCH
from .numbers import whole

BEHAVIOUR = ("on_train_begin", "on_epoch_end", "get_monitor_value", "_set_monitor_op", "_is_improvement")
"""By which EarlyStopping decides."""


class Ended(TypedDict):
    """What the end of a `fit` says beside its weights."""

    ended_by: str
    monitor: str
    steps: int | None


class Endings:
    """Made before the student's first line: Keras's own classes are known by identity, whatever they are called."""

    def __init__(self, keras: Any) -> None:
        self._stopping: Any = keras.callbacks.EarlyStopping
        self._list: Any = keras.callbacks.CallbackList
        self._flat = keras.tree.flatten
        self._own = {name: getattr(self._stopping, name, None) for name in BEHAVIOUR}
        self._networks = frozenset({keras.Sequential, keras.Model, keras.src.models.functional.Functional})
        self._scaled: Any = keras.optimizers.LossScaleOptimizer

    def facts(self, model: Any, given: Mapping[str, Any], watcher: Any) -> Ended:
        """What was trained of what a `fit` was asked for; `watcher` is the recorder's own callback."""
        early = watcher.done < whole(given.get("epochs", 1)) - whole(given.get("initial_epoch", 0))
        ended_by, monitor = self.of(given["callbacks"], watcher.last) if early else ("", "")
        before, after = watcher.began_at, self.steps(model)
        steps = None if before is None or after is None else max(0, after - before)
        return Ended(ended_by=ended_by, monitor=monitor, steps=steps)

    def of(self, callbacks: Any, last_epoch: int) -> tuple[str, str]:
        """Who ended a `fit` behind that epoch though more were to come, and what EarlyStopping looked at."""
        for one in self._each(callbacks):
            if self._is_early_stopping(one) and vars(one)["stopped_epoch"] == last_epoch and one.wait >= one.patience:
                return BY_KERAS, str(one.monitor)
        return BY_PROGRAM, ""

    def steps(self, model: Any) -> int | None:
        """What the optimizer has counted so far; None where it need not count the steps of Keras's own training."""
        optimizer = tried(lambda: getattr(model, "optimizer", None), None)
        if type(model) not in self._networks or optimizer is None or issubclass(type(optimizer), self._scaled):
            return None
        # The public name counts otherwise where gradients are accumulated; no number in TensorFlow 1's graphs.
        steps = number(tried(lambda: optimizer._iterations, None))  # noqa: SLF001
        return None if steps is None else int(steps)

    def _each(self, callbacks: Any) -> Iterator[Any]:
        flat: Iterable[Any] = callbacks.callbacks if isinstance(callbacks, self._list) else self._flat(callbacks)
        for one in flat:
            yield from self._each(one) if isinstance(one, self._list) else (one,)

    def _is_early_stopping(self, callback: Any) -> bool:
        """Also a student's class that only adds to it; not one that decides otherwise."""
        # Of the very class: `isinstance` also asks the object, which may say what it likes.
        return issubclass(type(callback), self._stopping) and all(
            getattr(type(callback), name, None) is method and name not in vars(callback)
            for name, method in self._own.items()
        )


def images_a_validation(given: Mapping[str, Any]) -> int | None:
    """How many images each validation of a `fit` takes at most; None where it takes all."""
    return whole(given.get("validation_steps")) * _size(given, "validation_batch_size", "batch_size") or None


def of_these(images: Any, given: Mapping[str, Any]) -> Any:
    """The images that `evaluate` or `predict` looks at: with a number of steps it takes the first so many batches."""
    most = whole(given.get("steps")) * _size(given, "batch_size")
    return images[:most] if most and isinstance(images, np.ndarray) else images


def _size(given: Mapping[str, Any], *names: str) -> int:
    """Of a batch, by the first name that says it; Keras's own where none does."""
    return next((size for name in names if (size := whole(given.get(name)))), KERAS_BATCH)
