"""Describes the arrays handed to Keras by a bounded sample, from which the grader recognises them outside."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe import tried
from ..protocol import DIGEST, LONGEST_KEY, MOST_COLUMNS, SAMPLED_ROWS, Array
from ..trace import Trace

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ArrayRecorder:
    """Writes each array once; the same content handed over again is the same array."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._seen: set[str] = set()

    def describe(self, value: Any) -> str:
        """The id of the array in the trace; the empty string for what is no array (a generator, a data set)."""
        array = as_array(value)
        if array is None:
            return ""
        rows = np.unique(np.linspace(0, array.shape[0] - 1, min(array.shape[0], SAMPLED_ROWS)).astype(int))
        drawn = np.array(self._trace.drawn(array.shape[0]), int)
        flat = array.reshape(array.shape[0], -1)[:, :MOST_COLUMNS]
        sample = self._trace.blob(
            {
                "rows": rows,
                "values": flat[rows].astype(np.float32),
                "drawn": drawn,
                "drawn_values": flat[drawn].astype(np.float32),
                "mean": flat.mean(axis=0, dtype=np.float64).astype(np.float32),
                "std": _std(flat),
            }
        )
        key = f"{sample}-{'x'.join(map(str, array.shape))}-{array.dtype}"
        if len(key) > LONGEST_KEY:
            key = hashlib.blake2b(key.encode(), digest_size=DIGEST).hexdigest()
        if key not in self._seen:
            self._seen.add(key)
            self._trace.write(Array(t="array", id=key, shape=array.shape, dtype=str(array.dtype), sample=sample))
        return key


def as_array(value: Any) -> NDArray[Any] | None:
    """The value as a numeric array with at least one value, or None; tensors, data frames and lists are arrays too."""
    array = tried(lambda: _converted(value), None)
    if array is None:
        return None
    if array.dtype == object or array.dtype.kind not in "biuf" or array.ndim == 0 or array.size == 0:
        return None
    return array


def _converted(value: Any) -> NDArray[Any] | None:
    arrays = value is not None and (hasattr(value, "__array__") or isinstance(value, list | tuple))
    return np.asarray(value) if arrays else None


def _std(flat: NDArray[Any]) -> NDArray[np.float32]:
    """Per column, without the large temporary array that `std` makes."""
    mean = flat.mean(axis=0, dtype=np.float64)
    square = np.einsum("ij,ij->j", flat, flat, dtype=np.float64, casting="unsafe") / flat.shape[0]
    deviation: NDArray[np.float32] = np.sqrt(np.maximum(square - mean**2, 0.0)).astype(np.float32)
    return deviation
