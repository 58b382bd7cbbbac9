"""What a Keras model is, in plain values: its configuration, how it was compiled, its weights."""

from __future__ import annotations

import json
import re
from typing import Any

from .protocol import CompileFacts, weight_name
from .trace import Trace


def architecture(model: Any) -> str:
    """Keras's JSON configuration; for a model that has none, a JSON object that names its class."""
    try:
        return str(model.to_json())
    except Exception:  # noqa: BLE001 (a student's class may fail here in any way)
        return json.dumps({"class_name": type(model).__name__, "config": {}})


def compile_facts(keras: Any, model: Any, optimizer: Any = None) -> CompileFacts:
    """Optimizer (the model's own, if none is named), rate (None for a schedule), momentum, loss, whether of logits."""
    optimizer = optimizer or getattr(model, "optimizer", None)
    loss = getattr(model, "loss", None)
    return {
        "optimizer": type(optimizer).__name__.lower() if optimizer else "",
        "learning_rate": _learning_rate(optimizer),
        "momentum": float(getattr(optimizer, "momentum", 0.0) or 0.0),
        "loss": loss_name(keras, loss),
        "from_logits": bool(_config(loss).get("from_logits", False)),
    }


def loss_name(keras: Any, loss: Any) -> str:
    """`CategoricalCrossentropy()`, `"categorical_crossentropy"` and the function of that name are the same loss.

    Empty where there is none, or one for each of several outputs.
    """
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return str(loss)
    if loss is None or isinstance(loss, dict | list | tuple):
        return ""
    if isinstance(loss, keras.losses.Loss):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(loss).__name__).lower()
    return str(getattr(loss, "__name__", type(loss).__name__))


def weights(trace: Trace, model: Any) -> str:
    """The id of the weights in the trace; the empty string where the model has none yet."""
    if not model.built or not model.weights:
        return ""
    return trace.blob({weight_name(i): array for i, array in enumerate(model.get_weights())})


def _learning_rate(optimizer: Any) -> float | None:
    if optimizer is None:
        return None
    match _config(optimizer).get("learning_rate"):
        # What `decay=…` of Keras 2 has become: the rate that the student wrote is the one it starts from.
        case {"class_name": "InverseTimeDecay", "config": {"initial_learning_rate": float(rate), "decay_steps": 1}}:
            return rate
        case dict():
            return None
    return float(optimizer.learning_rate)


def _config(thing: Any) -> dict[str, Any]:
    try:
        config = thing.get_config()
    except Exception:  # noqa: BLE001 (functions have none, a student's class may fail)
        return {}
    return config if isinstance(config, dict) else {}
