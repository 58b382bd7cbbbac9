"""What a Keras model is, in plain values: its configuration, how it was compiled, its weights."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .by_value import LOGITS, kind_of_optimizer, own_loss, sole, unwrapped
from .genuine import genuine
from .model_graph import weight_order
from .own_parts import OwnParts
from .protocol import OWN, POSING, CompileFacts, weight_name
from .trace import Trace

T = TypeVar("T")
Other = TypeVar("Other")
MOST_HELD = 4_000_000
"""Weights of a network whose state is told apart at each epoch; the lab's have fifty thousand."""


def tried(look: Callable[[], T], otherwise: Other) -> T | Other:
    """What is seen, or `otherwise`: a student's object may fail here in any way, and leave by `sys.exit()`."""
    try:
        return look()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (whatever it raises is not to reach the student's program)
        return otherwise


def architecture(keras: Any, model: Any, parts: OwnParts | None = None) -> str:
    """Keras's JSON configuration; for a model that has none, a JSON object that names its class.

    Where something in it only goes by a name of Keras's, a JSON object that names that. With `parts`, what is the
    student's own stands in it by its number.
    """
    known = genuine(keras)

    def described() -> str:
        # First: what stands there by a number goes by no name.
        if parts is not None and (own := tried(lambda: parts.description(model), "")):
            return own
        posing = known.posing_in(model)
        # An optimizer or a loss that cannot be described does not hide the network.
        return json.dumps({POSING: posing}) if posing else tried(lambda: known.json_of(model), "") or known.bare(model)

    return tried(described, json.dumps({"class_name": class_name(model), "config": {}}))


def compile_facts(keras: Any, model: Any, optimizer: Any = None) -> CompileFacts:
    """Optimizer (the model's own, if none is named), rate (None for a schedule), momentum, loss, whether of logits."""
    optimizer = _stepping(keras, model, optimizer)
    loss = tried(lambda: sole(getattr(model, "loss", None)), None)
    own = tried(lambda: OWN if genuine(keras).posing(optimizer) else "", OWN)
    kind = tried(lambda: kind_of_optimizer(keras, optimizer), type(optimizer))
    momentum = tried(lambda: getattr(optimizer, "momentum", 0.0), None)
    return {
        "optimizer": "" if optimizer is None else f"{name_of_class(kind).lower()}{own}",
        "learning_rate": _learning_rate(keras, optimizer),
        "momentum": 0.0 if momentum is None else number(momentum) or 0.0,
        "loss": tried(lambda: loss_name(keras, loss), class_name(loss) + OWN),
        "from_logits": tried(lambda: bool(_config(keras, loss).get("from_logits", False)), False),
    }


def compiled(keras: Any, model: Any, optimizer: Any = None) -> CompileFacts:
    """The same with what moves a weight that has no gradient and whether the rate is known.

    Apart, since seeds follow from the facts above.
    """
    optimizer = _stepping(keras, model, optimizer)
    facts = compile_facts(keras, model, optimizer)
    decay = tried(lambda: _config(keras, optimizer).get("weight_decay"), None)
    unknown = facts["learning_rate"] is None and optimizer is not None and not _scheduled(keras, optimizer)
    return {**facts, "weight_decay": number(decay) or 0.0, "rate_unknown": unknown}


def class_name(thing: Any) -> str:
    """Of its very class, whatever it says of itself."""
    return name_of_class(type(thing))


def name_of_class(kind: type) -> str:
    """As Python keeps it, whatever a class of its class says."""
    return str(type.__dict__["__name__"].__get__(kind))


def number(value: Any) -> float | None:
    """A finite number in whatever holds one (a variable, also a mirrored one); None for all else."""
    readings: tuple[Callable[[Any], Any], ...] = (float, np.asarray, lambda one: one.numpy())
    for read in readings:
        found = tried(lambda: float(read(value)), math.nan)  # noqa: B023 (called at once)
        if math.isfinite(found):
            return found
    return None


def trained_by(keras: Any, model: Any) -> CompileFacts:
    """The same with what a loss of the program's own computes: only when it is used, all that it names is there."""
    facts = compiled(keras, model)
    own = tried(lambda: own_loss(keras, getattr(model, "loss", None)), "")
    facts["own_loss"] = own if own is None else own.removesuffix(LOGITS)
    if own and own.endswith(LOGITS):
        facts["from_logits"] = True
    return facts


def loss_name(keras: Any, loss: Any) -> str:
    """`CategoricalCrossentropy()`, `"categorical_crossentropy"` and the function of that name are the same loss.

    Empty where there is none, or one for each of several outputs.
    """
    loss = sole(loss)
    # Of the very class: `isinstance` also asks the object.
    kind = type(loss)
    if issubclass(kind, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return str(loss)
    if loss is None or issubclass(kind, dict | list | tuple):
        return ""
    own = OWN if genuine(keras).posing(loss) else ""
    if issubclass(type(loss), keras.losses.Loss):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name(loss)).lower() + own
    return str(getattr(loss, "__name__", class_name(loss))) + own


def weights(trace: Trace, model: Any) -> str:
    """The id of the weights in the trace; the empty string where the model has none yet."""
    arrays = _arrays(model)
    return trace.blob(arrays) if arrays else ""


def weights_digest(trace: Trace, model: Any) -> str:
    """The id that the weights have in the trace, written or not; empty where the model has none, or very many."""
    if tried(lambda: int(model.count_params()), MOST_HELD + 1) > MOST_HELD:
        return ""
    arrays = _arrays(model)
    return trace.digest(arrays) if arrays else ""


def _arrays(model: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Its weights by their names in the trace; none where it is not built, or something of the student's poses.

    In the order of its description: a class of the student's may have made its layers in another.
    """
    keras = sys.modules["keras"]
    found: list[Any] = tried(lambda: genuine(keras).weights_of(model) if model.built and model.weights else [], [])
    order = tried(lambda: weight_order(keras, model), [])
    found = [found[place] for place in order] if len(order) == len(found) else found
    if not all(isinstance(a, np.ndarray) and a.dtype.kind in "biuf" for a in found):
        return {}
    return {weight_name(i): array for i, array in enumerate(found)}


def drawn_weights(trace: Trace, model: Any) -> str:
    """The id of the weights that the model's initializers draw, once more and hence the same, or the empty string.

    For one that `fit` had to build: before its first step it has none.
    """
    if not model.built or not model.weights:
        return ""
    own = {
        id(variable): getattr(layer, f"{variable.name}_initializer", None)
        for layer in model._flatten_layers(include_self=False)  # noqa: SLF001 (the public `layers` stops at nested models)
        for variable in [*layer._trainable_variables, *layer._non_trainable_variables]  # noqa: SLF001 (its own alone)
    }
    order = tried(lambda: weight_order(sys.modules["keras"], model), [])
    variables = [model.weights[place] for place in order] if order else model.weights
    initializers = [own.get(id(variable)) for variable in variables]
    if not all(map(_draws_the_same_again, initializers)):
        return ""
    arrays = (i(tuple(v.shape), dtype=v.dtype) for i, v in zip(initializers, variables, strict=True) if i)
    return trace.blob({weight_name(n): np.asarray(array) for n, array in enumerate(arrays)})


def _draws_the_same_again(initializer: Any) -> bool:
    """Whether Keras wrote it and it has one seed, or needs none."""
    of_keras = type(initializer).__module__.startswith("keras.src.initializers.")
    return of_keras and isinstance(getattr(initializer, "seed", 0), int)


def _learning_rate(keras: Any, optimizer: Any) -> float | None:
    rate = tried(lambda: getattr(optimizer, "_learning_rate", None), None)
    if optimizer is None or tried(lambda: genuine(keras).posing(rate), "something"):
        return None
    match tried(lambda: _config(keras, optimizer).get("learning_rate"), None):
        # What `decay=…` of Keras 2 has become: the rate that the student wrote is the one it starts from.
        case {"class_name": "InverseTimeDecay", "config": {"initial_learning_rate": float(rate), "decay_steps": 1}}:
            return rate
        case dict():
            return None
    # What is called may answer otherwise at each step.
    return number(rate) if issubclass(type(rate), keras.Variable) else None


def _scheduled(keras: Any, optimizer: Any) -> bool:
    """Whether its rate is one of Keras's own schedules: no rate that can be named, and known all the same."""
    return tried(lambda: genuine(keras).is_own(optimizer._learning_rate), False)  # noqa: SLF001 (in the table)


def _stepping(keras: Any, model: Any, named: Any) -> Any:
    """What takes the steps: one that scales the loss has a rate that it does not use."""
    # Never by its truth: whether it is one may be asked of the object itself.
    found = named if named is not None else tried(lambda: getattr(model, "optimizer", None), None)
    return tried(lambda: unwrapped(keras, found), found)


def _config(keras: Any, thing: Any) -> dict[str, Any]:
    # Functions have none.
    config: Any = tried(lambda: genuine(keras).config_of(thing), {})
    return config if type(config) is dict else {}
