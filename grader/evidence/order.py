"""In which order a trace's events can come: what our own hooks cannot have written is left out and told.

A `fit` begins once, its epochs come one after the other, none of them beyond those that were asked for or behind its
end, and all of it in a cell whose turn has begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.evidence.trace import (
    AnyEvent,
    CellBegin,
    Compiled,
    Epoch,
    Evaluated,
    FitBegin,
    FitEnd,
    FitPath,
    FitStart,
    Plot,
)

MOST_TOLD = 5
"""Reasons; a forger may have thousands."""


def in_order(events: Sequence[AnyEvent]) -> tuple[tuple[AnyEvent, ...], tuple[str, ...]]:
    """The events that can have come so, and for each kind of disorder one sentence."""
    course = _Course(any(isinstance(e, CellBegin) for e in events))
    kept: list[AnyEvent] = []
    told: dict[str, None] = {}
    for event in events:
        if reason := next(course.against(event), ""):
            told.setdefault(f"{reason}, which the grader's recorder never writes; it was left out")
        else:
            course.note(event)
            kept.append(event)
    return tuple(kept), tuple(told)[:MOST_TOLD]


@dataclass(slots=True)
class _Course:
    """What has come so far."""

    has_cells: bool
    cell: int = 0
    begun: dict[int, FitBegin] = field(default_factory=dict)
    epochs: dict[int, int] = field(default_factory=dict)
    """The last epoch of each `fit`."""
    ended: set[int] = field(default_factory=set)

    def against(self, event: AnyEvent) -> Iterator[str]:
        """Why the event cannot have come now."""
        match event:
            case FitBegin():
                # Not by their size: threads that train at once may write in any order.
                if event.fit in self.begun:
                    yield f"fit {event.fit} begins a second time"
                yield from self._too_early(event.cell, "a fit")
            case FitStart() | FitPath() | Epoch() | FitEnd():
                yield from self._of_fit(event)
            case Compiled() | Evaluated() | Plot():
                yield from self._too_early(event.cell, f"{event.t!r}")

    def _too_early(self, cell: int, what: str) -> Iterator[str]:
        if self.has_cells and cell > self.cell:
            yield f"{what} stands in cell {cell} before that cell's turn"

    def _of_fit(self, event: FitStart | FitPath | Epoch | FitEnd) -> Iterator[str]:
        begin = self.begun.get(event.fit)
        if begin is None:
            yield f"{event.t!r} of a fit that has not begun"
        elif event.fit in self.ended:
            yield f"{event.t!r} of a fit that has ended"
        elif isinstance(event, Epoch):
            yield from self._of_epoch(event, begin)

    def _of_epoch(self, epoch: Epoch, begin: FitBegin) -> Iterator[str]:
        last = self.epochs.get(epoch.fit)
        if begin.custom:
            yield "an epoch of a training without epochs"
        elif last is not None and epoch.epoch != last + 1:
            yield "epochs that do not follow each other"
        elif epoch.epoch >= begin.epochs or epoch.epoch < begin.initial_epoch:
            yield "an epoch that was not asked for"

    def note(self, event: AnyEvent) -> None:
        """It has come."""
        match event:
            case CellBegin():
                self.cell = event.number
            case FitBegin():
                self.begun[event.fit] = event
            case Epoch():
                self.epochs[event.fit] = event.epoch
            case FitEnd():
                self.ended.add(event.fit)
