"""Reads a model's JSON configuration into a chain of layers in normal form, without building anything."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.evidence.expressions import EXPRESSION, computed, split
from grader.evidence.graph import Called, Expressed, NoChainError, in_order
from grader.evidence.initializers import initializer_name
from grader.evidence.known import RESCALED
from grader.evidence.plain import number, whole
from grader.inside.protocol import OWN_PART, POSING
from grader.records import NOT_KNOWN, Architecture, Layer

DEEPEST_NESTING = 4
MOST_LAYERS = 200


class UnknownNetworkError(Exception):
    """The configuration is not a chain of built-in layers; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """One layer as Keras describes it."""

    class_name: str
    config: Mapping[str, Any]
    inputs: int | None = None
    """Values that it is given of each image, where its description says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of the student's own does, as far as it is known."""

    layers: tuple[Layer, ...] = ()
    problem: str = ""
    """Why that is not known; empty where it is."""
    keeps: bool = False
    """Where it is not known: whether it gives back as many values as it takes, always the same, and has no weights."""


Parts = Mapping[int, Part]
"""By the number that the recorder gave them."""
NO_PARTS: Parts = {}


ACTIVATION_LAYERS: Mapping[str, str] = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
    "Softmax": "softmax",
    "ThresholdedReLU": "threshold",
    "Activation": "",
}
"""Layers that are an activation; `Activation` names its own."""
DROPOUT_LAYERS = frozenset({"Dropout", "AlphaDropout", "GaussianDropout"})
REPEATABLE = DROPOUT_LAYERS | (ACTIVATION_LAYERS.keys() - {"PReLU"}) | {
    "InputLayer", "Flatten", "Reshape", "Rescaling", "Identity", "GaussianNoise", "ActivityRegularization",
}  # fmt: skip
"""Layers without weights: used twice, one is as good as two."""
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


def architecture(text: str, parts: Parts = NO_PARTS) -> Architecture:
    """The network in normal form; one that cannot be read has no layers and a `problem`.

    `parts`: what is known of the student's own.
    """
    try:
        configs = chain(text)
        layers = tuple(_in_normal_form(configs, parts))
    except UnknownNetworkError as error:
        return Architecture((), problem=str(error))
    return Architecture(layers, _input_shape(configs))


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
            return _by_its_numbers(name, value.get("config"))
        case {"class_name": name} if name == OWN_PART:
            raise UnknownNetworkError(f"it uses an activation of its own, {called(value)}")
        case {"config": str(name)} | {"class_name": str(name)}:
            return SYNONYMS.get(name, name)
        case _:
            raise UnknownNetworkError("it uses an activation that is not built into Keras")


def _by_its_numbers(name: str, config: Any) -> str:
    """The activation that a layer is: a ReLU with a slope is a leaky one, a leaky one without slope is a ReLU."""
    numbers = config if isinstance(config, dict) else {}
    slope = number(numbers.get("negative_slope"))
    match name:
        case "ReLU" | "LeakyReLU" if slope is not None:
            limited = number(numbers.get("max_value")) == 6  # noqa: PLR2004 (as Keras's relu6)
            return {0.0: "relu6" if limited else "relu", 1.0: "linear"}.get(slope, "leaky_relu")
        case "ThresholdedReLU" if not numbers.get("theta", 1.0):
            return "relu"
        case _:
            return ACTIVATION_LAYERS[name]


def _layers(model: Any, depth: int) -> tuple[LayerConfig, ...]:
    match model:
        case {"class_name": "Sequential", "config": {"layers": list(layers)}}:
            found = [part for layer in layers for part in _part(layer, depth)]
        case {"class_name": "Functional" | "Model", "config": {"layers": list()} as config}:
            found = [part for use in _uses(config) for part in _used(use, depth)]
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
            return (LayerConfig(name, config, _inputs(layer)),)
        case _:
            raise UnknownNetworkError("its configuration cannot be read")


def _uses(config: Mapping[str, Any]) -> Iterator[Called | Expressed]:
    try:
        yield from in_order(config)
    except NoChainError as error:
        raise UnknownNetworkError(str(error)) from error


