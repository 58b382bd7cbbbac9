"""Which errors may be quick mode's own: a program that counts on all its epochs meets histories of two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from grader.evidence.events import AnyEvent, CellEnd, Epoch, FitBegin, FitEnd
from grader.inside.protocol import CELL_ERROR, LONGEST_FIT
from grader.records import Limits, Program

OF_OURS = re.compile(
    r"^(?:(Syntax|Indentation|Tab|Name|UnboundLocal|ModuleNotFound|Import|Attribute|Type|InvalidArgument)Error\b"
    r"|KeyboardInterrupt\b|SystemExit: ?0?$|KeyError: ['\"]|\w+: .*incompatible with the layer)",
    re.DOTALL,
)
"""Errors that no number of epochs makes: what is misspelt, is not there or does not fit the network, or no error."""
UNKNOWN_NAME = re.compile(r"NameError: name '(\w+)'")


def is_cut(fit: FitBegin) -> bool:
    """Whether quick mode let a `fit` do fewer epochs than it was asked for; the recorder's own bound is another one."""
    return fit.epochs < fit.epochs_asked and fit.epochs - fit.initial_epoch != LONGEST_FIT


def shortened_cells(program: Program, events: Sequence[AnyEvent], limits: Limits) -> Mapping[int, str]:
    """The cells that raised what quick mode may have caused, each with what it had cut, in words."""
    if limits.max_epochs is None:
        return {}
    own = _raised_before_any_epoch(events)
    cut: FitBegin | None = None
    found: dict[int, str] = {}
    for event in events:
        match event:
            case FitBegin() if is_cut(event):
                cut = cut or event
            case CellEnd(status="error", error=error) if cut and error not in own:
                if not OF_OURS.match(error) or _hangs_on(error, program, found):
                    found[event.number] = f"{cut.epochs:,} of {cut.epochs_asked:,} epochs"
    return found


def _raised_before_any_epoch(events: Sequence[AnyEvent]) -> set[str]:
    """What `fit` itself refused: data or settings, which quick mode leaves as they are."""
    trained = {event.fit for event in events if isinstance(event, Epoch)}
    return {
        event.error[:CELL_ERROR]
        for event in events
        if isinstance(event, FitEnd) and event.error and event.fit not in trained
    }


def _hangs_on(error: str, program: Program, failed: Mapping[int, str]) -> bool:
    """Whether the name that is missing would have come from a cell that failed for quick mode's sake."""
    name = UNKNOWN_NAME.match(error)
    cells = (program.cells[number - 1] for number in failed if number <= len(program.cells))
    return name is not None and any(re.search(rf"\b{name.group(1)}\b", cell) for cell in cells)
