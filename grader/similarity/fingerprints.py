"""Fingerprints of code in normal form (winnowing: Schleimer, Wilkerson, Aiken, SIGMOD 2003)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

GRAM = 15
"""Words of a fingerprint: nothing shorter that two have in common is noticed (the paper's noise threshold k)."""
WINDOW = 6
"""Of so many fingerprints in a row one is chosen: all that is `GRAM + WINDOW - 1` words long is noticed (its t)."""
HASH_BYTES = 6


def grams(words: Sequence[str]) -> tuple[int, ...]:
    """The fingerprint at each word: of it and those after it, `GRAM` in all; the same on every machine."""
    return tuple(_hash(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1))


def winnow(prints: Sequence[int], left_out: Collection[int]) -> frozenset[int]:
    """The fingerprints that stand for a text: of each window the smallest, those left out never.

    A window holds what stands side by side: where something is left out, the row ends, and what remains of it has
    its smallest chosen even if it is shorter than a window. So two texts that share a window choose the same from it.
    """
    chosen: set[int] = set()
    for row in _rows(prints, left_out):
        last = max(1, len(row) - WINDOW + 1)
        chosen.update(min(row[i : i + WINDOW]) for i in range(last))
    return frozenset(chosen)


def _rows(prints: Iterable[int], left_out: Collection[int]) -> Iterable[list[int]]:
    row: list[int] = []
    for one in prints:
        if one not in left_out:
            row.append(one)
        elif row:
            yield row
            row = []
    if row:
        yield row


def _hash(words: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode(errors="replace"), digest_size=HASH_BYTES).digest())
