"""What a Keras model is, in plain values: its configuration, how it was compiled, its weights."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .genuine import genuine
from .own_parts import OwnParts
from .protocol import OWN, POSING, CompileFacts, weight_name
from .trace import Trace

T = TypeVar("T")


def tried(look: Callable[[], T], otherwise: T) -> T:
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
    optimizer = _optimizer(model, optimizer)
    loss = tried(lambda: getattr(model, "loss", None), None)
    own = tried(lambda: OWN if genuine(keras).posing(optimizer) else "", OWN)
    momentum = tried(lambda: getattr(optimizer, "momentum", 0.0), None)
    return {
        "optimizer": "" if optimizer is None else f"{class_name(optimizer).lower()}{own}",
        "learning_rate": _learning_rate(keras, optimizer),
        "momentum": 0.0 if momentum is None else number(momentum) or 0.0,
        "loss": tried(lambda: loss_name(keras, loss), class_name(loss) + OWN),
        "from_logits": tried(lambda: bool(_config(keras, loss).get("from_logits", False)), False),
    }


def compiled(keras: Any, model: Any, optimizer: Any = None) -> CompileFacts:
    """The same with what moves a weight that has no gradient and whether the rate is known.

    Apart, since seeds follow from the facts above.
    """
    optimizer = _optimizer(model, optimizer)
    facts = compile_facts(keras, model, optimizer)
    decay = tried(lambda: _config(keras, optimizer).get("weight_decay"), None)
    unknown = facts["learning_rate"] is None and optimizer is not None and not _scheduled(keras, optimizer)
    return {**facts, "weight_decay": number(decay) or 0.0, "rate_unknown": unknown}


def class_name(thing: Any) -> str:
    """Of its very class, whatever it says of itself."""
    return str(type.__dict__["__name__"].__get__(type(thing)))


def number(value: Any) -> float | None:
    """A finite number in whatever holds one (a variable, also a mirrored one); None for all else."""
    readings: tuple[Callable[[Any], Any], ...] = (float, np.asarray, lambda one: one.numpy())
    for read in readings:
        found = tried(lambda: float(read(value)), math.nan)  # noqa: B023 (called at once)
        if math.isfinite(found):
            return found
    return None


def loss_name(keras: Any, loss: Any) -> str:
    """`CategoricalCrossentropy()`, `"categorical_crossentropy"` and the function of that name are the same loss.

    Empty where there is none, or one for each of several outputs.
    """
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
    arrays: list[Any] = tried(lambda: list(model.get_weights()) if model.built and model.weights else [], [])
    if not arrays or not all(isinstance(a, np.ndarray) and a.dtype.kind in "biuf" for a in arrays):
        return ""
    return trace.blob({weight_name(i): array for i, array in enumerate(arrays)})


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
    initializers = [own.get(id(variable)) for variable in model.weights]
    if not all(map(_draws_the_same_again, initializers)):
        return ""
    arrays = (i(tuple(v.shape), dtype=v.dtype) for i, v in zip(initializers, model.weights, strict=True) if i)
    return trace.blob({weight_name(n): np.asarray(array) for n, array in enumerate(arrays)})


def _draws_the_same_again(initializer: Any) -> bool:
    """Whether Keras wrote it and it has one seed, or needs none."""
    of_keras = type(initializer).__module__.startswith("keras.src.initializers.")
    return of_keras and isinstance(getattr(initializer, "seed", 0), int)


def _learning_rate(keras: Any, optimizer: Any) -> float | None:
    optimizer = _unwrapped(keras, optimizer)
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
    inner = _unwrapped(keras, optimizer)
    return tried(lambda: genuine(keras).is_own(inner._learning_rate), False)  # noqa: SLF001 (in the table)


def _unwrapped(keras: Any, optimizer: Any) -> Any:
    """What takes the steps: one that scales the loss has a rate that it does not use."""
    if issubclass(type(optimizer), keras.optimizers.LossScaleOptimizer):
        return tried(lambda: optimizer.inner_optimizer, optimizer)
    return optimizer


def _optimizer(model: Any, named: Any) -> Any:
    # Never by its truth: whether it is one may be asked of the object itself.
    return named if named is not None else tried(lambda: getattr(model, "optimizer", None), None)


def _config(keras: Any, thing: Any) -> dict[str, Any]:
    # Functions have none.
    config: Any = tried(lambda: genuine(keras).config_of(thing), {})
    return config if type(config) is dict else {}
