"""Events that the recorder cannot have written, in this order or at all, are left out and told; its own never are."""

from typing import Any

import pytest

from grader.evidence.order import in_order
from grader.evidence.trace import AnyEvent, CellBegin
from tests.evidence.events import begin, compiled, end, epochs, evaluated, fitted

CELLS = [CellBegin(t="cell_begin", number=n) for n in range(1, 4)]
LATER = [e.model_copy(update={"epoch": e.epoch + 2}) for e in epochs(1, 0.1, 0.2)]
HONEST: dict[str, list[AnyEvent]] = {
    "two fits": [*fitted(1), *fitted(2, initial_epoch=0)],
    "continued": [begin(1, epochs=4, initial_epoch=2), *LATER, end(1)],
    "one within another": [begin(1), begin(2), *epochs(2, 0.1), end(2), *epochs(1, 0.1), end(1)],
    "raised": [begin(1), *epochs(1, 0.1), end(1, "ValueError: no"), *fitted(2)],
    # The number is given before the line is written: of two threads the later may write first.
    "in threads at once": [begin(2), begin(1), *epochs(2, 0.1), *epochs(1, 0.1), end(1), end(2)],
    "a number left out": [*fitted(1), *fitted(3)],
    "in their cells": [*CELLS[:1], compiled(), *CELLS[1:2], *fitted(1), *CELLS[2:], evaluated()],
    "a loop": [begin(1, custom="GradientTape"), end(1)],
}  # fmt: skip
FORGED: dict[str, tuple[list[AnyEvent], str]] = {
    "an end without a beginning": ([end(1)], "'fit_end' of a fit that has not begun"),
    "an epoch without a beginning": (epochs(1, 0.9), "'epoch' of a fit that has not begun"),
    "an epoch behind the end": ([*fitted(1), *epochs(1, 0.9)], "'epoch' of a fit that has ended"),
    "an epoch twice": ([begin(1), *epochs(1, 0.1), *epochs(1, 0.9)], "epochs that do not follow each other"),
    "more epochs than asked": ([begin(1, epochs=1), *epochs(1, 0.1, 0.9)], "an epoch that was not asked for"),
    "a second end": ([*fitted(1), end(1)], "'fit_end' of a fit that has ended"),
    "a fit twice": ([*fitted(1), begin(1)], "fit 1 begins a second time"),
    "a fit of a later cell": ([*CELLS[:1], begin(1)], "a fit stands in cell 2 before that cell's turn"),
    "an evaluation of a later cell": ([*CELLS[:2], evaluated()], "'evaluate' stands in cell 3"),
    "epochs of a loop": ([begin(1, custom="GradientTape"), *epochs(1, 0.9)], "a training without epochs"),
}


@pytest.mark.parametrize("events", HONEST.values(), ids=HONEST)
def test_what_the_recorder_writes_is_kept(events: list[AnyEvent]) -> None:
    assert in_order(events) == (tuple(events), ())


@pytest.mark.parametrize(("events", "reason"), FORGED.values(), ids=FORGED)
def test_what_it_cannot_have_written_is_left_out_and_told(events: list[Any], reason: str) -> None:
    kept, told = in_order(events)
    assert list(kept) == events[: len(kept)]
    assert len(kept) < len(events)
    assert reason in told[0]
    assert told[0].endswith("which the grader's recorder never writes; it was left out")
