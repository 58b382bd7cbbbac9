"""Reads a model's JSON configuration into a chain of layers in normal form, without building anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.inside.protocol import POSING
from grader.records import Architecture, Layer

DEEPEST_NESTING = 4
MOST_LAYERS = 200


class UnknownNetworkError(Exception):
    """The configuration is not a chain of built-in layers; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """One layer as Keras describes it."""

    class_name: str
    config: Mapping[str, Any]


ACTIVATION_LAYERS: Mapping[str, str] = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
    "Softmax": "softmax",
    "Activation": "",
}
"""Layers that are an activation; `Activation` names its own."""
DROPOUT_LAYERS = frozenset({"Dropout", "AlphaDropout", "GaussianDropout"})
KINDS: Mapping[str, str] = {
    "InputLayer": "input",
    "Flatten": "flatten",
    "Reshape": "flatten",
    "Rescaling": "rescale",
    "Normalization": "normalize",
    "Dense": "dense",
    "BatchNormalization": "norm",
    "LayerNormalization": "other",
}
SYNONYMS: Mapping[str, str] = {
    "swish": "silu",
    "hard_swish": "hard_silu",
    # What `tf.nn.softmax` and `tf.nn.log_softmax` call themselves.
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
}


def chain(text: str) -> tuple[LayerConfig, ...]:
    """The layers from input to output; raises UnknownNetworkError."""
    try:
        layers = _layers(json.loads(text), DEEPEST_NESTING)
    except (ValueError, RecursionError) as error:
        raise UnknownNetworkError("its configuration cannot be read") from error
    if len(layers) > MOST_LAYERS:
        raise UnknownNetworkError(f"it has more than {MOST_LAYERS} layers")
    return layers


def architecture(text: str) -> Architecture:
    """The network in normal form; one that cannot be read has no layers and a `problem`."""
    try:
        configs = chain(text)
        layers = [layer for config in configs for layer in _normal(config)]
    except UnknownNetworkError as error:
        return Architecture((), problem=str(error))
    return Architecture(tuple(layers), _input_shape(configs))


def activation_name(value: Any) -> str:
    """The name of an activation given as a string or as a configured layer; raises UnknownNetworkError."""
    match value:
        case None:
            return "linear"
        case str():
            return SYNONYMS.get(value, value)
        case {"class_name": "Activation", "config": {"activation": str(name)}}:
            return SYNONYMS.get(name, name)
        case {"class_name": str(name)} if ACTIVATION_LAYERS.get(name):
            return ACTIVATION_LAYERS[name]
        case {"config": str(name)} | {"class_name": str(name)}:
            return SYNONYMS.get(name, name)
        case _:
            raise UnknownNetworkError("it uses an activation that is not built into Keras")


def _layers(model: Any, depth: int) -> tuple[LayerConfig, ...]:
    match model:
        case {"class_name": "Sequential", "config": {"layers": list(layers)}}:
            found = [part for layer in layers for part in _part(layer, depth)]
        case {"class_name": "Functional" | "Model", "config": {"layers": list(layers)}}:
            found = [part for layer in _in_order(layers) for part in _part(layer, depth)]
        case {"class_name": "Sequential" | "Functional" | "Model"}:
            raise UnknownNetworkError("Keras cannot describe it: a layer or activation in it is no Keras object")
        case {"class_name": str(name)}:
            raise UnknownNetworkError(f"it is built by a class of its own, {name[:80]}")
        case dict() if isinstance(posing := model.get(POSING), str):
            raise UnknownNetworkError(f"something in it goes by the name of Keras's {posing[:80]} and is not that")
        case _:
            raise UnknownNetworkError("its configuration cannot be read")
    return tuple(found)


def _part(layer: Any, depth: int) -> tuple[LayerConfig, ...]:
    match layer:
        case {"class_name": "Sequential" | "Functional" | "Model"}:
            if not depth:
                raise UnknownNetworkError("its models are nested too deep")
            return _layers(layer, depth - 1)
        case {"class_name": str(name), "config": dict(config)}:
            return (LayerConfig(name, config),)
        case _:
            raise UnknownNetworkError("its configuration cannot be read")


def _in_order(layers: list[Any]) -> list[Any]:
    """The layers of a functional model from input to output; each must follow exactly one other."""
    after: dict[str | None, Any] = {}
    for layer in layers:
        source = _source(layer)
        if source in after:
            raise UnknownNetworkError("it branches: a layer feeds more than one other")
        after[source] = layer
    ordered: list[Any] = []
    name: str | None = None
    while name in after:
        layer = after.pop(name)
        ordered.append(layer)
        name = _name(layer)
    if after:
        raise UnknownNetworkError("its layers do not form a chain")
    return ordered


def _name(layer: Any) -> str:
    match layer:
        case {"name": str(name)} | {"config": {"name": str(name)}}:
            return name
        case _:
            raise UnknownNetworkError("a layer has no name")


def _source(layer: Any) -> str | None:
    """The name of the layer whose output is this one's input; None for the input layer."""
    match layer:
        case {"inbound_nodes": []}:
            return None
        # `a + b` is a layer too, with its two inputs as two arguments.
        case {"inbound_nodes": [{"args": [{"config": {"keras_history": [str(source), *_]}}, *more]} as node]} if (
            "keras_history" not in json.dumps([more, node.get("kwargs")])
        ):
            return source
        case _:
            raise UnknownNetworkError("a layer has several inputs or is used more than once")


def _normal(layer: LayerConfig) -> tuple[Layer, ...]:
    """A layer in normal form: an activation that is an argument becomes a layer of its own."""
    name, config = layer.class_name, layer.config
    if name in ACTIVATION_LAYERS:
        activation = _activation(layer)
        return (Layer("activation", activation=activation, name=name),) if activation != "linear" else ()
    if name in DROPOUT_LAYERS:
        return (Layer("dropout", rate=_number(config.get("rate")), name=name),)
    kind = KINDS.get(name, "other")
    if kind != "dense":
        return (Layer(kind, name=name),)
    dense = Layer("dense", units=_units(config), initializer=_initializer(config), name=name)
    return (dense, *_normal(LayerConfig("Activation", {"activation": config.get("activation")})))


def _activation(layer: LayerConfig) -> str:
    fixed = ACTIVATION_LAYERS.get(layer.class_name)
    return fixed or activation_name(layer.config.get("activation"))


def _initializer(config: Mapping[str, Any]) -> str:
    match config.get("kernel_initializer"):
        case {"class_name": str(name)} | str(name):
            return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
        case _:
            return "unknown"


def _units(config: Mapping[str, Any]) -> int | None:
    units = config.get("units")
    return units if isinstance(units, int) and not isinstance(units, bool) else None


def _number(value: Any) -> float | None:
    """A number that is one: JSON also lets through NaN, infinities and integers beyond all floats."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return None
    return float(value)


def _input_shape(configs: tuple[LayerConfig, ...]) -> tuple[int | None, ...] | None:
    for layer in configs:
        match layer.config.get("batch_shape") or layer.config.get("batch_input_shape"):
            case [_, *sizes] if all(isinstance(s, int) or s is None for s in sizes):
                return tuple(sizes)
    return None
