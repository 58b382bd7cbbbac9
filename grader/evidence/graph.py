"""The order of a functional model: its parts from input to output, each as often as it is used.

Between two layers may stand operations of Keras's, one or several that belong together: those are one expression.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from grader.evidence.expressions import Step, options_of

OPERATION_MODULES = ("keras.src.ops.", "keras.src.activations.")
MOST_USES = 5_000
MOST_STEPS = 24
Use: TypeAlias = tuple[str, int]
"""A part's name, and the how-many-eth of its calls."""


class NoChainError(Exception):
    """It does not lead from one input to one output through one part after the other; the message says why."""


@dataclass(frozen=True, slots=True)
class Called:
    """A layer, with how it was called."""

    layer: Mapping[str, Any]
    training: bool = False
    """Whether the call says that it trains whatever is done with the model; Keras writes `False` where none says it."""
    times: int = 1
    """How often the model calls it."""


@dataclass(frozen=True, slots=True)
class Expressed:
    """All operations between two layers."""

    steps: tuple[Step, ...]
    cuts: tuple[int, ...]
    """After how many steps all that goes on is the last one's result; the last cut is their number."""


@dataclass(slots=True)
class _Node:
    layer: Mapping[str, Any]
    sources: list[Use]
    """Of all tensors that it is given."""
    arguments: list[Any]
    """Numbers as they are, tensors as the use that they come from; None if there is more than an operation may have."""
    training: bool
    readers: list[Use] = field(default_factory=list)

    @property
    def is_operation(self) -> bool:
        return _is_operation(self.layer)


def in_order(config: Mapping[str, Any]) -> Iterator[Called | Expressed]:
    """From input to output; raises NoChainError."""
    nodes = _nodes(config)
    starts = [use for use, node in nodes.items() if not node.sources]
    if len(starts) != 1:
        raise NoChainError("its layers do not form a chain")
    times: dict[str, int] = defaultdict(int)
    for name, _ in nodes:
        times[name] += 1
    use = starts[0]
    yield Called(nodes[use].layer)
    seen = 1
    while nodes[use].readers:
        following = nodes[use].readers[0]
        node = nodes[following]
        if len(nodes[use].readers) == 1 and len(node.sources) == 1 and not node.is_operation:
            use, seen = following, seen + 1
            yield Called(node.layer, node.training, times[use[0]])
            continue
        expressed, use = _expression(nodes, use)
        seen += len(expressed.steps)
        yield expressed
    if seen < len(nodes):
        raise NoChainError("its layers do not form a chain")
    if not _ends_at(config, use):
        raise NoChainError("its output is not that of its last layer")


def _expression(nodes: Mapping[Use, _Node], start: Use) -> tuple[Expressed, Use]:
    """The operations behind a use, as far as they are one tensor again; and the use that this is."""
    places, order = {start: 0}, [start]
    steps: list[Step] = []
    cuts: list[int] = []
    waiting = list(dict.fromkeys(nodes[start].readers))
    edges = {(start, reader) for reader in waiting}
    while len(steps) < MOST_STEPS:
        ready = next((w for w in waiting if places.keys() >= set(nodes[w].sources)), None)
        step = _step(nodes[ready], places) if ready else None
        if ready is None or step is None:
            break
        steps.append(step)
        places[ready] = len(steps)
        order.append(ready)
        readers = dict.fromkeys(nodes[ready].readers)
        waiting = list(dict.fromkeys([w for w in waiting if w != ready] + list(readers)))
        edges = {edge for edge in edges if edge[1] != ready} | {(ready, reader) for reader in readers}
        if all(source == ready for source, _ in edges):
            cuts.append(len(steps))
    if not cuts:
        raise NoChainError(_why(nodes, start))
    return Expressed(tuple(steps[: cuts[-1]]), tuple(cuts)), order[cuts[-1]]


def _step(node: _Node, places: Mapping[Use, int]) -> Step | None:
    """None for what is no operation of the table with plain arguments."""
    options = options_of(str(node.layer.get("class_name")), _mapping(node.layer.get("config")))
    if not node.is_operation or options is None or any(a is None for a in node.arguments):
        return None
    arguments = [{"step": places[a]} if isinstance(a, tuple) else a for a in node.arguments]
    return str(node.layer["class_name"]), (*arguments, *options)


def _why(nodes: Mapping[Use, _Node], start: Use) -> str:
    readers = [nodes[reader] for reader in nodes[start].readers]
    if all(node.is_operation for node in readers):
        name = str(readers[0].layer.get("class_name"))[:80]
        return f"something is computed between its layers that the grader does not read ({name})"
    if any(len(set(node.sources)) > 1 for node in nodes.values()):
        return "a layer has several inputs"
    return "it branches: a layer feeds more than one other"


def _nodes(config: Mapping[str, Any]) -> dict[Use, _Node]:
    """Every call of every layer, each knowing who reads its result."""
    found: dict[Use, _Node] = {}
    for layer in _list(config.get("layers")):
        name = name_of(layer)
        calls = _list(layer.get("inbound_nodes"))
        for number, call in enumerate(calls or [None]):
            if (name, number) in found:
                raise NoChainError("two layers have one name")
            found[name, number] = _node(layer, call)
        if len(found) > MOST_USES:
            raise NoChainError("it has too many layers")
    for use, node in found.items():
        for source in dict.fromkeys(node.sources):
            if source not in found:
                raise NoChainError("its layers do not form a chain")
            found[source].readers.append(use)
    return found


def _node(layer: Mapping[str, Any], call: Any) -> _Node:
    match call:
        case None:
            return _Node(layer, [], [], training=False)
        case {"args": list(given), "kwargs": dict(named)}:
            rest = [value for name, value in named.items() if name not in {"training", "mask"}]
            arguments = [_argument(value) for value in [*given, *rest]]
            sources = _sources([given, named])
            return _Node(layer, sources, arguments, training=named.get("training") is True)
        case _:
            raise NoChainError("its configuration cannot be read")


def _argument(value: Any) -> Any:
    """A number, or the use that a tensor comes from; None for anything else."""
    match value:
        case bool() | int() | float():
            return value
        case {"class_name": "__numpy__" | "__tensor__", "config": {"value": int() | float() as number}}:
            return number
        case {"config": {"keras_history": [str(name), int(node), 0]}}:
            return name, node
        case _:
            return None


def _sources(value: Any) -> list[Use]:
    """Of all tensors in what a layer is called with."""
    match value:
        case {"config": {"keras_history": history}}:
            match history:
                case [str(name), int(node), int()]:
                    return [(name, node)]
                case _:
                    raise NoChainError("its configuration cannot be read")
        case dict():
            return [use for one in value.values() for use in _sources(one)]
        case list():
            return [use for one in value for use in _sources(one)]
        case _:
            return []


def _ends_at(config: Mapping[str, Any], use: Use) -> bool:
    """Whether the model gives the result of this use; also where its description does not say."""
    match config.get("output_layers"):
        case None:
            return True
        case [str(name), int(node), int()] | [[str(name), int(node), int()]]:
            return (name, node) == use
        case dict() as named if len(named) == 1:
            return _ends_at({"output_layers": [*named.values()]}, use)
        case _:
            return False


def name_of(layer: Any) -> str:
    """By which others refer to it."""
    match layer:
        case {"name": str(name)} | {"config": {"name": str(name)}}:
            return name
        case _:
            raise NoChainError("a layer has no name")


def _is_operation(layer: Mapping[str, Any]) -> bool:
    return str(layer.get("module")).startswith(OPERATION_MODULES)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
