"""A model of a class of the student's own, as the graph of layers that its `call` makes of one input.

Keras describes such a class by its name alone. A graph is only taken for the model if it gives, to the bit, what the
model gives in a graph function such as `fit` runs: in use, and in training with the same random numbers. What Keras
notes of these calls, the names that it counts, the weights and the model's attributes are put back; what `call` does
elsewhere (a list that it appends to) is done some more times.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from .by_identity import ByIdentity
from .genuine import genuine
from .looking import LOOKING
from .random_states import random_states_kept, values_kept

FREE = frozenset({"__init__", "call", "build", "get_config", "from_config", "summary"})
"""What a class may say otherwise than Keras and still be no more than the graph of its layers."""
PYTHONS = frozenset(
    {"__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__repr__", "__str__"}
    | {"__hash__", "__eq__", "__firstlineno__", "__static_attributes__"}
)
KERAS_SETS = frozenset({"build", "quantize", "loss"})
"""What Keras keeps on each model itself under the name of something of its class."""
INPUT = "input_of_the_grader"
ROWS = 16
"""On which both are held against each other."""


@dataclass(frozen=True, slots=True)
class ModelGraph:
    """A functional model of the same layers, and which of them were handed `training` by the model."""

    graph: Any
    given_training: frozenset[str] = frozenset()
    """By their names."""


_ONE_AT_A_TIME = threading.RLock()
"""Standard output is everybody's."""
_ORDERS: ByIdentity[list[int]] = ByIdentity()
_HELD: ByIdentity[Any] = ByIdentity()
"""By model, the code of the `call` that was held against its graph."""


@contextlib.contextmanager
def model_graph(keras: Any, model: Any) -> Iterator[ModelGraph | None]:
    """The graph, for as long as this lasts; None for Keras's own models, and for what is no such graph."""
    if genuine(keras).is_class_of_keras(type(model)) or not issubclass(type(model), keras.Model):
        yield None
        return
    with _ONE_AT_A_TIME, _unnoticed(keras, model):
        try:
            found = _graph(keras, model)
        except Exception:  # noqa: BLE001 (the student's `call` may fail here in any way)
            found = None
        yield found


def weight_order(keras: Any, model: Any) -> list[int]:
    """Where the weights of the graph stand among those of the model; empty where there is no other order.

    Looked for once a model, when it has weights: it is asked for at every epoch.
    """
    if genuine(keras).is_class_of_keras(type(model)) or not model.weights:
        return []
    if model not in _ORDERS:
        with model_graph(keras, model) as found:
            places = {id(weight): n for n, weight in enumerate(model.weights)}
            order = [places[id(weight)] for weight in found.graph.weights] if found else []
        _ORDERS[model] = order if order != sorted(order) else []
    return _ORDERS[model]


def _graph(keras: Any, model: Any) -> ModelGraph | None:
    known = genuine(keras)
    kind: Any = type(model)
    base: Any = next(base for base in kind.__mro__ if known.is_class_of_keras(base))
    if not model.weights or not _leaves_the_rest_to_keras(kind, base, model):
        # Without weights it is not built, whatever it says: that would happen here, before its time.
        return None
    if base is not keras.Model:
        # A Sequential or a functional model under a name of the student's.
        return ModelGraph(model) if kind.call is base.call else None
    if "training" not in inspect.signature(model.call).parameters:
        graph = _called(keras, model)
        return _equal(model, ModelGraph(graph), graph)
    in_use = _called(keras, model, training=False)
    told = _told(keras, in_use)
    graph = _called(keras, model, training=True)
    given = frozenset(name for name, mode in _told(keras, graph).items() if mode is True and not told.get(name))
    # `if training: x = self.dropout(x)` is what Dropout does by itself.
    same = _steps(keras, in_use) == _steps(keras, graph)
    return _equal(model, ModelGraph(graph, given), in_use) if same else None


