"""Accuracies under the names that Keras gave them before version 2.3: in `history`, in `logs`, in `monitor=`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..patches import Change
from .old_names import METRICS

METRICS_BACK: Mapping[str, str] = {new: old for old, new in METRICS.items()}
Advise = Callable[[str], None]


class OldHistory(dict[str, Any]):
    """A dictionary of metrics which also answers to the other spelling of the accuracy, and says so."""

    def __init__(self, values: Mapping[str, Any], advise: Advise, called: str = "history.history") -> None:
        super().__init__(values)
        self._advise = advise
        self._called = called

    def __missing__(self, key: str) -> Any:
        """The other spelling of the metric, if that is there."""
        other = other_spelling(key)
        if other not in self:
            raise KeyError(key)
        place = self._called
        self._advise(f"{place}[{key!r}] is {other!r} in this Keras; write {place}[{other!r}] instead")
        return self[other]

    def get(self, key: str, default: Any = None) -> Any:
        """As `[]`, with a default for what is there in neither spelling."""
        return self[key] if key in self or other_spelling(key) in self else default

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are plain dictionaries."""
        return (dict, (dict(self),))


def other_spelling(key: str) -> str:
    """`acc` for `accuracy` and the other way round; the empty string for any other name."""
    return METRICS.get(key) or METRICS_BACK.get(key, "")


def answer_in_callbacks(keras: Any, advise: Advise) -> Iterator[Change]:
    """Lets a student's callback read `logs['acc']`, and `monitor='val_acc'` watch what is called otherwise today."""
    shared = keras.src.utils.python_utils
    pythonify = shared.pythonify_logs

    # Through it Keras hands the logs of a batch or an epoch to all callbacks.
    @functools.wraps(pythonify)
    def answering(logs: Any) -> Any:
        return OldHistory(pythonify(logs), advise, "logs")

    yield Change("keras.src.utils.python_utils.pythonify_logs", shared, "pythonify_logs", answering)
    for name in ("EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau"):
        callback = getattr(keras.callbacks, name)
        watching = _watching_by_todays_name(callback.set_model, advise)
        yield Change("keras.callbacks.*.set_model", callback, "set_model", watching)


def _watching_by_todays_name(original: Callable[..., Any], advise: Advise) -> Callable[..., Any]:
    def set_model(self: Any, model: Any) -> Any:
        monitor = str(self.monitor)
        named = asked_for(model)
        # `metrics=['acc']` is called `acc` still.
        if monitor.removeprefix("val_") not in named and other_spelling(monitor).removeprefix("val_") in named:
            self.monitor = other_spelling(monitor)
            self.filepath = getattr(self, "filepath", "").replace(f"{{{monitor}", f"{{{self.monitor}")
            advise(f"monitor={monitor!r} is {self.monitor!r} in this Keras; write monitor={self.monitor!r} instead")
        return original(self, model)

    return set_model


def asked_for(model: Any) -> list[str]:
    """The metrics that `compile` named by a word."""
    compiled = getattr(model, "_compile_metrics", None)
    asked = getattr(compiled, "_user_metrics", None) or []
    return [m for m in (asked if isinstance(asked, list | tuple) else [asked]) if isinstance(m, str)]
