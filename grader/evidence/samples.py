"""Samples of arrays as the recorder takes them: the rows that were drawn are those that the run's own key draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from grader.inside.protocol import SAMPLE, SAMPLED_ROWS
from grader.inside.sampling import drawn_rows

DRAWN = frozenset({"drawn", "drawn_values"})
Arrays = Mapping[str, NDArray[Any]]


def is_sample(sample: Arrays, rows: int, key: bytes) -> bool:
    """Whether the recorder can have written it of an array of so many rows; without a `key`, none need be drawn."""
    if not SAMPLE - DRAWN <= set(sample) <= SAMPLE or len(DRAWN & set(sample)) == 1:
        return False
    values = sample["values"]
    columns = values.shape[1:] if values.ndim == 2 else None  # noqa: PLR2004 (a table)
    # A larger sample is not the recorder's work.
    if columns is None or len(values) > SAMPLED_ROWS:
        return False
    if not all(sample[name].shape == columns for name in ("mean", "std")):
        return False
    if "drawn" not in sample:
        return not key
    drawn, its_values = sample["drawn"], sample["drawn_values"]
    expected = drawn_rows(key, rows, SAMPLED_ROWS)
    fits = drawn.ndim == 1 and its_values.shape == (len(drawn), *columns)
    return fits and (list(drawn) == expected if key else len(drawn) <= SAMPLED_ROWS)