def _leaves_the_rest_to_keras(kind: Any, base: Any, model: Any) -> bool:
    """Whether training, loss and weights are Keras's: all but what a class may say otherwise."""
    own = {name for one in kind.__mro__[: kind.__mro__.index(base)] for name in vars(one)} - FREE - PYTHONS
    kept = vars(model).keys() - KERAS_SETS
    return not any(hasattr(base, name) or name.startswith("__") for name in own) and not any(
        hasattr(base, name) for name in kept
    )


def _called(keras: Any, model: Any, **mode: bool) -> Any:
    ((_, *sizes),) = model._build_shapes_dict.values()  # noqa: SLF001 (for what it was built, and said nowhere else)
    start = keras.Input(tuple(sizes), name=INPUT)
    return keras.Model(start, model.call(start, **mode), name=model.name)


def _equal(model: Any, found: ModelGraph, in_use: Any) -> ModelGraph | None:
    """Only if all weights of the model are in it, and both give the same in both ways of calling them."""
    if {id(weight) for weight in found.graph.weights} != {id(weight) for weight in model.weights}:
        return None
    code = getattr(type(model).call, "__code__", None)
    if code is not None and _HELD.get(model) is code:
        return found
    shape = (ROWS, *found.graph.input_shape[1:])
    rows = tf.constant(np.random.default_rng(7).normal(0, 1, shape), tf.float32)
    pairs = ((in_use, model, False), (found.graph, model, True))
    if any(_answers(a, rows, mode) != _answers(b, rows, mode) for a, b, mode in pairs):
        return None
    _HELD[model] = code
    return found


def _answers(model: Any, rows: Any, mode: bool) -> bytes:
    """In bytes; all variables are afterwards what they were, so that both draw the same random numbers."""
    with values_kept(model.variables):
        # As `fit` runs it: what is called step by step may do something else.
        return bytes(np.asarray(tf.function(lambda given: model(given, training=mode))(rows)).tobytes())


def _told(keras: Any, graph: Any) -> dict[str, Any]:
    """What each layer was told of whether the model trains, in the calls made last."""
    layers = [op for op in graph.operations if isinstance(op, keras.Layer) and op._inbound_nodes]  # noqa: SLF001
    return {layer.name: layer._inbound_nodes[-1].arguments.kwargs.get("training") for layer in layers}  # noqa: SLF001


def _steps(keras: Any, graph: Any) -> list[str]:
    """Layers by their names, operations, which have a new one each time, by their classes; without Dropout."""
    return [
        op.name if isinstance(op, keras.Layer) else type(op).__name__
        for op in graph.operations
        if not isinstance(op, keras.layers.Dropout)
    ]


@contextlib.contextmanager
def _unnoticed(keras: Any, model: Any) -> Iterator[None]:
    """Puts back all that Keras keeps of it."""
    layers = model._flatten_layers()  # noqa: SLF001 (the public `layers` stops at nested models)
    notes = [note for layer in layers for note in (layer._inbound_nodes, layer._outbound_nodes)]  # noqa: SLF001
    lengths = [len(note) for note in notes]
    losses = [(layer, list(layer._losses)) for layer in model._flatten_layers()]  # noqa: SLF001
    state = keras.src.backend.common.global_state
    names = state.get_global_attribute("object_name_uids", {})
    counted = dict(names)
    seeds = state.get_global_attribute("global_seed_generator")
    drawn = None if seeds is None else np.array(seeds.state)
    attributes = dict(vars(model))
    LOOKING.now = True
    try:
        with random_states_kept(), _silence():
            yield
    finally:
        LOOKING.now = False
        for note, length in zip(notes, lengths, strict=True):
            del note[length:]
        for layer, before in losses:
            layer._losses[:] = before  # noqa: SLF001
        names.clear()
        names.update(counted)
        if drawn is not None:
            seeds.state.assign(drawn)
        for name in vars(model).keys() - attributes.keys():
            del vars(model)[name]
        vars(model).update(attributes)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
