"""The names that a rubric may use are those that the installed Keras knows, mapped to what facts say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras.src import activations, initializers, optimizers

from grader.assignment.rubric import load
from grader.checks.names import ACTIVATIONS, DATASETS, INITIALIZERS, OFFICIAL, OPTIMIZER_CLASSES, OPTIMIZERS
from grader.evidence.network import ACTIVATION_LAYERS, architecture
from grader.inside.describe import compile_facts
from grader.records import Block
from reference import load_data
from tests.assignment.rubric.writing import changed, problems

BY_NUMBERS = {"VarianceScaling", "variance_scaling"}
"""Called by what it draws: with the numbers that it has by default it is `lecun_normal`."""
NO_OPTIMIZERS = {"Optimizer", "OptimizerMap", "MultiOptimizer", "LossScaleOptimizer"}
"""Bases and wrappers."""
NO_INITIALIZERS = {"initializer", "stft"}
"""The base, and one for convolutions over sound."""


def block(*layers: Any, **of_dense: Any) -> Block:
    """What facts say of a Dense layer and what follows it."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, **of_dense), *layers])
    return architecture(model.to_json()).blocks[0]


def initializer_names() -> Iterator[str]:
    for name in map(str, initializers.ALL_OBJECTS_DICT):
        if name.lower().removesuffix("initializer") not in NO_INITIALIZERS and name.lower() not in NO_INITIALIZERS:
            yield name


@pytest.mark.parametrize("name", sorted(activations.ALL_OBJECTS_DICT))
def test_every_activation_of_keras_has_the_spelling_that_facts_have(name: str) -> None:
    assert ACTIVATIONS.fact(name) == block(activation=name).activation


@pytest.mark.parametrize("name", sorted(set(ACTIVATION_LAYERS) - {"Activation"}))
def test_every_layer_that_is_an_activation_has_the_spelling_that_facts_have(name: str) -> None:
    assert ACTIVATIONS.fact(name) == block(getattr(tf.keras.layers, name)()).activation


@pytest.mark.parametrize("name", sorted(set(initializer_names()) - BY_NUMBERS))
def test_every_initializer_of_keras_has_the_spelling_that_facts_have(name: str) -> None:
    initializer = keras.initializers.Constant(0.5) if name.lower() == "constant" else name
    assert INITIALIZERS.fact(name) == block(kernel_initializer=initializer).dense.initializer


@pytest.mark.parametrize("kind", sorted(optimizers.ALL_OBJECTS - {None}, key=str), ids=lambda kind: kind.__name__)
def test_every_optimizer_of_keras_has_the_spelling_that_facts_have(kind: type) -> None:
    if kind.__name__ in NO_OPTIMIZERS:
        assert kind.__name__.lower() not in OPTIMIZERS.spellings
        return
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    model.compile(optimizer=kind(), loss="mse")
    fact = compile_facts(keras, model)["optimizer"]
    assert OPTIMIZERS.fact(kind.__name__) == OPTIMIZERS.fact(kind.__name__.lower()) == fact


def test_no_name_is_accepted_that_keras_does_not_know() -> None:
    functions = {str(name) for name in activations.ALL_OBJECTS_DICT}
    assert set(ACTIVATIONS.spellings) <= functions | set(ACTIVATION_LAYERS) | {"prelu"}
    assert set(INITIALIZERS.spellings) <= {str(name) for name in initializers.ALL_OBJECTS_DICT}
    assert set(OPTIMIZER_CLASSES.values()) <= {kind.__name__ for kind in optimizers.ALL_OBJECTS}


def test_the_data_sets_have_the_shapes_of_the_official_arrays() -> None:
    data = load_data()
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    assert OFFICIAL["mnist"] == tuple(array.shape for array in arrays)
    assert set(DATASETS.spellings.values()) == set(OFFICIAL)


MEANT = [
    ("accepted: [he_normal]", "accepted: [HeNormal]", ("init.he_normal", "accepted"), ("he_normal",)),
    ("accepted: [he_normal]", "accepted: [He_Normal, HeNormal]", ("init.he_normal", "accepted"), ("he_normal",)),
    ("accepted: [sigmoid]", "accepted: [Sigmoid]", ("naive.network", "accepted"), ("sigmoid",)),
    ("kind: adam\n        learning", "kind: Adam\n        learning", ("optimizer.adam", "kind"), "adam"),
    ("kind: adam\n        learning", "kind: RMSProp\n        learning", ("optimizer.adam", "kind"), "rmsprop"),
    ("dataset: mnist", "dataset: MNIST", ("data.load", "dataset"), "mnist"),
]


@pytest.mark.parametrize(("old", "new", "where", "fact"), MEANT)
def test_what_keras_takes_for_a_name_is_that_name(
    old: str, new: str, where: tuple[str, str], fact: object, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(changed((old, new)))
    criterion = next(c for c in load(path).criteria if c.id == where[0])
    assert fact in [getattr(check, where[1], None) for check in criterion.checks]


def test_a_stage_is_known_by_what_its_names_mean_in_keras(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        changed(
            ("initializer: [he_normal, he_uniform]", "initializer: [HeNormal, he_uniform]"),
            ("activation: [sigmoid]", "activation: [Sigmoid]"),
            ("optimizer: [sgd]", "optimizer: [SGD]"),
        )
    )
    naive, init, activation, *_ = load(path).stages
    assert (naive.activation, naive.optimizer, init.initializer) == (
        ("sigmoid",),
        ("sgd",),
        ("he_normal", "he_uniform"),
    )
    assert activation.activation.count("silu") == 1, "swish and silu are one"


MISSPELT = [
    ("accepted: [he_normal]", "accepted: [henormal]", "unknown initializer 'henormal' (did you mean 'he_normal'?)"),
    ("accepted: [sigmoid]", "accepted: [sigmiod]", "unknown activation 'sigmiod' (did you mean 'sigmoid'?)"),
    ("activation: [sigmoid]", "activation: [sigmiod]", "unknown activation 'sigmiod' (did you mean 'sigmoid'?)"),
    ("initializer: [glorot", "initializer: [glorrot", "unknown initializer 'glorrot_uniform' (did you mean 'glorot_u"),
    ("kind: sgd", "kind: sdg", "unknown optimizer 'sdg' (did you mean 'sgd'?)"),
    ("optimizer: [adam]", "optimizer: [adma]", "unknown optimizer 'adma' (did you mean 'adam'?)"),
    ("dataset: mnist", "dataset: cifar", "unknown data set 'cifar' (known: mnist)"),
    ("dataset: mnist, rows", "dataset: nmist, rows", "unknown data set 'nmist' (did you mean 'mnist'?)"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), MISSPELT)
def test_a_name_that_keras_does_not_know_is_an_error_at_its_line(
    right: str, wrong: str, message: str, tmp_path: Path
) -> None:
    text = changed((right, wrong))
    (problem,) = problems(tmp_path, text)
    line = next(n for n, (a, b) in enumerate(zip(text.splitlines(), changed().splitlines(), strict=True), 1) if a != b)
    assert problem.startswith(f"x.yaml:{line}:")
    assert message in problem
