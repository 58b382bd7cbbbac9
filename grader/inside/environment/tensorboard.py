"""TensorBoard, which is not installed here: what would be logged for it is left out, and training goes on."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from ..patches import Change
from .stand_ins import WHY

Advise = Callable[[str], None]

SUMMARIES = ("scalar", "histogram", "image", "text", "audio")
"""What TensorFlow leaves to TensorBoard, and raises without it."""


def log_nothing(keras: Any, tensorflow: Any, advise: Advise) -> Iterator[Change]:
    """The callback and the summaries do nothing; as they are where TensorBoard is installed."""
    if importlib.util.find_spec("tensorboard") is not None:
        return
    callback = keras.callbacks.TensorBoard

    def quiet(_self: Any, *_arguments: Any, **_named: Any) -> None:
        advise(f"TensorBoard {WHY}")

    for name in vars(callback):
        # What it does at each step: the rest (params, model) is every callback's.
        if name.startswith("on_"):
            # One that looks at no batch lets a training take the fast path.
            instead = getattr(keras.callbacks.Callback, name) if "batch" in name else quiet
            yield Change("keras.callbacks.TensorBoard.on_*", callback, name, instead)
    # Its own would make the writers.
    yield Change("keras.callbacks.TensorBoard.set_model", callback, "set_model", keras.callbacks.Callback.set_model)
    for name in SUMMARIES:
        yield Change(
            "tensorflow.summary.*", tensorflow.summary, name, _silent(getattr(tensorflow.summary, name), advise)
        )


def _silent(original: Callable[..., Any], advise: Advise) -> Callable[..., Any]:
    signature = inspect.signature(original)

    def summary(*arguments: Any, **named: Any) -> bool:
        signature.bind(*arguments, **named)
        advise(f"TensorBoard {WHY}")
        return False

    summary.__name__ = original.__name__
    return summary
