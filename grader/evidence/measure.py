"""Measures a run's accuracy on the official test images with the weights it ended with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.gradients import ROWS, gradient_norms
from grader.evidence.network import UnknownNetworkError
from grader.evidence.quiet import import_keras
from grader.evidence.rebuild import put_in, rebuild
from grader.evidence.recognise import PIXELS, Scaling
from grader.records import Measurement, Mistake
from grader.records.data_set import DataSet

Weights = Mapping[str, NDArray[Any]]
"""The arrays of a network by name; sorted by name they stand as Keras orders them."""
BATCH = 1000
DIGITS = 10
MOST_MISTAKES = 10
FEWER = 5
"""Of the test images every fifth is enough to tell a trained network from an untrained one."""
_ONE_AT_A_TIME = Lock()
"""Keras's global state (name scopes) is not made for several threads."""


def measure(
    architecture: str,
    initial: Weights,
    final: Weights,
    scaling: Scaling | None,
    data: DataSet,
) -> Measurement:
    """The accuracy on the 10,000 test images and the gradients on a few training images, all scaled as the run's own.

    Accuracy, confusions and mistakes are those of the final weights; the gradients are those with the initial and the
    final ones. Never raises: where the accuracy or the gradients cannot be measured, the record says why.
    """
    if scaling is None:
        return Measurement(None, reason="it was trained on images that are not MNIST's, or scaled in an unknown way")
    try:
        with _ONE_AT_A_TIME:
            import_keras()
            model = rebuild(architecture, _ordered(final), PIXELS)
            scores = _scores(model, scaling, data.test_images)
            known = _scores(model, scaling, data.train_images[_spread(len(data.train_images), len(scores))])
            gradients, missing = _gradients(model, (initial, final), scaling, data)
            before = _accuracy_before(model, initial, scaling, data)
        found = replace(_measurement(scores, data.test_labels, scaling, gradients), gradients_missing=missing)
        found = replace(found, initial_accuracy=before)
        labels = data.train_labels[_spread(len(data.train_images), len(scores))]
        return replace(found, training_accuracy=_share_right(known, labels))
    except UnknownNetworkError as error:
        return Measurement(None, scaling.name, str(error))
    except Exception as error:  # noqa: BLE001 (a failure here is the grader's, and must not stop the class)
        return Measurement(None, scaling.name, f"the grader could not measure it: {error}", fault=True)


def _measurement(
    scores: NDArray[Any], labels: NDArray[np.uint8], scaling: Scaling, gradients: tuple[tuple[float, ...], ...]
) -> Measurement:
    accuracy = _share_right(scores, labels)
    confusion, mistakes = _confusion(scores, labels), _mistakes(scores, labels)
    return Measurement(accuracy, scaling.name, gradients=gradients, confusion=confusion, mistakes=mistakes)


def _share_right(scores: NDArray[Any], labels: NDArray[np.uint8]) -> float:
    return int((scores.argmax(axis=1) == labels).sum()) / len(labels)


def _spread(rows: int, wanted: int) -> NDArray[np.intp]:
    """So many rows, evenly spaced, or all."""
    return np.linspace(0, rows - 1, min(rows, wanted)).astype(np.intp)


def _ordered(weights: Weights) -> list[NDArray[Any]]:
    return [weights[name] for name in sorted(weights)]


def _gradients(
    model: Any, recorded: Sequence[Weights], scaling: Scaling, data: DataSet
) -> tuple[tuple[tuple[float, ...], ...], str]:
    """With each of the recorded weights, and why there are none, where that costs nobody anything."""
    if not all(recorded):
        when = "before" if recorded and not recorded[0] else "after"
        return (), f"its weights {when} the training were not recorded"
    if model.output_shape[-1] != DIGITS:
        return (), f"its output has {model.output_shape[-1]} values and not one for each of the {DIGITS} digits"
    images = scaling(data.train_images[:ROWS].reshape(ROWS, PIXELS))
    norms = []
    try:
        for weights in recorded:
            put_in(model, _ordered(weights))
            norms.append(gradient_norms(model, images, data.train_labels[:ROWS]))
    except UnknownNetworkError as error:
        return (), str(error)
    except Exception as error:  # noqa: BLE001 (a layer that the measurement does not know; the accuracy stands)
        return (), f"the grader could not follow it through this network ({type(error).__name__}: {error})"[:500]
    if not np.isfinite(norms).all():
        return (), "its weights or what they give back are no finite numbers"
    return tuple(norms), ""


def _accuracy_before(model: Any, initial: Weights, scaling: Scaling, data: DataSet) -> float | None:
    """Of the weights before the training, each output taken for the digit that suits it best; None if not known."""
    if not initial or model.output_shape[-1] != DIGITS:
        return None
    try:
        put_in(model, _ordered(initial))
    except UnknownNetworkError:
        return None
    from scipy.optimize import linear_sum_assignment

    labels = data.test_labels[::FEWER]
    confusion = np.asarray(_confusion(_scores(model, scaling, data.test_images[::FEWER]), labels))
    right = confusion[linear_sum_assignment(confusion, maximize=True)].sum()
    return int(right) / len(labels)


def _scores(model: Any, scaling: Scaling, given: NDArray[np.uint8]) -> NDArray[Any]:
    """What the network says of each image: one row an image, one column a class."""
    images = given.reshape(len(given), PIXELS)
    found = []
    for start in range(0, len(images), BATCH):
        scores = np.asarray(model(scaling(images[start : start + BATCH]), training=False))
        if scores.shape[-1] < 2 or scores.ndim != 2:  # noqa: PLR2004
            raise UnknownNetworkError("its output is not one value for each class")
        found.append(scores)
    return np.concatenate(found)


def _confusion(scores: NDArray[Any], labels: NDArray[np.uint8]) -> tuple[tuple[int, ...], ...]:
    """Counts by digit and answer; none for an output that does not have one column a digit."""
    if scores.shape[1] != DIGITS:
        return ()
    counts = np.zeros((DIGITS, DIGITS), int)
    np.add.at(counts, (labels, scores.argmax(axis=1)), 1)
    return tuple(tuple(int(n) for n in row) for row in counts)


def _mistakes(scores: NDArray[Any], labels: NDArray[np.uint8]) -> tuple[Mistake, ...]:
    """The worst first; where two are equally bad (a network that says the same of every image), the first image."""
    if scores.shape[1] != DIGITS or not np.isfinite(scores).all():
        return ()
    answers = scores.argmax(axis=1)
    shares = _shares(scores.astype(np.float64))
    every = np.arange(len(scores))
    by = shares[every, answers] - shares[every, labels]
    worst = np.lexsort((every, -by))[:MOST_MISTAKES]
    return tuple(
        Mistake(int(i), int(labels[i]), int(answers[i]), round(float(shares[i, answers[i]]), 4))
        for i in worst
        if answers[i] != labels[i]
    )


def _shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of certainty: the output itself where it is a softmax's, else the softmax of it."""
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        return scores
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
