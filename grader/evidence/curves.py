"""Which drawn lines are a run's learning curves: known by their numbers, whatever they are called."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from grader.evidence.trace import Plot
from grader.inside.protocol import MOST_DRAWN

MOST_COMPARED = 20_000_000
"""Comparisons of a line with a curve: an honest program needs some hundred thousand."""
SAME_VALUE = 2e-6
"""A drawn point and the history's value; the recorder rounds to seven decimals."""
ROUNDED = (4, 3)
"""Decimals of a share to which students round; with fewer, one curve could be taken for another."""
AS_IT_IS, AS_ERROR = (0.0, 1.0), (1.0, -1.0)
"""What is added to a value, and by what it is multiplied before; errors are drawn in place of accuracies."""
FOR_ONE = frozenset({"accuracy", "val_accuracy"})
"""Series that are shares of one, which have an error."""
FEW = 2
"""Points of a line that adds an epoch to what is drawn already."""
ENOUGH = 0.8
"""Of the epochs: who draws while a network is trained need not draw after the last one."""
LEAST = 5
"""Points of a line that may be a curve nobody can read: shorter ones are drawn for all sorts of things."""
Line = Sequence[float | None]


class Drawn(Protocol):
    """What the numbers of a run are known by."""

    history: dict[str, list[float | None]]
    plotted: set[str]
    unread: int

    @property
    def open(self) -> bool:
        """Whether it is being trained."""

    @property
    def where(self) -> int:
        """The cell that trained it."""


class Curves:
    """Told of every line in the order of the program; what it finds it writes into the runs."""

    def __init__(self) -> None:
        # Of the drawn lines, as many as the recorder writes.
        self._lines, self._comparisons = MOST_DRAWN, MOST_COMPARED
        self._live: list[tuple[Drawn, Line]] = []
        self._points: dict[int, list[float]] = defaultdict(list)
        """Of short lines, by cell: a curve may be drawn epoch by epoch."""
        self._unknown: dict[int, list[Line]] = defaultdict(list)

    def drawn(self, event: Plot, runs: Sequence[Drawn]) -> None:
        """Marks each run whose curve one of the lines is."""
        curves = sum(len(run.history) for run in runs)
        compared = event.lines[: min(self._lines, self._comparisons // max(curves, 1))]
        self._lines, self._comparisons = self._lines - len(compared), self._comparisons - len(compared) * curves
        open_ = [run for run in runs if run.open]
        for line in compared:
            known = [_mark(run, line) for run in runs]
            if len(line) <= FEW:
                self._points[event.cell] += [v for v in line if v is not None]
            elif open_:
                self._live.append((open_[-1], line))
            elif not any(known):
                self._unknown[event.cell].append(line)

    def finished(self, runs: Sequence[Drawn]) -> None:
        """All has been drawn: what was drawn while a network was trained, and what nobody can read."""
        for run, line in self._live:
            if len(line) >= ENOUGH * _epochs(run) and not _mark(run, line, part=True):
                self._unknown[run.where].append(line)
        for points in self._points.values():
            ordered = sorted(points)
            for run in runs:
                self._comparisons -= len(run.history) * _epochs(run)
                if self._comparisons > 0:
                    _mark_points(run, ordered)
        for cell, lines in self._unknown.items():
            _leave_unread(runs, cell, lines)


def _mark(run: Drawn, line: Line, *, part: bool = False) -> bool:
    """A line is a run's curve if it shows the run's numbers, whatever its label says; `part`: or its first epochs."""
    names = [
        name for name, values in run.history.items() if _shows(line, values[: len(line)] if part else values, name)
    ]
    run.plotted.update(names)
    return bool(names)


def _shows(line: Line, values: Line, name: str) -> bool:
    """As it is or as an error, as a share or in per cent, rounded or not."""
    if len(line) != len(values):
        return False
    return any(_same(line, values, *way) for way in _ways(name))


def _ways(name: str) -> Iterator[tuple[float, float, int]]:
    """How a series may be drawn: what is added to a value, its sign, and by what both are multiplied."""
    for added, sign in (AS_IT_IS, AS_ERROR) if name in FOR_ONE else (AS_IT_IS,):
        for factor in (1, 100):
            yield added, sign, factor


def _same(line: Line, values: Line, added: float, sign: float, factor: int) -> bool:
    def drawn(some: Line) -> Line:
        return [None if v is None else factor * (added + sign * v) for v in some]

    # Nearly all lines end here, at their first point.
    if not _near(line[:1], drawn(values[:1]), 10.0 ** -ROUNDED[-1] * factor):
        return False
    exactly = drawn(values)
    return _near(line, exactly, SAME_VALUE * factor) or any(
        _near(line, _rounded(exactly, decimals - round(math.log10(factor))), SAME_VALUE) for decimals in ROUNDED
    )


def _near(line: Line, values: Line, most: float) -> bool:
    return all(
        a is None if b is None else a is not None and abs(a - b) <= most for a, b in zip(line, values, strict=True)
    )


def _rounded(values: Line, decimals: int) -> Line:
    return [None if v is None else round(v, decimals) for v in values]


def _mark_points(run: Drawn, points: Sequence[float]) -> None:
    """A curve that was drawn point by point: nearly all its values are among those of one cell, which has as many."""
    for name, values in run.history.items():
        known = [v for v in values if v is not None]
        if len(known) < LEAST or len(points) < ENOUGH * len(known):
            continue
        if any(
            sum(_among(points, factor * (added + sign * v), SAME_VALUE * factor) for v in known) >= ENOUGH * len(known)
            for added, sign, factor in _ways(name)
        ):
            run.plotted.add(name)


def _among(points: Sequence[float], value: float, most: float) -> bool:
    place = bisect_left(points, value - most)
    return place < len(points) and points[place] <= value + most


def _leave_unread(runs: Iterable[Drawn], cell: int, lines: Iterable[Line]) -> None:
    """Two lines for each run that has as many epochs as they have points, those trained last before them first."""
    left = Counter(len(line) for line in lines if len(line) >= LEAST)
    for length, count in left.items():
        alike = [run for run in runs if run.where <= cell and _epochs(run) == length]
        for run in sorted(alike, key=lambda run: run.where, reverse=True)[: count // 2]:
            run.unread += 2


def _epochs(run: Drawn) -> int:
    return max((len(values) for values in run.history.values()), default=0)
