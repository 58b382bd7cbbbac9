"""Measures a run's accuracy on the official test images with the weights it ended with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.network import UnknownNetworkError
from grader.evidence.official import DataSet
from grader.evidence.rebuild import rebuild
from grader.evidence.recognise import PIXELS, Scaling
from grader.records import Measurement

BATCH = 1000
_ONE_AT_A_TIME = Lock()
"""Keras's global state (name scopes) is not made for several threads."""


def measure(
    architecture: str, weights: Mapping[str, NDArray[Any]], scaling: Scaling | None, data: DataSet
) -> Measurement:
    """The accuracy on the 10,000 test images, scaled as the run's own images were; never raises."""
    if scaling is None:
        return Measurement(None, reason="it was trained on images that are not MNIST's, or scaled in an unknown way")
    ordered = [weights[name] for name in sorted(weights)]
    try:
        with _ONE_AT_A_TIME:
            accuracy = _accuracy(architecture, ordered, scaling, data)
    except UnknownNetworkError as error:
        return Measurement(None, scaling.name, str(error))
    except Exception as error:  # noqa: BLE001 (a failure here is the grader's, and must not stop the class)
        return Measurement(None, scaling.name, f"the grader could not measure it: {error}", fault=True)
    return Measurement(accuracy, scaling.name)


def _accuracy(architecture: str, weights: list[NDArray[Any]], scaling: Scaling, data: DataSet) -> float:
    _import_keras()
    model = rebuild(architecture, weights, PIXELS)
    images = data.test_images.reshape(len(data.test_images), PIXELS)
    right = 0
    for start in range(0, len(images), BATCH):
        scores = np.asarray(model(scaling(images[start : start + BATCH]), training=False))
        if scores.shape[-1] < 2 or scores.ndim != 2:  # noqa: PLR2004
            raise UnknownNetworkError("its output is not one value for each class")
        right += int((scores.argmax(axis=1) == data.test_labels[start : start + BATCH]).sum())
    return right / len(images)


@cache
def _import_keras() -> None:
    """Imports Keras on the CPU, which every machine has, and without the lines that TensorFlow writes about itself."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    stderr = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 (its descriptor is what is wanted)
            os.dup2(nowhere.fileno(), 2)
            import keras  # noqa: F401
            import tensorflow as tf

            tf.constant(0)
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
