"""Compares a class: which pairs share more than what all were given, the weightiest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import combinations

from grader.similarity.ground import Ground, Sifted, Work, ground
from grader.similarity.passages import Passage, passages

MOST_COMPARED = 500
"""Pairs that are compared word by word: those with the weightiest fingerprints in common."""


@dataclass(frozen=True, slots=True)
class Least:
    """Below which a pair is not listed: two may well write a few lines alike, or all that the lab leaves open.

    `weight` counts rare words in common, `share` is of what the one with less of its own has of its own.
    """

    weight: float = 30.0
    share: float = 0.45


LEAST = Least()
"""No honest pair and all whole copies with code of their own, in most classes of tests/similarity/classes.py."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two works and what they share.

    `words` are the own words in common, `weight` is their number, each counted by how rare it is, and `share` in
    [0, 1] is this weight as a part of all that the work with less of its own has of its own.
    """

    one: Sifted
    other: Sifted
    passages: tuple[Passage, ...]
    words: int
    weight: float
    share: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a class."""

    works: tuple[Work, ...]
    ground: Ground
    possible: int
    """Pairs with at least one member of the class."""
    pairs: tuple[Pair, ...]
    """Those to be listed, the weightiest first."""
    least: Least


def compare(works: Sequence[Work], given: Collection[int], least: Least = LEAST) -> Comparison:
    """All pairs of the class, and of the class with former works; `given` are fingerprints that count as known."""
    known = ground(works, given)
    sifted = [Sifted(work, known) for work in works]
    measured = (_pair(sifted[i], sifted[j]) for i, j in _candidates(sifted))
    listed = [p for p in measured if p.words and p.weight >= least.weight and p.share >= least.share]
    listed.sort(key=lambda p: (-p.weight, p.one.work.student, p.other.work.student))
    former = sum(work.former for work in works)
    possible = (len(works) * (len(works) - 1) - former * (former - 1)) // 2
    return Comparison(tuple(works), known, possible, tuple(listed), least)


def _candidates(sifted: Sequence[Sifted]) -> list[tuple[int, int]]:
    """Pairs by the weight of the fingerprints that both have chosen."""
    holders: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(sifted):
        for print_ in one.chosen:
            holders[print_].append(index)
    weights: dict[tuple[int, int], float] = defaultdict(float)
    for print_, indices in holders.items():
        rarity = sifted[indices[0]].ground.rarity(print_)
        for i, j in combinations(indices, 2):
            if not (sifted[i].work.former and sifted[j].work.former):
                weights[i, j] += rarity
    return nlargest(MOST_COMPARED, weights, key=lambda pair: (weights[pair], pair))


def _pair(one: Sifted, other: Sifted) -> Pair:
    found = passages(one, other)
    weight = sum(p.weight for p in found)
    smaller = min(one.weight, other.weight)
    return Pair(one, other, found, sum(p.own for p in found), weight, min(1.0, weight / smaller) if smaller else 0.0)
