"""Describes a network in which something is the student's own: what Keras wrote as Keras does, the rest by a number.

Keras's own description has only a name for a function of the student's, and none at all for many a class.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .genuine import PARTS, genuine
from .model_graph import model_graph
from .protocol import OWN_PART

MOST_PARTS = 200
"""Of one program; the lab's six stages with a layer of one's own in each have thirty."""
MOST_NESTED = 4
"""Activations within activations; one is an idiom of Keras 2 (`{"swish": Activation(swish)}` as a custom object)."""
MOST_HELD = 256 << 20
"""Bytes of weights of the networks whose parts are held until the program's end."""
Use = tuple[Any, int]
"""An operation, and the how-many-eth of its calls."""


@dataclass(frozen=True, slots=True)
class OwnPart:
    """A layer or a function of the student's, held until it is tried."""

    number: int
    thing: Any
    is_layer: bool

    @property
    def called(self) -> str:
        """What its class or function is called."""
        kind = self.thing if not self.is_layer and hasattr(self.thing, "__name__") else type(self.thing)
        return str(getattr(kind, "__name__", "without a name"))


class OwnParts:
    """All of one program, in the order in which they were first seen."""

    def __init__(self, keras: Any) -> None:
        self._keras = keras
        self._known = genuine(keras)
        self._functional = keras.src.models.functional.Functional
        self._room = MOST_HELD
        self._first = 1
        self._numbers: dict[int, OwnPart] = {}
        """By identity; what is held stays where it is."""

    def count_from(self, first: int) -> None:
        """As at the beginning of a process: no part is known."""
        self._first = first
        self._numbers.clear()

    def __iter__(self) -> Iterator[OwnPart]:
        return iter(tuple(self._numbers.values()))

    def description(self, model: Any) -> str:
        """JSON; empty for a network that Keras wrote all of, and for a class of the student's that makes no graph."""
        if not self._known.describes_as_before():
            return ""
        if self._is_chain(model):
            return self._described(model, model) if any(True for _ in self._own_in(model)) else ""
        with model_graph(self._keras, model) as found:
            return self._described(model, found.graph, found.given_training) if found else ""

    def _described(self, model: Any, graph: Any, given_training: frozenset[str] = frozenset()) -> str:
        if new := [part for part in self._own_in(graph) if id(part) not in self._numbers]:
            self._hold(new, 4 * model.count_params() if model.built else 0)
        return json.dumps(_without_training(self._model(graph), given_training), default=str)

    def _hold(self, things: list[Any], size: int) -> None:
        if size > self._room:
            return
        self._room -= size
        for thing in things:
            if len(self._numbers) < MOST_PARTS and id(thing) not in self._numbers:
                number = self._first + len(self._numbers)
                self._numbers[id(thing)] = OwnPart(number, thing, isinstance(thing, self._keras.Layer))

    def _own_in(self, model: Any) -> Iterator[Any]:
        for layer in self._layers(model):
            if self._is_chain(layer):
                yield from self._own_in(layer)
            elif self._is_own_layer(layer):
                yield layer
            else:
                yield from self._own_of(layer).values()

    def _layers(self, model: Any) -> list[Any]:
        if isinstance(model, self._keras.Sequential):
            return list(model.layers)
        return list(model._operations) if isinstance(model, self._functional) else []  # noqa: SLF001 (layers and operations)

    def _own_of(self, layer: Any) -> dict[str, Any]:
        """Activations and initializers of the student's in a layer of Keras's, by their attributes."""
        parts = {n: self._in_activation(v) for n, v in vars(layer).items() if n.endswith(PARTS)}
        return {n: v for n, v in parts.items() if self._is_own(v)}

    def _in_activation(self, value: Any) -> Any:
        """What an `Activation` that is used as a function holds; all else as it is."""
        for _ in range(MOST_NESTED):
            if type(value) is not self._keras.layers.Activation:
                break
            value = value.activation
        return value

    def _is_chain(self, layer: Any) -> bool:
        chains = {self._keras.Sequential, self._functional}
        return type(layer) in chains and self._known.is_own(layer)

    def _is_own_layer(self, layer: Any) -> bool:
        return type(layer) is self._keras.layers.Lambda or not self._known.is_own(layer)

    def _is_own(self, value: Any) -> bool:
        """An activation or an initializer; what goes by its name and does as Keras's is as good as that."""
        if value is None or isinstance(value, str) or not callable(value):
            return False
        if isinstance(value, self._keras.Layer):
            return self._is_own_layer(value)
        if self._known.is_own(value):
            return False
        return not self._known.does_as_it_is_called(value)

    # ------------------------------------------------------------ in Keras's form

    def _model(self, model: Any) -> dict[str, Any]:
        if isinstance(model, self._keras.Sequential):
            layers = [self._layer(layer) for layer in model.layers]
            if model.built:
                layers.insert(0, {"class_name": "InputLayer", "config": {"batch_shape": list(model.input_shape)}})
            config = {"name": model.name, "layers": layers}
            return {"class_name": "Sequential", "config": config, "name": model.name}
        return {"class_name": "Functional", "config": self._graph(model), "name": model.name}

    def _layer(self, layer: Any) -> dict[str, Any]:
        if self._is_chain(layer):
            return self._model(layer)
        if self._is_own_layer(layer):
            return self._own(layer, name=layer.name)
        own = self._own_of(layer)
        if not own:
            return dict(self._known.described(layer))
        try:
            config = dict(self._known.config_of(layer))
        except Exception:  # noqa: BLE001 (Keras cannot say what has no name)
            config = {n: v for n, v in vars(layer).items() if n in {"units", "use_bias"}}
            others = {n: v for n, v in vars(layer).items() if n.endswith("initializer") and n not in own}
            config |= {n: self._known.described(v) for n, v in others.items()}
        config |= {"name": layer.name} | {name: self._own(value) for name, value in own.items()}
        built = {"input_shape": [None, layer.kernel.shape[0]]} if layer.built and hasattr(layer, "kernel") else {}
        return {"module": "keras.layers", "class_name": type(layer).__name__, "config": config, "build_config": built}

    def _own(self, thing: Any, name: str = "") -> dict[str, Any]:
        part = self._numbers.get(id(thing), OwnPart(0, thing, bool(name)))
        return {"class_name": OWN_PART, "config": {"name": name, "part": part.number, "called": part.called}}

    def _graph(self, model: Any) -> dict[str, Any]:
        """The calls that lead from inputs to outputs, counted anew for each operation: others may use it, too."""
        uses = _uses([*model.outputs], {id(tensor) for tensor in model.inputs})
        places = {(id(op), n): sum(o is op and m < n for o, m in uses) for op, n in uses}

        def tensor(value: Any) -> list[Any]:
            op, number, output = value._keras_history  # noqa: SLF001 (from where it comes, and said nowhere else)
            return [op.name, places[id(op), number], output]

        layers = []
        for op in model._operations:  # noqa: SLF001
            numbers = sorted(n for o, n in uses if o is op)
            nodes = [op._inbound_nodes[n] for n in numbers]  # noqa: SLF001
            calls = [] if not nodes or nodes[0].is_input else [_call(node, self._keras, tensor) for node in nodes]
            layers.append({**self._layer(op), "name": op.name, "inbound_nodes": calls})
        return {"name": model.name, "layers": layers, "output_layers": [tensor(one) for one in model.outputs]}


