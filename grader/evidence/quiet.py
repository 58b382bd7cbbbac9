"""Keras without what TensorFlow writes about itself when it starts."""

from __future__ import annotations

import os
from functools import cache


@cache
def import_keras() -> None:
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
