"""What a student says of each training: the titles above it, the entry of a table that a loop was at, names in code."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from grader.evidence.loop_entries import loop_entries
from grader.evidence.names import names
from grader.evidence.sections import MOST_TITLES, REMARK, Title, titles
from grader.records import Program

MOST_LOOPS = 20
"""Of one program that are looked at."""
Position = tuple[int, int]
"""Cell and line of a training; line 0 where it is not known."""


def told(program: Program, positions: Sequence[Position]) -> list[tuple[str, str]]:
    """For each training, in their order, its titles and its names, the most telling first, one a line."""
    every = titles(program)
    sections, remarks = (_Titles([t for t in every if (t.level == REMARK) is remark]) for remark in (False, True))
    entries = _entries(program, positions)
    # Hundreds of trainings of a loop stand at one place.
    ordered = sorted(set(positions))
    before = dict(zip(ordered, [(0, 0), *ordered], strict=False))
    above = {p: _above(sections, remarks, p, before[p]) for p in ordered}
    spoken = {p: names(program, *p, before[p]) for p in ordered}
    found = []
    for number, position in enumerate(positions):
        title, name = entries.get(number, ("", ""))
        # Of a loop over a table, the entry is what is said; the line names them all.
        words = name if title or name else spoken[position]
        found.append(("\n".join([*([title] if title else []), *above[position]]), words))
    return found


class _Titles:
    """Titles in their order, found by where they stand."""

    def __init__(self, listed: Sequence[Title]) -> None:
        self._listed = listed
        self._places = [(t.cell, t.line) for t in listed]

    def between(self, before: Position, here: Position) -> Sequence[Title]:
        """Those below one place and not below the other; at most so many, the nearest to the first."""
        first, last = bisect_right(self._places, before), bisect_right(self._places, here)
        return self._listed[first : min(last, first + MOST_TITLES)]

    def above(self, here: Position) -> Sequence[Title]:
        """At most so many, the nearest to the place."""
        last = bisect_right(self._places, here)
        return self._listed[max(0, last - MOST_TITLES) : last]


def _above(sections: _Titles, remarks: _Titles, here: Position, before: Position) -> list[str]:
    """First those since the training before, remarks last and the earliest first; then those above it."""
    kept = sections.above(here)
    fresh = [t for t in kept if (t.cell, t.line) > before]
    old = kept[: len(kept) - len(fresh)]
    return [*map(str, reversed(fresh)), *map(str, remarks.between(before, here)), *map(str, reversed(old))]


def _entries(program: Program, positions: Sequence[Position]) -> dict[int, tuple[str, str]]:
    """By training the title and the name of the entry that its loop was at: only where there are as many of both."""
    together: defaultdict[Position, list[int]] = defaultdict(list)
    for number, position in enumerate(positions):
        together[position].append(number)
    found: dict[int, tuple[str, str]] = {}
    loops = [(position, trained) for position, trained in together.items() if len(trained) > 1]
    for (cell, line), trained in loops[:MOST_LOOPS]:
        entries = loop_entries(program, cell, line)
        if entries and not len(trained) % len(entries):
            each = len(trained) // len(entries)
            found |= {number: entries[n // each] for n, number in enumerate(trained)}
    return found
