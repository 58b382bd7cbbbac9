"""A model of a class of the student's own, as the graph of layers that its `call` makes of one input.

Keras describes such a class by its name alone. Nothing of the model is changed: what Keras notes of the layers' calls
is taken back, and so are the names that it has counted.
"""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from .genuine import genuine
from .random_states import random_states_kept

DOES = ("__call__", "train_step", "test_step", "predict_step", "compute_loss", "compute_metrics", "stateless_call")
"""What a class must leave to Keras; else it does more than its layers do."""
INPUT = "input_of_the_grader"


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A graph, and in which of its calls a layer only was told whether the model trains."""

    graph: Any
    told: frozenset[str] = frozenset()
    """Names of layers that were given the model's own `training`."""


@contextlib.contextmanager
def unrolled(keras: Any, model: Any) -> Iterator[Unrolled | None]:
    """The graph, for as long as this lasts; None for Keras's own models, and for what makes no graph."""
    with _unnoticed(keras, model):
        try:
            found = _unrolled(keras, model)
        except Exception:  # noqa: BLE001 (the student's `call` may fail here in any way)
            found = None
        yield found


def weight_order(keras: Any, model: Any) -> list[int] | None:
    """Where the weights of the graph stand among those of the model; None where they are in that order."""
    if model not in _ORDERS:
        if genuine(keras).is_class_of_keras(type(model)) or not model.built:
            return None
        with unrolled(keras, model) as found:
            places = {id(weight): n for n, weight in enumerate(model.weights)}
            order = [places[id(weight)] for weight in found.graph.weights] if found else []
            _ORDERS[model] = order if order != sorted(order) else None
    return _ORDERS[model]


_ORDERS: WeakKeyDictionary[Any, list[int] | None] = WeakKeyDictionary()


def _unrolled(keras: Any, model: Any) -> Unrolled | None:
    kind: Any = type(model)
    known = genuine(keras)
    bases = [base for base in kind.__mro__ if known.is_class_of_keras(base)]
    if not issubclass(kind, keras.Model) or known.is_class_of_keras(kind) or vars(model).keys() & {*DOES, "call"}:
        return None
    if not model.weights:
        # It says that it is built, and what it is made of is not: that would be built here, before its time.
        return None
    if any(getattr(kind, name) is not getattr(bases[0], name) for name in DOES):
        return None
    if bases[0] is not keras.Model:
        # A Sequential or a functional model under a name of the student's.
        return Unrolled(model) if kind.call is bases[0].call else None
    if "training" not in inspect.signature(model.call).parameters:
        return _whole(model, Unrolled(_called(keras, model)))
    in_use = _modes(keras, _called(keras, model, training=False))
    graph = _called(keras, model, training=True)
    in_training = _modes(keras, graph)
    told = frozenset(name for name, mode in in_training.items() if mode is True and not in_use.get(name))
    # `if training: x = self.dropout(x)` is what Dropout does by itself.
    dropping = {op.name for op in graph.operations if isinstance(op, keras.layers.Dropout)}
    same = [name for name in in_training if name not in dropping] == [name for name in in_use if name not in dropping]
    return _whole(model, Unrolled(graph, told)) if same else None


def _called(keras: Any, model: Any, **mode: bool) -> Any:
    ((_, *sizes),) = model._build_shapes_dict.values()  # noqa: SLF001 (for what it was built, and said nowhere else)
    start = keras.Input(tuple(sizes), name=INPUT)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        answer = model.call(start, **mode)
    return keras.Model(start, answer, name=model.name)


def _whole(model: Any, found: Unrolled) -> Unrolled | None:
    """Only if all weights of the model are in it: what else it has could do anything."""
    same = {id(weight) for weight in found.graph.weights} == {id(weight) for weight in model.weights}
    return found if same else None


def _modes(keras: Any, graph: Any) -> dict[str, Any]:
    """Its layers in order, with what each was told of whether the model trains; for the calls made last."""
    layers = [op for op in graph.operations if isinstance(op, keras.Layer) and op._inbound_nodes]  # noqa: SLF001
    return {layer.name: layer._inbound_nodes[-1].arguments.kwargs.get("training") for layer in layers}  # noqa: SLF001


@contextlib.contextmanager
def _unnoticed(keras: Any, model: Any) -> Iterator[None]:
    """Afterwards, Keras's notes about the layers and its counts of names are what they were."""
    layers = model._flatten_layers()  # noqa: SLF001 (the public `layers` stops at nested models)
    notes = [note for layer in layers for note in (layer._inbound_nodes, layer._outbound_nodes)]  # noqa: SLF001
    lengths = [len(note) for note in notes]
    counts = keras.src.backend.common.global_state.get_global_attribute("object_name_uids", {})
    before = dict(counts)
    try:
        with random_states_kept():
            yield
    finally:
        for note, length in zip(notes, lengths, strict=True):
            del note[length:]
        counts.clear()
        counts.update(before)
