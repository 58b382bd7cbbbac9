"""Writes each epoch of a `fit` as it ends, by a callback among the student's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..describe import weights_digest
from ..environment.stand_ins import Nothing
from ..protocol import Epoch
from ..trace import Trace
from .numbers import as_float


def epoch_recorder(keras: Any, trace: Trace) -> Any:
    """The class of the callback for the `fit` of a number; made once, so that no `fit` makes new ways to the trace."""
    base: Any = keras.callbacks.Callback

    class EpochRecorder(base):  # type: ignore[misc]
        def __init__(self, number: int, steps: int | None = None, trains: Any = None) -> None:
            """`steps`: what its optimizer had counted when the `fit` began; `trains`: the model.

            A list of Keras's own, made before, tells who comes later of no model.
            """
            super().__init__()
            self.trains = trains
            self._number = number
            self.began_at = steps
            self.done = 0
            self.last = -1

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            self.done, self.last = self.done + 1, epoch
            with trace.guarded("epoch"):
                # A metric of one value for each class is an array, and no curve.
                single = {str(k): as_float(v) for k, v in (logs or {}).items() if np.ndim(v) == 0}
                held = "" if self.trains is None else weights_digest(trace, self.trains)
                trace.write(Epoch(t="epoch", fit=self._number, epoch=epoch, logs=single, weights=held))

    return EpochRecorder


def watched(keras: Any, callbacks: Any, recorder: Any) -> Any:
    """The student's callbacks, in whatever form Keras takes them, and ours; a list of Keras's own stays as it is."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    flat = [c for c in keras.tree.flatten(callbacks) if not (c is None or isinstance(c, Nothing))]
    if not flat:
        # Without a callback nobody can keep an epoch's weights, and telling them apart costs a tenth of a training.
        recorder.trains = None
    return [*flat, recorder]


@contextmanager
def among(callbacks: Any, recorder: Any) -> Iterator[None]:
    """While this lasts, a `CallbackList`, which Keras takes as it is, holds ours too; the student may use it again."""
    held = getattr(callbacks, "callbacks", None)
    if not isinstance(held, list):
        yield
        return
    held.append(recorder)
    try:
        yield
    finally:
        held[:] = [one for one in held if one is not recorder]
