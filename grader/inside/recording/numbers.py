"""Numbers in what a call was given and in what it returned, whatever a student wrote there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..by_value import accuracy_name
from ..describe import tried


def asked_metrics(model: Any) -> Any:
    """The metrics for which `compile` was asked, in the student's words."""
    return tried(lambda: getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None), None)


def accuracy_in(keras: Any, model: Any, answer: Any) -> float | None:
    """The accuracy in what `evaluate` returned: by its name, since students also list precision, AUC and others."""
    return tried(lambda: _accuracy_in(keras, model, answer), None)


def _accuracy_in(keras: Any, model: Any, answer: Any) -> float | None:
    named = answer
    if isinstance(answer, list | tuple):
        names = [m.name for metric in model.metrics for m in getattr(metric, "metrics", [metric])]
        named = dict(zip(names, answer, strict=False))
    if not isinstance(named, Mapping):
        return None
    values = [v for k, v in named.items() if "acc" in k and "top" not in k and np.ndim(v) == 0]
    if not values and (otherwise := accuracy_name(keras, asked_metrics(model))) in named:
        values = [named[otherwise]]
    return float(values[0]) if values else None


def as_float(value: Any) -> float:
    """The number; NaN for what is none."""
    return tried(lambda: float(value), math.nan)


def whole(value: Any) -> int:
    """A number of epochs or images; 0 for what `fit` itself will refuse, which is no failure of the recorder."""
    return tried(lambda: max(0, int(value)), 0)


def share(value: Any) -> float:
    """A part of the rows in [0, 1]; 0 for what `fit` itself will refuse."""
    return tried(lambda: min(1.0, max(0.0, float(value))), 0.0)
