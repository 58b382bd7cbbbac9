"""The gradient at each layer is that of back-propagation, and measuring it leaves the network as it was."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import Activation, BatchNormalization, Dense, Dropout

from grader.evidence.gradients import ROWS, gradient_norms
from grader.evidence.measure import measure
from grader.evidence.recognise import Scaling
from reference import data
from reference.stages import STAGES, build

IMAGES = data.load().train_images[:ROWS].reshape(ROWS, -1).astype(np.float32)
LABELS = data.load().train_labels[:ROWS]
SMALL = np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32)
CLASSES = np.arange(8) % 2


def network(*layers: keras.Layer, inputs: int = 3) -> keras.Sequential:
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((inputs,)), *layers])


def next_numbers() -> list[float]:
    return [random.random(), np.random.rand(), float(tf.random.uniform(())), float(keras.random.uniform(()))]


def by_differences(model: keras.Sequential, layer: Dense) -> float:
    """The same by the definition: the loss moves when what enters the activation does, here through the bias.

    The bias is added for all images alike, so one image at a time.
    """
    squares = []
    for row, label in zip(SMALL, CLASSES, strict=True):
        gradient = []
        for unit in range(layer.units):
            losses = []
            for step in (1e-2, -1e-2):
                bias = layer.bias.numpy()
                layer.bias.assign(bias + step * np.eye(layer.units, dtype=np.float32)[unit])
                losses.append(-float(np.log(model(row[None], training=False).numpy()[0, label])))
                layer.bias.assign(bias)
            gradient.append((losses[0] - losses[1]) / 2e-2)
        squares.append(np.sum(np.square(gradient)))
    return float(np.sqrt(np.mean(squares)))


@pytest.mark.parametrize(
    "layers",
    [
        (lambda: Dense(4, activation="tanh"), lambda: Dense(2, activation="softmax")),
        (lambda: Dense(4), lambda: Activation("sigmoid"), lambda: Dense(2), lambda: Activation("softmax")),
        (lambda: Dense(4), keras.layers.ELU, lambda: Dropout(0.5), lambda: Dense(2), keras.layers.Softmax),
    ],
    ids=["as an argument", "as a layer", "with dropout, which is off"],
)
def test_the_norm_is_what_finite_differences_find(layers: tuple[type[keras.Layer], ...]) -> None:
    model = network(*(make() for make in layers))
    found = gradient_norms(model, SMALL, CLASSES)
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    assert found == pytest.approx([by_differences(model, layer) for layer in dense], rel=1e-2)


def test_of_an_output_without_softmax_the_logits_are_meant() -> None:
    with_softmax = network(Dense(4, activation="tanh"), Dense(2, activation="softmax"))
    logits = network(Dense(4, activation="tanh"), Dense(2))
    logits.set_weights(with_softmax.get_weights())
    assert gradient_norms(logits, SMALL, CLASSES) == gradient_norms(with_softmax, SMALL, CLASSES)


def test_batch_normalization_before_the_activation_is_part_of_what_enters_it() -> None:
    """So the norm does not depend on the size of the pixels, as it would before the normalization."""
    model = network(Dense(4), BatchNormalization(), Activation("tanh"), Dense(2, activation="softmax"))
    small, large = (gradient_norms(model, SMALL * factor, CLASSES)[0] for factor in (10, 1000))
    assert small == pytest.approx(large, rel=1e-2)


def test_measuring_changes_neither_weights_nor_statistics_nor_random_states() -> None:
    model = network(Dense(4), BatchNormalization(), Activation("elu"), Dropout(0.5), Dense(2, activation="softmax"))
    seeds = [generator.state.numpy().tolist() for layer in model.layers for generator in layer._seed_generators]
    before = [w.copy() for w in model.get_weights()]
    keras.utils.set_random_seed(1)
    drawn = next_numbers()
    keras.utils.set_random_seed(1)
    gradient_norms(model, SMALL, CLASSES)
    assert next_numbers() == drawn
    after = [generator.state.numpy().tolist() for layer in model.layers for generator in layer._seed_generators]
    assert after == seeds
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_the_naive_network_loses_the_gradient_on_its_way_back_and_the_remedies_do_not() -> None:
    """What the lab teaches, before any training: 1/1000 is left in the naive stage, a third and more from ReLU on."""
    left = {}
    for stage in STAGES:
        keras.utils.set_random_seed(7)
        norms = gradient_norms(build(stage), IMAGES, LABELS)
        assert len(norms) == 5
        left[stage.id] = norms[0] / norms[-1]
    assert left["naive"] < 1 / 1000
    assert left["naive"] < left["init"] < 1 / 100
    assert all(left[stage] > 1 / 5 for stage in ("activation", "optimizer", "batchnorm", "dropout"))


# ---------------------------------------------------------------- where it cannot be measured

RAW = Scaling("raw", 1.0, 0.0)


def arrays(model: keras.Sequential, factor: float = 1.0) -> dict[str, np.ndarray]:
    return {f"w{n:04}": w * np.float32(factor) for n, w in enumerate(model.get_weights())}


def of_lab(outputs: int = 10) -> keras.Sequential:
    return network(Dense(5, "relu"), Dense(outputs, "softmax"), inputs=784)


@pytest.mark.parametrize(
    ("model", "initial", "reason"),
    [
        (of_lab(), {}, "its weights before the training were not recorded"),
        (of_lab(12), arrays(of_lab(12)), "its output has 12 values and not one for each of the 10 digits"),
        (of_lab(), arrays(of_lab(12)), "the recorded weights do not belong to the recorded network"),
        (of_lab(), arrays(of_lab(), np.nan), "its weights are NaN or infinite (the gradients exploded)"),
        (of_lab(), arrays(of_lab(), 1e38), "its weights or what they give back are no finite numbers"),
    ],
    ids=["not recorded", "twelve classes", "other weights", "NaN", "beyond all numbers"],
)
def test_a_gradient_that_could_not_be_measured_says_why_and_the_accuracy_stands(
    model: keras.Sequential, initial: dict[str, np.ndarray], reason: str
) -> None:
    found = measure(model.to_json(), initial, arrays(model), RAW, data.load())
    assert found.accuracy is not None
    assert (found.gradients, found.gradients_missing) == ((), reason)


def test_a_failure_of_the_measurement_itself_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("no such layer")

    monkeypatch.setattr("grader.evidence.measure.gradient_norms", broken)
    found = measure(of_lab().to_json(), arrays(of_lab()), arrays(of_lab()), RAW, data.load())
    assert found.accuracy is not None
    assert "IndexError: no such layer" in found.gradients_missing


def test_a_gradient_that_was_measured_lacks_no_reason() -> None:
    found = measure(of_lab().to_json(), arrays(of_lab()), arrays(of_lab(), 0.5), RAW, data.load())
    assert len(found.gradients) == 2
    assert found.gradients_missing == ""
