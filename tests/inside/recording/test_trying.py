"""What is the student's own is tried behind the last cell, and nobody notices."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from grader.evidence.events import CellEnd, End, TriedPart
from grader.evidence.network import architecture
from grader.evidence.own_parts import known_parts
from grader.evidence.trace import Blob, Compiled, arrays
from grader.inside.describe import architecture as described
from grader.inside.own_parts import MOST_PARTS, OwnParts
from grader.inside.recording.trying import try_parts
from tests.evidence import own
from tests.evidence.networks import Memory, sequential
from tests.inside.running import run

Dense: Any = keras.layers.Dense
CELLS = [
    """
import tensorflow as tf, keras
class Noisy(keras.layers.Layer):
    def call(self, x):
        print("looked at")
        return tf.nn.relu(x)
class Endless(keras.layers.Layer):
    def call(self, x):
        while tf.executing_eagerly() and over: pass
        return x
over = False
def compiled(*layers):
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(50), *layers, keras.layers.Dense(10)])
    model.compile("sgd", "mse")
    return model
""",
    "model = compiled(Noisy(), keras.layers.Lambda(lambda x: tf.maximum(x, 0.0)))",
    "model = compiled(Endless())\nprint('last')\nover = True",
]


@pytest.mark.slow
def test_parts_are_tried_behind_the_last_cell_and_one_without_end_is_let_be(tmp_path: Path, mnist: Path) -> None:
    ran = run(tmp_path, mnist, CELLS)
    tried = ran.of(TriedPart)
    assert [part.called for part in tried] == ["Noisy", "Lambda"]
    last = max(n for n, event in enumerate(ran.events) if isinstance(event, CellEnd))
    assert all(ran.events.index(part) > last for part in tried)
    assert ran.printed(3) == "last\n"
    assert ran.of(End)[-1].ending == "completed"
    blobs = {blob.id: arrays(blob) for blob in ran.of(Blob)}
    parts = known_parts(ran.events, lambda key: blobs.get(key, {}))
    first, second = (architecture(one.architecture, parts) for one in ran.of(Compiled))
    assert [str(layer) for layer in first.layers] == ["InputLayer", "Dense(50)", "relu", "relu", "Dense(10)"]
    assert "Endless, which you wrote yourself, is not known: it was not tried" in second.problem


def test_weights_and_random_states_are_as_before() -> None:
    parts, trace = OwnParts(keras), Memory()
    tf.random.set_seed(3)
    model = sequential(own.Block(50, norm="first", rate=0.2), own.OwnDrop(0.2), own.OwnNorm(), Dense(10))
    described(keras, model, parts)

    def states() -> list[Any]:
        variables = [np.array(v).tolist() for layer in model.layers for v in layer.variables]
        drawn_from = context.context()._rng.getstate()
        return [random.getstate(), np.random.get_state()[1].tolist(), drawn_from, *variables]

    before = states()
    try_parts(trace, keras, parts)
    assert len([e for e in trace.events if isinstance(e, TriedPart) and not e.error]) == len(model.layers) - 1
    assert states() == before


def test_a_part_is_one_however_often_it_is_described_and_many_are_not_all_held() -> None:
    parts = OwnParts(keras)
    layer = own.Noted()
    for _ in range(3):
        described(keras, sequential(layer, Dense(10)), parts)
    assert len(list(parts)) == 1
    for _ in range(MOST_PARTS // 50 + 1):
        described(keras, sequential(*(own.Noted() for _ in range(50)), Dense(10)), parts)
    assert len(list(parts)) == MOST_PARTS


class Lies(keras.layers.Layer):  # type: ignore[misc]
    """Raises whatever it is asked."""

    def call(self, x: Any) -> Any:
        return x

    def __getattribute__(self, name: str) -> Any:
        if name in {"weights", "variables"} and keras.config.floatx() == "float64":
            raise RuntimeError(name)
        return super().__getattribute__(name)


def test_a_part_that_raises_is_told_and_the_others_are_tried() -> None:
    parts, trace = OwnParts(keras), Memory()
    described(keras, sequential(Lies(), own.Relu(), Dense(10)), parts)
    keras.config.set_floatx("float64")
    try:
        try_parts(trace, keras, parts)
    finally:
        keras.config.set_floatx("float32")
    found = [e for e in trace.events if isinstance(e, TriedPart)]
    assert [bool(e.error) for e in found] == [True, False]
