"""The streams of random numbers that a program draws from: put back where something of ours has drawn meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Those of Python, NumPy and TensorFlow are afterwards what they were."""
    from tensorflow.python.eager import context

    tensorflow: Any = getattr(context.context(), "_rng", None)
    python, numbers = random.getstate(), np.random.get_state()  # noqa: NPY002 (the one that programs draw from)
    drawn = tensorflow.getstate() if tensorflow else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numbers)  # noqa: NPY002
        if drawn is not None:
            tensorflow.setstate(drawn)
