"""What a program draws from and what it has learnt: put back where something of ours has drawn or called meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def values_kept(variables: Iterable[Any]) -> Iterator[None]:
    """Weights and all else that layers and models keep in variables are afterwards what they were."""
    kept = [(variable, np.array(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


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
