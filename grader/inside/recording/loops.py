"""Notices training that does not go through `fit`: loops with GradientTape, and `train_on_batch`."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from ..by_identity import ByIdentity
from ..describe import weights
from ..patches import Change
from ..protocol import FitEnd
from ..trace import Trace

TAPE = "GradientTape"
BATCHES = "train_on_batch"
Begun = Callable[[Any, Any, str, Any], int]
"""Told the model, its optimizer, how it is trained and the first images (or None); gives the number of the training."""


class Loops:
    """Tells `begun` once of a model that is trained step by step, and writes its weights when a cell ends."""

    def __init__(self, trace: Trace, keras: Any, begun: Begun, inside_fit: Callable[[], bool]) -> None:
        self._trace = trace
        self._keras = keras
        self._begun = begun
        self._inside_fit = inside_fit
        self._optimizers: ByIdentity[bool] = ByIdentity()
        self._running: dict[int, Any] = {}
        """Models by the number of their training; held, so that one that is thrown away is still seen whole."""
        self._seen: ByIdentity[bool] = ByIdentity()
        self._in_batch = False

    def changes(self, shell: Any) -> Iterator[Change]:
        """Looks at every step of an optimizer, and at the models when a cell ends."""
        optimizer: Any = self._keras.src.optimizers.base_optimizer.BaseOptimizer
        apply, model_class = optimizer.apply, self._keras.Model
        owner = next(c for c in model_class.__mro__ if "train_on_batch" in vars(c))
        on_batch = owner.train_on_batch

        @functools.wraps(apply)
        def applying(this: Any, grads: Any, trainable_variables: Any = None) -> Any:
            if not (self._in_batch or self._inside_fit() or this in self._optimizers):
                # A step is often traced first, where no weights can be read.
                with self._trace.guarded("a training loop"), tf.init_scope():
                    self._step(this, trainable_variables)
            return apply(this, grads, trainable_variables)

        @functools.wraps(on_batch)
        def train_on_batch(this: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._inside_fit():
                with self._trace.guarded("a training loop"):
                    self._begin(this, this.optimizer, BATCHES, x)
            self._in_batch = True
            try:
                return on_batch(this, x, *args, **kwargs)
            finally:
                self._in_batch = False

        yield Change("keras.optimizers.Optimizer.apply", optimizer, "apply", applying)
        yield Change("keras.Model.train_on_batch", owner, "train_on_batch", train_on_batch)
        shell.events.register("post_run_cell", lambda _result: self._end())

    def _step(self, optimizer: Any, variables: Any) -> None:
        self._optimizers[optimizer] = True
        model = self._owner_of(list(variables or ()))
        if model is not None:
            self._begin(model, optimizer, TAPE, None)

    def _owner_of(self, variables: list[Any]) -> Any:
        """The smallest model that all variables belong to; looked for once an optimizer, among all objects."""
        wanted = {id(variable) for variable in variables}
        models = [o for o in gc.get_objects() if issubclass(type(o), self._keras.Model)]
        owners = [m for m in models if wanted and wanted <= {id(v) for v in m.trainable_variables}]
        return min(owners, key=lambda m: len(m.trainable_variables), default=None)

    def _begin(self, model: Any, optimizer: Any, how: str, images: Any) -> None:
        if model not in self._seen:
            self._seen[model] = True
            self._running[self._begun(model, optimizer, how, images)] = model

    def _end(self) -> None:
        with self._trace.guarded("a training loop"):
            for number, model in self._running.items():
                end = FitEnd(t="fit_end", fit=number, error="", weights=weights(self._trace, model))
                self._trace.write(end)
            # What goes on in a later cell begins anew there, and is the same run.
            self._running.clear()
            self._seen.clear()
            self._optimizers.clear()
