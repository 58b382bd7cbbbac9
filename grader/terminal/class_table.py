"""The live table while a class runs; where there is no terminal, a line for each submission that ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Literal

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grader.executors.base import Executor
from grader.executors.choose import NOT_ISOLATED
from grader.grading.faults import fault_told
from grader.grading.grade_class import Event, State
from grader.records import Submission
from grader.terminal.console import Console, say, warn
from grader.terminal.progress import duration, seconds_left
from grader.terminal.words import NARROW, cut, total

MOST_ROWS = 24
"""Rows of the live table; a larger class shows what is running and what ended last."""
AROUND = 6
"""Lines of the live table beside its rows: a title, the heads with three rules, and one that stays free."""


class ClassTable:
    """A `Screen`: the live table; where there is no terminal, one line for each submission that ends."""

    not_isolated = NOT_ISOLATED

    def __init__(self, console: Console, submissions: Sequence[Submission]) -> None:
        self._console = console
        self._submissions = submissions
        self._executor: Executor | None = None
        self._states: dict[str, Event] = {}
        self._began: dict[str, float] = {}
        self._took: list[float] = []
        self._started = time.monotonic()
        self._lock = Lock()
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=2, transient=True)

    @property
    def done(self) -> int:
        """How many have their grade."""
        with self._lock:
            return _graded(self._states)

    @contextmanager
    def following(self, executor: Executor) -> Iterator[None]:
        """Draws, if there is somebody to see it, with what the executor says of where each submission is."""
        self._executor = executor
        if self._console.is_terminal:
            self._live.start()
        try:
            yield
        finally:
            if self._console.is_terminal:
                self._live.stop()

    def say(self, line: str) -> None:
        """As `Screen.say`."""
        warn(self._console, line)

    def kept(self, out: Path) -> str:
        """As `Screen.kept`."""
        return f"{self.done} of {len(self._submissions)} are graded and kept in {out}."

    def tell(self, event: Event) -> None:
        """Takes note of a new state; called from the workers' threads."""
        student = event.submission.student
        with self._lock:
            self._states[student] = event
            now = time.monotonic()
            if event.state is State.RUNNING:
                self._began[student] = now
            seconds = now - self._began.get(student, now)
            if event.state is State.DONE:
                self._took.append(seconds)
            done = _graded(self._states)
        if event.state is State.AGAIN and not self._console.is_terminal:
            self._console.print(f"{student}: the grader failed; trying once more", markup=False, highlight=False)
        if event.grade and event.grade.faults:
            say(self._console, fault_told(student, event.log), style="yellow")
        if event.grade and not self._console.is_terminal:
            line = f"[{done}/{len(self._submissions)}] {student}: {total(event.grade)}, {event.grade.ending}"
            kept = " (kept from an earlier run)" if event.state is State.KEPT else f", {seconds:.0f} s"
            self._console.print(line + kept + self._left(), markup=False, highlight=False, soft_wrap=True)

    def _left(self) -> str:
        """How long it still takes, where that can be told."""
        with self._lock:
            now = time.monotonic()
            running = [now - self._began[e.submission.student] for e in self._states.values() if _runs(e)]
            waiting = len(self._submissions) - len(self._states)
            jobs = self._executor.jobs if self._executor else 1
            left = seconds_left(self._took, running, waiting, jobs)
        return f", about {duration(left)} left" if left and (running or waiting) else ""

    def _table(self) -> RenderableType:
        with self._lock:
            states, began = dict(self._states), dict(self._began)
        done = _graded(states)
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        title = f"{done} of {len(self._submissions)} graded, {minutes}:{seconds:02d}{self._left()}"
        wide = self._console.width >= NARROW
        # Not the table's own title, which is folded where the table is narrow.
        head = Text(cut(title, self._console.width), style="italic", no_wrap=True)
        table = Table(expand=False)
        for column in ("student", "state", "where", "marks") if wide else ("student", "state", "marks"):
            justify: Literal["left", "right"] = "right" if column == "marks" else "left"
            table.add_column(column, justify=justify, no_wrap=True, overflow="ellipsis")
        rows, more = self._rows(states)
        for submission in rows:
            name, state, where, earned = self._row(submission, states.get(submission.student), began)
            table.add_row(*((name, state, where, earned) if wide else (name, state, earned)))
        return Group(head, table, *([Text(f"and {more} more are running")] if more else []))

    def _rows(self, states: dict[str, Event]) -> tuple[Sequence[Submission], int]:
        """What there is room for, and how many more are running."""
        room = max(1, min(MOST_ROWS, self._console.height - AROUND))
        if len(self._submissions) <= room:
            return self._submissions, 0
        running = [s for s in self._submissions if _runs(states.get(s.student))]
        if len(running) > room:
            shown = max(1, room - 1)
            return running[:shown], len(running) - shown
        ended = [e.submission for e in states.values() if e.grade]
        return [*running, *ended[max(0, len(ended) - (room - len(running))) :]], 0

    def _row(self, submission: Submission, event: Event | None, began: dict[str, float]) -> tuple[str, ...]:
        student = escape(cut(submission.student, max(8, self._console.width // 3)))
        if event and event.grade:
            return student, f"[green]{event.state}[/]", escape(event.grade.ending), total(event.grade)
        if event is None:
            return student, f"[dim]{State.WAITING}[/]", "", ""
        seconds = int(time.monotonic() - began[submission.student])
        where = self._executor.whereabouts(submission) if self._executor else ""
        return student, f"[cyan]{event.state}[/] {seconds} s", escape(where), ""


def _graded(states: Mapping[str, Event]) -> int:
    return sum(event.grade is not None for event in states.values())


def _runs(event: Event | None) -> bool:
    return event is not None and event.state in {State.RUNNING, State.AGAIN}
