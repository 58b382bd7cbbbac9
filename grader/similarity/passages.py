"""The passages that two works have in common, each word of either counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.similarity.fingerprints import GRAM
from grader.similarity.ground import Sifted

MOST_INDICES = 12
"""Of one fingerprint in one work: code that repeats itself is compared with so many of its repetitions."""
BRIDGE = 10
"""Words that may lie between two passages, on both sides, for a reader to see them as one."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words `left` to `left_end` of one work answer words `right` to `right_end` of the other (ends excluded).

    `weight` sums over the words that are the student's own on both sides how rare they are.
    """

    left: int
    left_end: int
    right: int
    right_end: int
    own: int
    weight: float


def passages(one: Sifted, other: Sifted) -> tuple[Passage, ...]:
    """What the works share, in the order of the first; nothing that is common ground all through."""
    found = [_passage(tile, one, other) for tile in sorted(_tiles(one, other))]
    return tuple(_bridged([p for p in found if p.own]))


Tile = tuple[int, int, int]
"""Where a run of equal words begins in either work, and how long it is."""


def _tiles(one: Sifted, other: Sifted) -> list[Tile]:
    """Longest runs first (greedy string tiling: Wise 1993), starting from what is not common ground."""
    indices: dict[int, list[int]] = {}
    for index, print_ in enumerate(other.work.grams):
        if print_ not in other.ground.common and len(known := indices.setdefault(print_, [])) < MOST_INDICES:
            known.append(index)
    left, right = [w.text for w in one.work.words], [w.text for w in other.work.words]
    runs: set[Tile] = set()
    seen: dict[int, int] = {}
    often: Counter[int] = Counter()
    for index, print_ in enumerate(one.work.grams):
        often[print_] += 1
        for there in indices.get(print_, ()) if often[print_] <= MOST_INDICES else ():
            # A run found from an earlier word goes on here: same diagonal, not beyond its end.
            if index >= seen.get(index - there, 0):
                run = _run(left, right, index, there)
                runs.add(run)
                seen[index - there] = run[0] + run[2]
    return _disjoint(sorted(runs, key=lambda run: (-run[2], run)), len(left), len(right))


def _run(left: Sequence[str], right: Sequence[str], i: int, j: int) -> Tile:
    start = 0
    while i - start and j - start and left[i - start - 1] == right[j - start - 1]:
        start += 1
    end = 0
    while i + end < len(left) and j + end < len(right) and left[i + end] == right[j + end]:
        end += 1
    return i - start, j - start, start + end


def _disjoint(runs: Sequence[Tile], left: int, right: int) -> list[Tile]:
    """Each run as far as a longer one has not taken its words; what is left of it must be a fingerprint long."""
    free_left, free_right = [True] * left, [True] * right
    tiles: list[Tile] = []
    for i, j, length in runs:
        free = [free_left[i + n] and free_right[j + n] for n in range(length)]
        for start, end in _stretches(free):
            if end - start >= GRAM:
                tiles.append((i + start, j + start, end - start))
                free_left[i + start : i + end] = [False] * (end - start)
                free_right[j + start : j + end] = [False] * (end - start)
    return tiles


def _stretches(free: Sequence[bool]) -> list[tuple[int, int]]:
    edges = [n for n in range(len(free) + 1) if (n > 0 and free[n - 1]) != (n < len(free) and free[n])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _passage(tile: Tile, one: Sifted, other: Sifted) -> Passage:
    """The tile from its first word that is own on both sides to its last."""
    i, j, length = tile
    both = [n for n in range(length) if one.own[i + n] and other.own[j + n]]
    if not both:
        return Passage(i, i, j, j, 0, 0.0)
    first, end = both[0], both[-1] + 1
    rarity = one.rarities(i, length)
    return Passage(i + first, i + end, j + first, j + end, len(both), sum(rarity[n] for n in both))


def _bridged(found: Sequence[Passage]) -> list[Passage]:
    """Passages that follow one another on both sides with next to nothing between are one."""
    joined: list[Passage] = []
    for p in found:
        last = joined[-1] if joined else None
        if last and 0 <= p.left - last.left_end <= BRIDGE and 0 <= p.right - last.right_end <= BRIDGE:
            joined[-1] = Passage(
                last.left, p.left_end, last.right, p.right_end, last.own + p.own, last.weight + p.weight
            )
        else:
            joined.append(p)
    return joined
