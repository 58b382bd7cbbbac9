"""The live table is drawn by one thread while others tell how it goes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from rich.console import Console

from grader.grading.grade_class import Event, State
from grader.records import Submission
from grader.terminal.class_table import ClassTable

ADA, BEN = (Submission(student, Path(), (), student) for student in ("ada", "ben"))


class Looked:
    """An event that something comes between while it is looked at."""

    submission, state = ADA, State.RUNNING

    def __init__(self) -> None:
        self.meanwhile: list[Callable[[], object]] = []

    @property
    def grade(self) -> None:
        while self.meanwhile:
            self.meanwhile.pop()()


@pytest.mark.parametrize("look", [lambda display: display._table(), lambda display: display.done])
def test_a_submission_that_begins_while_the_table_is_drawn_stops_no_drawing(
    look: Callable[[ClassTable], object],
) -> None:
    def tell() -> None:
        other = Thread(target=display.tell, args=(Event(BEN, State.RUNNING),))
        other.start()
        others.append(other)
        while other.is_alive() and not display._lock.locked():
            other.join(0.01)

    display, ada = ClassTable(Console(file=io.StringIO()), [ADA, BEN]), Looked()
    others: list[Thread] = []
    display.tell(cast("Event", ada))
    ada.meanwhile.append(tell)
    look(display)
    for other in others:
        other.join()
    assert (len(others), len(display._states)) == (1, 2)
