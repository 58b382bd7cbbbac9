"""Quick mode: what a `fit` is asked to do is recorded as it is; what it does is a few epochs over a few rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ROWS = 2_000
"""Enough for every batch size of the lab to make a step, in a fraction of a second an epoch."""
UNCUT = ("sample_weight", "steps_per_epoch", "validation_steps")
"""With these the number of rows has a meaning of its own."""


def few_rows(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `fit` with arrays cut to their first rows; what is no array stays whole."""
    training, validation = (given.get("x"), given.get("y")), given.get("validation_data")
    cut = dict(given)
    if any(given.get(name) is not None for name in UNCUT) or not _are_arrays(training):
        return cut
    cut["x"], cut["y"] = (part[:ROWS] for part in training if part is not None)
    if validation is not None and _are_arrays(validation):
        cut["validation_data"] = tuple(part[:ROWS] for part in validation)
    return cut


def _are_arrays(pair: Any) -> bool:
    """Two arrays or tensors of equal length; data frames, lists and several inputs are left alone."""
    if not isinstance(pair, list | tuple) or len(pair) != 2:  # noqa: PLR2004 (a pair)
        return False
    shapes = [tuple(getattr(part, "shape", ())) for part in pair]
    plain = all(hasattr(part, "__array__") and not hasattr(part, "iloc") for part in pair)
    return plain and all(shapes) and shapes[0][0] == shapes[1][0]