def _used(use: Called | Expressed, depth: int) -> tuple[LayerConfig, ...]:
    """What stands in a functional model in one place; a nested model counts as its layers."""
    if isinstance(use, Expressed):
        return tuple(LayerConfig(EXPRESSION, {"steps": steps}) for steps in split(use.steps, use.cuts))
    found = _part(use.layer, depth)
    once = next((one for one in found if one.class_name not in REPEATABLE and not is_own(one)), None)
    if use.times > 1 and once:
        raise UnknownNetworkError(f"a layer with weights is used more than once, {once.class_name[:80]}")
    if use.training and any(KINDS.get(one.class_name) == "norm" for one in found):
        raise UnknownNetworkError("it calls its BatchNormalization with training=True")
    return found


def is_own(layer: LayerConfig) -> bool:
    """Whether the student wrote it."""
    return layer.class_name == OWN_PART


def called(part: Any) -> str:
    """What the student calls a part of their own."""
    match part:
        case {"config": {"called": str(name)}}:
            return name[:80]
        case _:
            return "without a name"


def _in_normal_form(configs: tuple[LayerConfig, ...], parts: Parts) -> Iterator[Layer]:
    width: int | None = math.prod(size for size in _input_shape(configs) or (0,) if size is not None) or None
    for config in configs:
        for layer in _normal(config, config.inputs or width, parts):
            yield layer
            width = layer.units if layer.kind == "dense" else width


def _normal(layer: LayerConfig, inputs: int | None, parts: Parts) -> tuple[Layer, ...]:
    """A layer in normal form: an activation that is an argument becomes a layer of its own."""
    name, config = layer.class_name, layer.config
    if name in ACTIVATION_LAYERS:
        return _activation(layer, parts)
    if name in DROPOUT_LAYERS:
        return (Layer("dropout", rate=number(config.get("rate")), name=name),)
    if is_own(layer):
        return _own({"config": config}, parts)
    if name == EXPRESSION:
        return _expression(config)
    kind = KINDS.get(name, "other")
    if kind != "dense":
        return (Layer(kind, name=name),)
    units = whole(config.get("units"))
    initializer = initializer_name(config.get("kernel_initializer"), inputs, units)
    dense = Layer("dense", units=units, initializer=initializer, name=name)
    return (dense, *_activation(LayerConfig("Activation", config), parts))


def _activation(layer: LayerConfig, parts: Parts) -> tuple[Layer, ...]:
    """Nothing for one that changes nothing."""
    name, config = layer.class_name, layer.config
    given = config.get("activation")
    if name == "Activation" and isinstance(given, dict) and given.get("class_name") == OWN_PART:
        return tuple(la for la in _own(given, parts, activation=True) if la.kind != "rescale")
    found = activation_name(given) if name == "Activation" else _by_its_numbers(name, config)
    return (Layer("activation", activation=found, name=name),) if found != "linear" else ()


def _own(part: Mapping[str, Any], parts: Parts, *, activation: bool = False) -> tuple[Layer, ...]:
    """What a part of the student's own does; raises UnknownNetworkError where it may be more than an activation."""
    name = called(part)
    config = part.get("config")
    number = whole(config.get("part")) if isinstance(config, dict) else None
    found = parts.get(number or 0, Part(problem="it was not tried after the last cell"))
    if not found.problem:
        return found.layers
    reason = f"{name}, which you wrote yourself, is not known: {found.problem}"
    if activation or found.keeps:
        return (Layer("activation", activation=NOT_KNOWN, name=name, note=reason),)
    raise UnknownNetworkError(reason)


def _expression(config: Mapping[str, Any]) -> tuple[Layer, ...]:
    steps = config["steps"]
    found = computed(steps)
    if not found:
        names = ", ".join(name for name, _ in steps)
        reason = f"what {names} compute together is nothing that the grader knows"
        return (Layer("activation", activation=NOT_KNOWN, name=EXPRESSION, note=reason),)
    if found == RESCALED:
        return (Layer("rescale", name=EXPRESSION),)
    return (Layer("activation", activation=found, name=EXPRESSION),) if found != "linear" else ()


def _inputs(layer: Mapping[str, Any]) -> int | None:
    """Of a layer as Keras describes one that is built."""
    match layer.get("build_config"):
        case {"input_shape": [_, int() as width]}:
            return whole(width)
        case _:
            return None


def _input_shape(configs: tuple[LayerConfig, ...]) -> tuple[int | None, ...] | None:
    for layer in configs:
        match layer.config.get("batch_shape") or layer.config.get("batch_input_shape"):
            case [_, *sizes] if all(isinstance(s, int) or s is None for s in sizes):
                return tuple(sizes)
    return None
