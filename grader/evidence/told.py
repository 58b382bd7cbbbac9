"""What a student says of each training: the titles above it, the entry of a table that a loop was at, names in code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from grader.evidence.loop_entries import loop_entries
from grader.evidence.names import names
from grader.evidence.sections import MOST_TITLES, REMARK, Title, titles
from grader.records import Program

Position = tuple[int, int]
"""Cell and line of a training; line 0 where it is not known."""


def told(program: Program, positions: Sequence[Position]) -> list[tuple[str, str]]:
    """For each training, in their order, its titles and its names, the most telling first, one a line."""
    above = titles(program)
    entries = _entries(program, positions)
    found = []
    for number, position in enumerate(positions):
        before = max((p for p in positions if p < position), default=(0, 0))
        title, name = entries.get(number, ("", ""))
        lines = [*([title] if title else []), *_titles(above, position, before)]
        # Of a loop over a table, the entry is what is said; the line names them all.
        words = name if title or name else names(program, *position, before)
        found.append(("\n".join(lines), words))
    return found


def _titles(above: Sequence[Title], here: Position, before: Position) -> list[str]:
    """First those since the training before, a remark last and the earliest first; then those above it."""
    cell, line = here
    earlier = [t for t in above if t.cell < cell or (t.cell == cell and (t.line == 0 or t.line <= (line or 0)))]
    kept = [t for t in earlier if t.level != REMARK][-MOST_TITLES:]
    fresh = [t for t in kept if (t.cell, t.line) > before]
    remarks = [t for t in earlier if t.level == REMARK and (t.cell, t.line) > before][:MOST_TITLES]
    old = kept[: len(kept) - len(fresh)]
    return [*map(str, reversed(fresh)), *map(str, remarks), *map(str, reversed(old))]


def _entries(program: Program, positions: Sequence[Position]) -> dict[int, tuple[str, str]]:
    """By training the title and the name of the entry that its loop was at: only where there are as many of both."""
    together: defaultdict[Position, list[int]] = defaultdict(list)
    for number, position in enumerate(positions):
        together[position].append(number)
    found: dict[int, tuple[str, str]] = {}
    for (cell, line), trained in together.items():
        entries = loop_entries(program, cell, line) if len(trained) > 1 else ()
        if entries and not len(trained) % len(entries):
            each = len(trained) // len(entries)
            found |= {number: entries[n // each] for n, number in enumerate(trained)}
    return found
