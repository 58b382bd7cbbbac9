"""A network by a class of the student's own is judged, and measured, as the layers that its `call` makes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

from grader.evidence.rebuild import rebuild
from grader.inside.describe import architecture, drawn_weights, weights, weights_digest
from grader.inside.own_parts import OwnParts
from grader.inside.random_states import random_states_kept
from grader.records import Outcome
from tests.evidence import own
from tests.evidence.networks import Memory, judged, seen
from tests.evidence.test_spellings import built

OF_KERAS: dict[str, Callable[[], Any]] = {
    "made last first": lambda: own.Mlp("elu", norm=True),
    "told whether it trains": lambda: own.Dropping(0.3, asked=True),
    "a functional model by another name": own.Named,
}
BEYOND: dict[str, Callable[[], Any]] = {
    "a loss of its own": own.Squared,
    "weights beside its layers'": own.Beside,
    "another way when it trains": own.Branching,
    "steps of its own": own.Stepping,
    "weights of its own": own.OtherWeights,
    "a dropout for those who look": own.Watchful,
    "another answer when it is used": own.Turned,
}
IMAGES = np.random.default_rng(5).normal(0, 3, (20, 784)).astype(np.float32)


def settled(make: Callable[[], Any]) -> Any:
    """Trained a little, so that no two of its weights are alike."""
    model = built(make)()
    model.compile("sgd", "mse")
    model.fit(IMAGES, np.eye(10, dtype=np.float32)[np.arange(20) % 10], verbose=0)
    return model


def ordered(trace: Memory, key: str) -> list[Any]:
    found = trace.arrays(key)
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("how", sorted(OF_KERAS))
def test_it_is_rebuilt_to_the_bit_with_the_weights_that_were_recorded(how: str) -> None:
    model, trace = settled(OF_KERAS[how]), Memory()
    text = architecture(keras, model, OwnParts(keras))
    mine = rebuild(text, ordered(trace, weights(trace, model)), 784)
    assert np.array_equal(np.asarray(mine(IMAGES)), np.asarray(model(IMAGES, training=False)))


def test_what_its_initializers_draw_stands_in_the_same_order() -> None:
    model, trace = built(lambda: own.Mlp("elu"))(), Memory()
    assert drawn_weights(trace, model) == weights(trace, model) != ""


@pytest.mark.filterwarnings("ignore:.*build.*:UserWarning")
@pytest.mark.parametrize("how", sorted(BEYOND))
def test_one_that_does_more_than_its_layers_is_shown_to_a_person(how: str) -> None:
    model = built(BEYOND[how])()
    assert Outcome.PASSED not in set(judged(model, "activation").values())
    assert "built by a class of its own" in seen(model).problem


@pytest.mark.parametrize(
    ("stage", "make"),
    [
        ("activation", lambda: own.Mlp("sigmoid")),
        ("init", lambda: own.Mlp("sigmoid")),
        ("batchnorm", lambda: own.Mlp("elu")),
        ("dropout", lambda: own.Dropping(0.0)),
    ],
)
def test_a_wrong_one_loses_what_it_loses_by_any_spelling(stage: str, make: Callable[[], Any]) -> None:
    assert Outcome.FAILED in set(judged(built(make)(), stage).values())


def test_one_that_was_built_before_its_layers_is_read_once_they_are() -> None:
    """`model.build((None, 784))` marks it as built and makes no weights."""
    model, trace = own.Mlp("elu", norm=True), Memory()
    with pytest.warns(UserWarning, match="build"):
        model.build((None, 784))
    assert weights(trace, model) == ""
    model(IMAGES)
    mine = rebuild(architecture(keras, model, OwnParts(keras)), ordered(trace, weights(trace, model)), 784)
    assert np.array_equal(np.asarray(mine(IMAGES)), np.asarray(model(IMAGES, training=False)))


def test_the_weights_are_keras_own_whatever_a_model_says_of_them() -> None:
    model, trace = built(lambda: own.OtherWeights("elu"))(), Memory()
    assert np.array_equal(ordered(trace, weights(trace, model))[0], np.asarray(model.weights[0]))


def test_one_that_is_no_graph_is_not_looked_into_at_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    model, trace, calls = built(own.Watchful)(), Memory(), [0]
    original = own.Watchful.call

    def counted(self: Any, x: Any) -> Any:
        calls[0] += 1
        return original(self, x)

    monkeypatch.setattr(own.Watchful, "call", counted)
    first = weights_digest(trace, model)
    looked = calls[0]
    assert looked > 0
    assert weights_digest(trace, model) == weights_digest(trace, model) == first
    assert calls[0] == looked


def test_what_a_model_keeps_of_its_calls_is_what_it_was() -> None:
    model = built(own.Busy)()
    calls, last_seen = model.calls, model.last_seen
    generator = keras.random.uniform((1,))
    del generator
    state = np.array(global_state.get_global_attribute("global_seed_generator").state)
    assert seen(model).blocks
    assert (model.calls, model.last_seen) == (calls, last_seen)
    assert np.array_equal(state, global_state.get_global_attribute("global_seed_generator").state)


def test_models_that_are_looked_into_at_once_leave_the_output_to_the_program() -> None:
    models = [built(own.Dropping)() for _ in range(4)]
    before = sys.stdout
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda model: architecture(keras, model, OwnParts(keras)), models))
    assert sys.stdout is before
    assert all("BatchNormalization" in text for text in found)


def test_the_program_notices_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    model = settled(own.Dropping)
    names = dict(global_state.get_global_attribute("object_name_uids"))
    before = [np.array(v) for v in model.variables]
    np.random.seed(3)
    capsys.readouterr()
    with random_states_kept():
        drawn = np.random.random()
    seen(model)
    assert capsys.readouterr().out == ""
    assert np.random.random() == drawn
    assert global_state.get_global_attribute("object_name_uids") == names
    assert all(np.array_equal(a, np.array(v)) for a, v in zip(before, model.variables, strict=True))
    assert [layer._inbound_nodes for layer in model._flatten_layers() if layer._inbound_nodes] == []


@pytest.mark.filterwarnings("ignore:.*build.*:UserWarning")
def test_one_that_only_says_that_it_is_built_is_not_built_for_it() -> None:
    model = own.Mlp()
    model.build((None, 784))
    assert "built by a class of its own" in seen(model).problem
    assert model.weights == []
