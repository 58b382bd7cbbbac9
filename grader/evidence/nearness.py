"""How near the weights of two trainings are, layer by layer: bytes differ by a factor of 1.00001, distances do not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST_WEIGHTS = 500
"""Of an array that tells where it came from; the output layer of the lab's network has 500."""
MOST_COMPARED = 1 << 29
"""Numbers of one program that are held against each other; twenty of the lab's networks need a fiftieth of it."""

ALIKE = 1e-3
"""Of the way: so near to each other begin trainings that were drawn from one seed."""

Arrays = Mapping[str, NDArray[Any]]
Kernels = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """The large matrices of a network before and after its training; either may be unknown and is empty then."""

    began: Kernels
    ended: Kernels

    def moved(self, layer: int) -> float:
        """How far a layer has gone; from nothing, where its beginning is not known."""
        after = self.ended[layer]
        before = self.began[layer] if layer < len(self.began) else None
        return _norm(after if before is None or before.shape != after.shape else after - before)


def course(initial: Arrays, final: Arrays) -> Course:
    """What of the recorded weights can be compared; nothing of those that are no numbers."""
    return Course(_kernels(initial), _kernels(final))


def _kernels(weights: Arrays) -> Kernels:
    large = (weights[name] for name in sorted(weights))
    found = tuple(a.astype(np.float32, copy=False) for a in large if a.ndim > 1 and a.size >= FEWEST_WEIGHTS)
    return found if all(np.isfinite(a).all() for a in found) else ()


@dataclass(slots=True)
class Distances:
    """Distances between layers of the same shape, as far as there is room; a hostile program has thousands."""

    room: int = field(default=MOST_COMPARED)

    def between(self, one: Kernels, other: Kernels) -> Iterator[tuple[int, int, float]]:
        """For each two layers of one shape, their indices and how far apart they are."""
        for here, first in enumerate(one):
            for there, second in enumerate(other):
                if first.shape == second.shape and self.room > 0:
                    self.room -= first.size
                    yield here, there, _norm(first - second)

    def of_twins(self, one: Course, other: Course) -> float:
        """How far apart two trainings ended in the layer in which they are nearest, in parts of the way they went.

        Infinite where they began as near to each other: then it is no wonder, or where they cannot be compared.
        """
        return min((self._of_layer(one, other, layer) for layer in range(len(one.ended))), default=math.inf)

    def _of_layer(self, one: Course, other: Course, layer: int) -> float:
        pair = [c.ended[layer] if layer < len(c.ended) else None for c in (one, other)]
        if pair[0] is None or pair[1] is None or pair[0].shape != pair[1].shape or self.room <= 0:
            return math.inf
        self.room -= 2 * pair[0].size
        apart = _norm(pair[0] - pair[1])
        if layer == 0:
            apart = min(apart, _norm(by_length(pair[0]) - by_length(pair[1])))
        way = min(one.moved(layer), other.moved(layer))
        began = next(iter(_together(one.began, other.began, layer)), math.inf)
        return math.inf if not way > 0 or began <= max(apart, ALIKE * way) else apart / way


def _together(one: Kernels, other: Kernels, layer: int) -> Iterator[float]:
    """How far apart a layer began, where both beginnings are known."""
    if layer < min(len(one), len(other)) and one[layer].shape == other[layer].shape:
        yield _norm(one[layer] - other[layer])


def _norm(array: NDArray[Any]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(array))


def by_length(kernel: NDArray[Any]) -> NDArray[Any]:
    """The columns, the shortest first: the units of a layer may stand in any order."""
    flat = kernel.reshape(-1, kernel.shape[-1])
    return flat[:, np.argsort(np.linalg.norm(flat, axis=0))]
