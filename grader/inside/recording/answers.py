"""What a network was asked: `evaluate`, `predict`, their `_on_batch` sisters, and a call of the network itself."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from ..by_identity import ByIdentity
from ..describe import weights_digest
from ..looking import LOOKING
from ..patches import Change
from ..protocol import TEST_IMAGES, Evaluated
from ..trace import Trace
from .arrays import ArrayRecorder, as_array
from .endings import of_these
from .numbers import accuracy_in
from .streams import Streams

MOST_JOINED = 20
"""Rounds over all test images in one program, batch by batch, that are put together."""
MOST_BYTES = 128 << 20
"""Of the batches that are kept until they are all test images."""
Kind = Literal["evaluate", "predict"]


@dataclass(slots=True)
class _Round:
    """The batches that one network was asked for so far."""

    batches: list[Any] = field(default_factory=list)
    rows: int = 0


class Within(threading.local):
    """What the running thread is in the middle of; an `evaluate` beside another thread's `fit` is nobody's part."""

    fits = 0
    asks = 0

    @property
    def asking(self) -> bool:
        """Whether what asks a network is a part of something larger."""
        return bool(self.fits or self.asks)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """What a network is asked meanwhile is one question."""
        self.asks += 1
        try:
            yield
        finally:
            self.asks -= 1


@dataclass(slots=True)
class Answers:
    """The hooks on what asks a network."""

    _trace: Trace
    _keras: Any
    _cell: Callable[[], int]
    _arrays: ArrayRecorder
    _number: Callable[[Any], int]
    _used: Callable[[Any], None]
    """Told of a model whose state is a result from now on."""
    _within: Within
    _rounds: ByIdentity[_Round] = field(default_factory=ByIdentity)
    _joined: int = 0

    def changes(self) -> Iterator[Change]:
        """On single batches, and on the call of a network, seen where Keras looks whether it is built."""
        model = self._keras.Model
        kinds: Mapping[str, Kind] = {"predict_on_batch": "predict", "test_on_batch": "evaluate"}
        for name, kind in kinds.items():
            owner = next(c for c in model.__mro__ if name in vars(c))
            yield Change(f"keras.Model.{name}", owner, name, self._on_batch(getattr(owner, name), kind))
        original = model._maybe_build  # noqa: SLF001 (in private_names)

        @functools.wraps(original)
        def maybe_build(this: Any, call_spec: Any) -> Any:
            answer = original(this, call_spec)
            if not (self._within.asking or LOOKING.now) and call_spec.eager and self._nobody_calls():
                with self._trace.guarded("a call of a model"):
                    self._called(this, call_spec)
            return answer

        yield Change("keras.Model._maybe_build", model, "_maybe_build", maybe_build)

    def answered(self, kind: Kind, model: Any, images: Any, accuracy: float | None) -> None:
        """Writes that a network was asked for all these images."""
        self._used(model)
        x = self._arrays.describe(images)
        self._trace.write(
            Evaluated(
                t="evaluate",
                kind=kind,
                model=self._number(model),
                cell=self._cell(),
                x=x,
                accuracy=accuracy,
                weights=weights_digest(self._trace, model),
            )
        )
        rows = as_array(images)
        if rows is not None and len(rows) < TEST_IMAGES:
            self._part(kind, model, rows)

    def _on_batch(self, original: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(this: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
            with self._within.asked():
                answer = original(this, x, *args, **kwargs)
            if not self._within.asking:
                with self._trace.guarded(original.__name__):
                    self._single(kind, this, x, accuracy_in(self._keras, this, answer) if kind == "evaluate" else None)
            return answer

        return method

    def _called(self, model: Any, call_spec: Any) -> None:
        """Of a network that is asked; one that is called to be trained is asked nothing."""
        images = call_spec.first_arg
        told = call_spec.user_arguments_dict.get("training")
        if not hasattr(images, "shape") or (isinstance(told, bool) and told):
            return
        if tf.executing_eagerly():
            self._single("predict", model, images, None)
            return
        # While a function of the program's own is traced: it will be asked, and nobody sees for what. Where work is
        # distributed, Keras itself calls the model so, in threads of its own.
        if not tf.distribute.has_strategy():
            with tf.init_scope():
                self.answered("predict", model, None, None)

    def _single(self, kind: Kind, model: Any, images: Any, accuracy: float | None) -> None:
        rows = images.shape[0] if getattr(images, "shape", ()) else 0
        if rows == TEST_IMAGES:
            self.answered(kind, model, images, accuracy)
        elif 0 < rows < TEST_IMAGES:
            self._part(kind, model, images)

    def _part(self, kind: Kind, model: Any, images: Any) -> None:
        """Batches that are all test images together are one question."""
        if self._joined >= MOST_JOINED:
            return
        self._rounds[model] = so_far = self._rounds.get(model) or _Round()
        so_far.batches.append(images)
        so_far.rows += images.shape[0]
        if so_far.rows >= TEST_IMAGES or so_far.rows * int(np.prod(images.shape[1:])) * 4 > MOST_BYTES:
            self._rounds[model] = _Round()
            if so_far.rows == TEST_IMAGES:
                self._joined += 1
                self.answered(kind, model, np.concatenate([np.asarray(b) for b in so_far.batches]), None)

    def _nobody_calls(self) -> bool:
        """Whether no layer is in the middle of its own call."""
        state = self._keras.src.backend.common.global_state
        return state.get_global_attribute("current_call_ctx") is None


def images_of(streams: Streams, given: dict[str, Any]) -> Callable[[], Any]:
    """What gives the images of a call, when it is over."""
    seen = streams.look_into(given, "x", "steps")
    images = of_these(given.get("x"), given)
    return (lambda: images) if seen is None else (lambda: seen.x)


def bound(original: Callable[..., Any], model: Any, args: Any, kwargs: Any) -> dict[str, Any] | None:
    """The arguments by their names; None for a call that Keras will refuse."""
    try:
        return dict(inspect.signature(original).bind(model, *args, **kwargs).arguments)
    except TypeError:
        return None
