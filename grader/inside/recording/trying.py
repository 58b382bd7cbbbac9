"""Tries the student's own layers and functions after the last cell: what goes in is fixed, what comes out is recorded.

Nothing is judged here. All states are as they were before, those of random numbers and weights among them.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from ..genuine import genuine
from ..own_parts import OwnPart, OwnParts
from ..protocol import LONGEST_TEXT, TRY_SECONDS, TriedPart, weight_name
from ..random_states import random_states_kept, values_kept
from ..trace import Trace
from ..trial_inputs import ORDINARY, WIDEST, trial_inputs

TIMES = 2
"""In each mode: what draws random numbers gives others the second time."""
LARGEST = 1 << 22
"""Bytes of a part's weights that are recorded."""
LONGEST_SOURCE = 2000
LIBRARIES = frozenset({"keras", "tensorflow", "numpy"})


def try_parts(trace: Trace, keras: Any, parts: OwnParts) -> None:
    """Writes an event for each, as far as the time goes."""
    end = time.monotonic() + TRY_SECONDS / 2
    for part in parts:
        if time.monotonic() > end:
            return
        event = TriedPart(t="part", part=part.number, called=part.called, source=_source(part))
        try:
            with _unnoticed(part):
                event |= _tried(trace, keras, part)
        except Exception as error:  # noqa: BLE001 (a student's code may fail here in any way)
            event["error"] = f"{type(error).__name__}: {error}"[:LONGEST_TEXT]
        trace.write(event)


def _tried(trace: Trace, keras: Any, part: OwnPart) -> TriedPart:
    layer = part.thing
    width = _width(layer) if part.is_layer else ORDINARY
    given = tf.convert_to_tensor(trial_inputs(width))
    found = [_apply(part, given, training=False) for _ in range(TIMES)]
    weights = layer.weights if part.is_layer else []
    values = [np.array(w, np.float32) for w in weights]
    if sum(value.nbytes for value in values) > LARGEST:
        raise ValueError("it has too many weights to be tried")
    # Behind the weights that were used: a normalization moves some of its own while it trains.
    found += [_apply(part, given, training=True) for _ in range(TIMES)]
    tried = TriedPart(t="part", part=part.number, called=part.called, width=width)
    tried["answers"] = trace.blob({weight_name(n): np.asarray(one, np.float32) for n, one in enumerate(found)})
    if weights:
        tried["weights"] = trace.blob({weight_name(n): value for n, value in enumerate(values)})
        tried["initializers"] = [_initializer(keras, layer, w) for w in weights]
    return tried


def _apply(part: OwnPart, given: Any, *, training: bool) -> Any:
    return part.thing(given, training=training) if part.is_layer else part.thing(given)


def _width(layer: Any) -> int:
    """Values that it takes of each image."""
    shapes = [tuple(node.input_tensors[0].shape) for node in layer._inbound_nodes if node.input_tensors]  # noqa: SLF001
    kernels = [tuple(w.shape) for w in layer.weights if len(w.shape) == 2]  # noqa: PLR2004
    known = [shape[1] for shape in shapes if len(shape) == 2] + [shape[0] for shape in kernels]  # noqa: PLR2004
    if not known and (shapes or layer.weights):
        raise ValueError("it takes no rows of numbers")
    width = known[0] if known else ORDINARY
    if not isinstance(width, int) or width > WIDEST:
        raise ValueError("it takes too many numbers of each image to be tried")
    return width


def _initializer(keras: Any, layer: Any, weight: Any) -> str:
    """As Keras describes the one that drew a weight; empty where that is not known, or the student's own."""
    known = genuine(keras)
    for owner in layer._flatten_layers():  # noqa: SLF001 (it and all that it is made of)
        for variable in [*owner._trainable_variables, *owner._non_trainable_variables]:  # noqa: SLF001
            if variable is weight:
                initializer = getattr(owner, f"{variable.name}_initializer", None)
                return json.dumps(known.described(initializer)) if initializer and known.is_own(initializer) else ""
    return ""


def _source(part: OwnPart) -> str:
    thing = part.thing
    if part.is_layer:
        thing = thing.function if type(thing).__name__ == "Lambda" else type(thing)
    if str(getattr(thing, "__module__", "")).partition(".")[0] in LIBRARIES:
        return ""
    try:
        return inspect.getsource(thing)[:LONGEST_SOURCE]
    except Exception:  # noqa: BLE001 (made by a program, of a library in C, or a class that fails)
        return ""


@contextmanager
def _unnoticed(part: OwnPart) -> Iterator[None]:
    """Weights and random states are put back."""
    with values_kept(part.thing.variables if part.is_layer else ()), random_states_kept():
        yield