def _without_training(description: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Without `training` in the calls of these layers: as Keras describes those that it tells by itself."""
    for layer in description["config"]["layers"] if names else ():
        for call in layer["inbound_nodes"] if layer["name"] in names else ():
            call["kwargs"].pop("training", None)
    return description


def _uses(tensors: list[Any], inputs: set[int]) -> list[Use]:
    found: dict[tuple[int, int], Use] = {}
    while tensors:
        one = tensors.pop()
        op, number, _ = one._keras_history  # noqa: SLF001
        if op is not None and (id(op), number) not in found:
            found[id(op), number] = (op, number)
            tensors += [] if id(one) in inputs else op._inbound_nodes[number].input_tensors  # noqa: SLF001
    return list(found.values())


def _call(node: Any, keras: Any, tensor: Callable[[Any], list[Any]]) -> dict[str, Any]:
    """With what an operation was called."""

    def plain(value: Any) -> Any:
        if isinstance(value, keras.KerasTensor):
            return {"class_name": "__keras_tensor__", "config": {"keras_history": tensor(value)}}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        if isinstance(value, dict):
            return {str(name): plain(one) for name, one in value.items()}
        scalar = getattr(value, "shape", None) == ()
        return {"class_name": "__tensor__", "config": {"value": float(value) if scalar else None}}

    return {"args": plain(node.arguments.args), "kwargs": plain(node.arguments.kwargs)}
