"""Weights across a class: a training that ended, or began, with the weights that another student's training made.

The grader seeds a network by its make-up, so that two who build the same one begin with the same weights, and, where
they train it alike, end with the same: that says nothing. What two trainings never do is to begin apart and end
together, or to come to one place by one epoch and by a hundred.

Of each large matrix a few hundred numbers are compared, at places that only its shape decides: with them a distance is
known to a few percent, and a class of hundreds is compared in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.beginnings import trained_before
from grader.evidence.nearness import ALIKE, Arrays, by_length, course
from grader.records import TrainingRun

SAMPLED = 256
"""Numbers of each matrix."""
NEAR = 0.3
"""Of the shorter way: so near end no two trainings that began apart; they end at 0.9 and more. Nor does one begin so
near to where another ended, whose way from the same beginning would be 1."""
SAME_PLACE = 0.05
"""Of the shorter way: no training is there already that has half of the other's epochs yet to go."""
MORE_EPOCHS = 2
"""So many times the other's."""
LEAST_WAY = 1e-2
"""Of a matrix's size: what moved less has no way to compare by."""
BLOCK = 512
"""Rows that are held against all others at a time, to bound memory."""
MOST_LAYERS = 20
MOST_PAIRS = 10_000
"""A class of whom all hand in one training has no more to tell."""

ANY_ORDER = -1
"""The place of the first matrix with its columns by their length: the units of a layer may stand in any order."""
ENDED = "it ends almost with the same weights, though the two began with different ones: two trainings never do"
TOO_SOON = "it ends almost with the same weights, though one has trained for at least twice as many epochs"
BEGAN = "it began with almost the weights with which the other training ended"

Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Sketch:
    """A training of one student: of each matrix its shape, and numbers from before and after the training."""

    student: str
    where: str
    epochs: int
    """With those of the trainings that it went on from."""
    whole: bool
    """It trained all epochs that were asked for: what stops early may go back to weights of an earlier epoch."""
    knew: bool
    """The first of these trainings began with weights that knew the digits."""
    layers: Mapping[tuple[int, ...], tuple[Numbers, Numbers, Numbers]]
    """By index and shape: before the training, after it, and after it as it is compared with others."""


@dataclass(frozen=True, slots=True)
class Near:
    """Two trainings of different students, and why one of them is not its own."""

    one: Sketch
    other: Sketch
    apart: float
    """Of the way that the other went, in the matrix in which they are nearest."""
    reason: str


def sketch(student: str, chain: Sequence[TrainingRun], initial: Arrays, final: Arrays) -> Sketch | None:
    """None where it cannot be compared; `chain` is the training and those that it went on from, back to the first.

    `initial` is what the first of them began with, `final` what the training itself ended with.
    Without hidden layers there is one best network, and all trainings go there.
    """
    went = course(initial, final)
    if len(went.ended) < 2 or len(went.began) != len(went.ended):  # noqa: PLR2004 (a hidden layer and the output)
        return None
    layers: dict[tuple[int, ...], tuple[Numbers, Numbers, Numbers]] = {}
    for index, (before, after) in enumerate(zip(went.began, went.ended, strict=True)):
        if before.shape != after.shape:
            return None
        if index < MOST_LAYERS:
            numbers = _numbers(before, index), _numbers(after, index)
            layers[index, *after.shape] = (*numbers, numbers[1])
    began, ended, _ = layers[0, *went.ended[0].shape]
    layers[ANY_ORDER, *went.ended[0].shape] = began, ended, _numbers(by_length(went.ended[0]), 0)
    fits = [run.fit for run in chain if run.fit]
    return Sketch(
        student,
        f"{chain[0].program}, {chain[0].where}",
        sum(fit.epochs_done for fit in fits),
        all(fit.epochs_done >= fit.epochs_asked for fit in fits),
        bool(trained_before(chain[-1])),
        layers,
    )


def _numbers(matrix: NDArray[Any], index: int) -> Numbers:
    chosen = np.random.default_rng([index, *matrix.shape]).choice(matrix.size, min(SAMPLED, matrix.size), replace=False)
    return matrix.reshape(-1)[chosen].astype(np.float32)


def near_pairs(sketches: Sequence[Sketch]) -> Iterator[Near]:
    """Each two trainings of different students of which one cannot be its own, once, the nearest matrix deciding."""
    found: dict[tuple[int, int], Near] = {}
    holders = defaultdict(list)
    for index, one in enumerate(sketches):
        for layer in one.layers:
            holders[layer].append(index)
    for layer, indices in holders.items():
        for row, column, apart, reason in _near_in(layer, [sketches[i] for i in indices]):
            pair = indices[row], indices[column]
            if len(found) >= MOST_PAIRS:
                break
            if pair not in found or apart < found[pair].apart:
                found[pair] = Near(sketches[pair[0]], sketches[pair[1]], apart, reason)
    yield from (found[pair] for pair in sorted(found))


def _near_in(layer: tuple[int, ...], held: Sequence[Sketch]) -> Iterator[tuple[int, int, float, str]]:
    began, ended, compared = (np.array([one.layers[layer][n] for one in held], dtype=np.float64) for n in range(3))
    way = np.linalg.norm(ended - began, axis=1)
    way[way < LEAST_WAY * np.linalg.norm(began, axis=1)] = 0.0
    epochs = np.array([one.epochs for one in held], dtype=np.float64)
    students, whole, knew = (np.array([getattr(one, name) for one in held]) for name in ("student", "whole", "knew"))
    for start in range(0, len(held), BLOCK):
        rows = slice(start, start + BLOCK)
        together, apart = _distances(began[rows], began), _distances(compared[rows], compared)
        shorter = np.minimum(way[rows, None], way[None])
        strangers = students[rows, None] != students[None]
        half = strangers & (shorter > 0) & (np.arange(len(held))[None] > np.arange(start, start + len(apart))[:, None])
        elsewhere = together > np.maximum(apart, ALIKE * shorter)
        longer = whole[rows, None] & (epochs[rows, None] >= MORE_EPOCHS * epochs[None])
        longer |= whole[None] & (epochs[None] >= MORE_EPOCHS * epochs[rows, None])
        yield from _told(half & elsewhere & (apart <= NEAR * shorter), start, apart, shorter, ENDED)
        yield from _told(half & ~elsewhere & longer & (apart <= SAME_PLACE * shorter), start, apart, shorter, TOO_SOON)
        # What knew nothing when it began was not taken from anybody: another may have gone a short way from there.
        taken, theirs = _distances(began[rows], ended), np.broadcast_to(way[None], apart.shape)
        loaded = strangers & (theirs > 0) & knew[rows, None]
        yield from _told(loaded & (taken <= NEAR * theirs), start, taken, theirs, BEGAN)


def _told(
    hits: NDArray[np.bool_], start: int, apart: Numbers, way: Numbers, reason: str
) -> Iterator[tuple[int, int, float, str]]:
    for row, column in np.argwhere(hits):
        yield start + int(row), int(column), float(apart[row, column] / way[row, column]), reason


def _distances(some: Numbers, all_: Numbers) -> Numbers:
    """From each to each, by one product of matrices."""
    squares = (some**2).sum(axis=1)[:, None] + (all_**2).sum(axis=1)[None] - 2 * some @ all_.T
    distances: Numbers = np.sqrt(np.maximum(squares, 0.0))
    return distances
