"""Says which runs went on from the trained weights of another run: then their accuracy is not their own alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from grader.records import TrainingRun

FEWEST_WEIGHTS = 500
"""Of an array that tells where it came from; the output layer of the lab's network has 500."""

Arrays = Mapping[str, NDArray[Any]]


def with_descent(runs: Sequence[TrainingRun], arrays: Callable[[str], Arrays]) -> tuple[TrainingRun, ...]:
    """The runs, each with the latest earlier one that left a layer's weights in which it began."""
    left: dict[bytes, str] = {}
    """Digest of trained weights to the run that left them."""
    found = []
    for run in runs:
        before = _digests(arrays(run.initial_weights)) if run.initial_weights else frozenset()
        earlier = [left[digest] for digest in before if digest in left]
        found.append(replace(run, started_from=max(earlier, key=_order(runs))) if earlier else run)
        if run.final_weights:
            # Weights that its training did not move were not its work.
            left |= dict.fromkeys(_digests(arrays(run.final_weights)) - before, run.id)
    return tuple(found)


def _order(runs: Sequence[TrainingRun]) -> Callable[[str], int]:
    places = {run.id: place for place, run in enumerate(runs)}
    return places.__getitem__


def _digests(weights: Arrays) -> frozenset[bytes]:
    """One for each large matrix, over its shape and its bytes."""
    return frozenset(
        hashlib.blake2b(repr(array.shape).encode() + array.tobytes(), digest_size=16).digest()
        for array in weights.values()
        if array.ndim > 1 and array.size >= FEWEST_WEIGHTS
    )
