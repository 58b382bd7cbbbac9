"""What is handed to Keras batch by batch (`tf.data`, generators, `PyDataset`): known by the rows that it yields.

A data set of TensorFlow is read a second time, without whatever would remember that it was; what can be read only once
is written down as it passes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import time
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ..patches import Change
from .numbers import whole

MOST_BYTES = 256 << 20
"""Of the rows of one stream: all images of the lab as single precision."""
LONGEST = 10.0
"""Seconds of reading: what takes longer is not known."""
ORDER = frozenset({
    "_ShuffleDataset", "_PrefetchDataset", "_RepeatDataset", "_OptionsDataset", "CacheDataset", "_RestructuredDataset",
})  # fmt: skip
"""What changes no row, only which comes when, or how TensorFlow names its parts."""
SOURCES = frozenset({"_TensorSliceDataset", "_TensorDataset", "_RangeDataset"})
BATCHES = frozenset({"_BatchDataset", "_ParallelBatchDataset"})
MAPS = frozenset({"_MapDataset", "_ParallelMapDataset"})


class Seen:
    """The batches of one stream, as long as there is room."""

    def __init__(self, batches: int | None = None, *, once: bool = False) -> None:
        """`batches`: how many are one pass over the data; `once`: what comes again is not counted."""
        self._most = batches
        self._once = once
        self._known: set[bytes] = set()
        self._x: list[Any] = []
        self._y: list[Any] = []
        self._room = MOST_BYTES

    def note(self, batch: Any) -> None:
        """One more batch, in any form that Keras takes."""
        if self._room < 0 or (self._most is not None and len(self._x) >= self._most):
            return
        parts = batch if isinstance(batch, list | tuple) else (batch,)
        # A copy: generators may fill one array again and again.
        x, y = np.array(parts[0]), np.array(parts[1]) if len(parts) > 1 else None
        if self._once:
            digest = hashlib.blake2b(np.ascontiguousarray(x).data, digest_size=16).digest()
            if digest in self._known:
                return
            self._known.add(digest)
        self._room -= x.nbytes
        self._x.append(x)
        if y is not None:
            self._y.append(y)

    @property
    def full(self) -> bool:
        """Whether there is no more room."""
        return self._room < 0

    @property
    def batch_size(self) -> int | None:
        """Of the first, which is a full one where any is."""
        return len(self._x[0]) if self._x and self._x[0].ndim else None

    @property
    def x(self) -> Any:
        """All rows in one array; None where they are not known."""
        return self._joined(self._x)

    @property
    def y(self) -> Any:
        """The same of the labels."""
        return self._joined(self._y)

    def _joined(self, arrays: list[Any]) -> Any:
        whole_ = arrays and self._room >= 0 and all(a.ndim and a.dtype.kind in "biuf" for a in arrays)
        if not whole_ or len({a.shape[1:] for a in arrays}) > 1:
            return None
        return np.concatenate(arrays)


class Streams:
    """Looks into whatever `fit`, `evaluate` and `predict` are given in the place of arrays."""

    def __init__(self, keras: Any) -> None:
        self._keras = keras
        self._watched: dict[int, Seen] = {}
        """What is read through Keras's own adapter, by the object's identity, while Keras reads it."""

    def changes(self) -> Iterator[Change]:
        """The adapter of a `PyDataset` hands on each batch."""
        adapter = self._keras.src.trainers.data_adapters.py_dataset_adapter.PyDatasetAdapter
        original = adapter._standardize_batch  # noqa: SLF001 (in private_names)

        def standardize(this: Any, batch: Any) -> Any:
            answer = original(this, batch)
            seen = self._watched.get(id(this.py_dataset))
            if seen is not None:
                with contextlib.suppress(Exception):
                    seen.note(answer)
            return answer

        yield Change("keras.*.PyDatasetAdapter._standardize_batch", adapter, "_standardize_batch", standardize)

    def look_into(self, given: dict[str, Any], name: str, steps: str) -> Seen | None:
        """What stands under `name`, which may be exchanged for what hands on the same; None for an array.

        `steps`: the argument that says how many batches are one pass.
        """
        value = given.get(name)
        most = whole(given.get(steps)) or None
        if isinstance(value, tf.data.Dataset):
            return _read(value)
        if isinstance(value, types.GeneratorType):
            seen = Seen(most)
            given[name] = _handing_on(value, seen)
            return seen
        if isinstance(value, self._keras.utils.PyDataset):
            seen = self._watched[id(value)] = Seen(_length(value) or most, once=True)
            return seen
        return None

    def forget(self, given: Mapping[str, Any]) -> None:
        """The call is over."""
        for value in given.values():
            self._watched.pop(id(value), None)


def _length(dataset: Any) -> int | None:
    try:
        return int(dataset.num_batches)
    except Exception:  # noqa: BLE001 (a student's class may fail here, and Keras will say so)
        return None


def _handing_on(batches: Iterable[Any], seen: Seen) -> Iterator[Any]:
    for batch in batches:
        with contextlib.suppress(Exception):
            seen.note(batch)
        yield batch


def _read(dataset: Any) -> Seen:
    """The rows of a data set of TensorFlow; none where reading it could be felt, or where it is in parts unknown."""
    seen, latest = Seen(), time.monotonic() + LONGEST
    # A function that it applies is traced once more, and may print.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            readable = _readable(dataset)
            for batch in readable if readable is not None else ():
                seen.note(batch)
                if seen.full or time.monotonic() > latest:
                    return Seen()
        except Exception:  # noqa: BLE001 (a student's function; if it is wrong, Keras says so)
            return Seen()
    return seen


def _readable(dataset: Any) -> Any:
    """The same rows without shuffling, whose order would change for the next reader; None if that is not possible."""
    name = type(dataset).__name__
    if name in SOURCES:
        return dataset
    if name == "_ZipDataset":
        parts = tf.nest.map_structure(_readable, dataset._datasets)  # noqa: SLF001 (in private_names, as all below)
        return None if None in tf.nest.flatten(parts) else tf.data.Dataset.zip(parts)
    if name == "_ConcatenateDataset":
        first, second = map(_readable, dataset._input_datasets)  # noqa: SLF001
        return None if first is None or second is None else first.concatenate(second)
    inner = getattr(dataset, "_input_dataset", None)
    before = _readable(inner) if isinstance(inner, tf.data.Dataset) else None
    if before is None or name in ORDER:
        return before
    if name in BATCHES:
        return before.batch(dataset._batch_size, drop_remainder=bool(dataset._drop_remainder))  # noqa: SLF001
    if name in MAPS:
        return before.map(dataset._map_func._func)  # noqa: SLF001
    match name:
        case "_TakeDataset":
            return before.take(dataset._count)  # noqa: SLF001
        case "_SkipDataset":
            return before.skip(dataset._count)  # noqa: SLF001
        case "_UnbatchDataset":
            return before.unbatch()
        case _:
            return None
