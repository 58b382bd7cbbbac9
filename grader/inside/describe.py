"""What a Keras model is, in plain values: its configuration, how it was compiled, its weights."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from .by_value import LOGITS, kind_of_optimizer, own_loss, sole, unwrapped
from .genuine import genuine
from .protocol import OWN, POSING, CompileFacts, weight_name
from .trace import Trace

MOST_HELD = 4_000_000
"""Weights of a network whose state is told apart at each epoch; the lab's have fifty thousand."""


def architecture(keras: Any, model: Any) -> str:
    """Keras's JSON configuration; for a model that has none, a JSON object that names its class.

    Where something in it only goes by a name of Keras's, a JSON object that names that.
    """
    known = genuine(keras)
    try:
        if posing := known.posing_in(model):
            return json.dumps({POSING: posing})
        return known.json_of(model)
    except Exception:  # noqa: BLE001 (a student's class may fail here in any way)
        return json.dumps({"class_name": type(model).__name__, "config": {}})


def compile_facts(keras: Any, model: Any, optimizer: Any = None) -> CompileFacts:
    """Optimizer (the model's own, if none is named), rate (None for a schedule), momentum, loss, whether of logits."""
    optimizer = unwrapped(keras, optimizer or getattr(model, "optimizer", None))
    loss = sole(getattr(model, "loss", None))
    own = OWN if genuine(keras).posing(optimizer) else ""
    return {
        "optimizer": f"{kind_of_optimizer(keras, optimizer).__name__.lower()}{own}" if optimizer else "",
        "learning_rate": _learning_rate(keras, optimizer),
        "momentum": float(getattr(optimizer, "momentum", 0.0) or 0.0),
        "loss": loss_name(keras, loss),
        "from_logits": bool(_config(keras, loss).get("from_logits", False)),
    }


def compiled(keras: Any, model: Any, optimizer: Any = None) -> CompileFacts:
    """The same with what moves a weight that has no gradient; apart, since seeds follow from the facts above."""
    stepping = unwrapped(keras, optimizer or getattr(model, "optimizer", None))
    decay = _config(keras, stepping).get("weight_decay")
    return {**compile_facts(keras, model, optimizer), "weight_decay": float(decay or 0.0)}


def trained_by(keras: Any, model: Any) -> CompileFacts:
    """The same with what a loss of the program's own computes: only when it is used, all that it names is there."""
    facts = compiled(keras, model)
    own = own_loss(keras, getattr(model, "loss", None))
    facts["own_loss"] = own if own is None else own.removesuffix(LOGITS)
    if own and own.endswith(LOGITS):
        facts["from_logits"] = True
    return facts


def loss_name(keras: Any, loss: Any) -> str:
    """`CategoricalCrossentropy()`, `"categorical_crossentropy"` and the function of that name are the same loss.

    Empty where there is none, or one for each of several outputs.
    """
    loss = sole(loss)
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return str(loss)
    if loss is None or isinstance(loss, dict | list | tuple):
        return ""
    own = OWN if genuine(keras).posing(loss) else ""
    if isinstance(loss, keras.losses.Loss):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(loss).__name__).lower() + own
    return str(getattr(loss, "__name__", type(loss).__name__)) + own


def weights(trace: Trace, model: Any) -> str:
    """The id of the weights in the trace; the empty string where the model has none yet."""
    if not model.built or not model.weights:
        return ""
    return trace.blob({weight_name(i): array for i, array in enumerate(model.get_weights())})


def weights_digest(trace: Trace, model: Any) -> str:
    """The id that the weights have in the trace, written or not; empty where the model has none, or very many."""
    if not model.built or not model.weights or model.count_params() > MOST_HELD:
        return ""
    return trace.digest({weight_name(i): array for i, array in enumerate(model.get_weights())})


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
    if optimizer is None:
        return None
    if genuine(keras).posing(getattr(optimizer, "_learning_rate", None)):
        return None
    match _config(keras, optimizer).get("learning_rate"):
        # What `decay=…` of Keras 2 has become: the rate that the student wrote is the one it starts from.
        case {"class_name": "InverseTimeDecay", "config": {"initial_learning_rate": float(rate), "decay_steps": 1}}:
            return rate
        case dict():
            return None
    return float(optimizer.learning_rate)


def _config(keras: Any, thing: Any) -> dict[str, Any]:
    try:
        config = genuine(keras).config_of(thing)
    except Exception:  # noqa: BLE001 (functions have none, a student's class may fail)
        return {}
    return config if isinstance(config, dict) else {}
