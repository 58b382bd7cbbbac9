"""Answers all rows in one graph, batch by batch as plain `predict` does, which leaves every bit the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from .exact_fit import EpochCallbacks, Epochs


class Rows(Epochs):
    """Images in memory that tell Keras they are one batch; `AnswerFunction` cuts them into the real ones."""

    def __next__(self) -> Any:
        """What Keras hands to the model's function as its one batch."""
        return self


class AnswerFunction:
    """What stands in a model's `predict_function`; Keras drops it at the next `compile`.

    As in training, a batch whose size is known while tracing can give other bits than one whose size is not. Keras
    traces for the first size that it meets as known, and for all others together as unknown: TensorFlow itself is
    asked here which of the two a batch would meet, in the order in which Keras would have met them.
    """

    path = "exact"

    def __init__(self, model: Any) -> None:
        self._model = model
        self._answer = tf.function(lambda batch: model.predict_step((batch,)), reduce_retracing=True, autograph=False)
        self._all = tf.function(self._answers, autograph=False)
        self._known_size: list[bool] = []
        self._trace_of = tf.function(self._new_trace, reduce_retracing=True, autograph=False)
        self._keras_function: Any = None

    def __call__(self, data: Any) -> Any:
        """The answers to all rows; a batch that comes from elsewhere takes Keras's own way."""
        if not isinstance(data[0], Rows):
            return self._as_keras(data)
        (images,), size = data[0].arrays, data[0].size
        whole, rest = divmod(images.shape[0], size)
        sizes = [size] * bool(whole) + [rest] * bool(rest)
        known = tuple(self._is_known(tf.zeros((rows, *images.shape[1:]), images.dtype)) for rows in sizes)
        return self._all(images, size, known, [tf.constant(rows) for rows in sizes])

    def _as_keras(self, data: Any) -> Any:
        for batch in data:
            self._is_known(batch[0])
        if self._keras_function is None:
            self._model.make_predict_function(force=True)
            self._keras_function, self._model.predict_function = self._model.predict_function, self
        return self._keras_function(data)

    def _is_known(self, batch: Any) -> bool:
        return self._known_size[int(self._trace_of(batch))]

    def _new_trace(self, batch: Any) -> Any:
        self._known_size.append(batch.shape[0] is not None)
        return tf.constant(len(self._known_size) - 1)

    def _answers(self, images: Any, size: int, known: tuple[bool, ...], sizes: list[Any]) -> Any:
        """`sizes` repeats, as tensors, what Python knows: a graph cannot tell their values while it is traced."""
        whole, rest = divmod(images.shape[0], size)

        def answer(start: Any, kind: int) -> Any:
            rows = (size if whole and kind == 0 else rest) if known[kind] else sizes[kind]
            return self._answer(tf.slice(images, _place(start, images), _place(rows, images, -1)))

        parts = []
        if whole:
            first = answer(0, 0)
            found = tf.TensorArray(first.dtype, whole, element_shape=(size, *first.shape[1:])).write(0, first)
            step = (lambda n, _: n < whole), (lambda n, all_: (n + 1, all_.write(n, answer(n * size, 0))))
            parts.append(tf.while_loop(*step, (tf.constant(1), found))[1].concat())
        if rest:
            parts.append(answer(whole * size, -1))
        return tf.concat(parts, axis=0)


def _place(first: Any, images: Any, others: int = 0) -> Any:
    """The first of the numbers that `slice` wants for every dimension."""
    return [first, *[others] * (images.shape.rank - 1)]


def predict_arguments(model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that make Keras's `predict` answer all rows at once, from those that passed `exact_rules`."""
    rows = Rows(given["x"], None, batch_size=given.get("batch_size"))
    verbose = given.get("verbose", "auto")
    params = {"verbose": verbose, "epochs": 1, "steps": rows.steps}
    return {
        "x": rows,
        "callbacks": EpochCallbacks(given.get("callbacks"), model=model, add_progbar=verbose != 0, **params),
    }
