"""What a person sees in the terminal: a live table while a class runs, a summary after it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from grader.batch import Event, State
from grader.records import Grade, Submission
from grader.regrade import Regrading, words_of
from grader.reports.files import marks

TAIL = 1 << 16
"""Bytes of a growing trace in which the latest cell or epoch is looked for."""
MOST_ROWS = 24
"""Rows of the live table; a larger class shows what is running and what ended last."""


class Display(AbstractContextManager["Display"]):
    """The live table; where there is no terminal, one line for each submission that ends."""

    def __init__(
        self, console: Console, submissions: Sequence[Submission], trace_path: Callable[[Submission], Path]
    ) -> None:
        self._console = console
        self._submissions = submissions
        self._trace_path = trace_path
        self._states: dict[str, Event] = {}
        self._began: dict[str, float] = {}
        self._started = time.monotonic()
        self._lock = Lock()
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        """Begins to draw, if there is somebody to see it."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops drawing."""
        if self._console.is_terminal:
            self._live.stop()

    def tell(self, event: Event) -> None:
        """Takes note of a new state; called from the workers' threads."""
        student = event.submission.student
        with self._lock:
            self._states[student] = event
            if event.state is State.RUNNING:
                self._began[student] = time.monotonic()
            done = sum(e.grade is not None for e in self._states.values())
        if event.grade and not self._console.is_terminal:
            seconds = time.monotonic() - self._began.get(student, time.monotonic())
            line = f"[{done}/{len(self._submissions)}] {student}: {_total(event.grade)}, {event.grade.ending}"
            kept = " (kept from an earlier run)" if event.state is State.KEPT else f", {seconds:.0f} s"
            self._console.print(line + kept, markup=False, highlight=False)

    def _table(self) -> RenderableType:
        with self._lock:
            states, began = dict(self._states), dict(self._began)
        done = sum(e.grade is not None for e in states.values())
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        title = f"{done} of {len(self._submissions)} graded, {minutes}:{seconds:02d}"
        table = Table(title=title, title_justify="left", expand=False)
        for column in ("student", "state", "where", "marks"):
            table.add_column(column, justify="right" if column == "marks" else "left", no_wrap=True)
        for submission in self._rows(states):
            table.add_row(*self._row(submission, states.get(submission.student), began))
        return table

    def _rows(self, states: dict[str, Event]) -> Sequence[Submission]:
        if len(self._submissions) <= MOST_ROWS:
            return self._submissions
        running = [s for s in self._submissions if _state(states.get(s.student)) is State.RUNNING]
        ended = [e.submission for e in states.values() if e.grade]
        return [*running, *ended[-(MOST_ROWS - len(running)) :]]

    def _row(self, submission: Submission, event: Event | None, began: dict[str, float]) -> tuple[str, ...]:
        student = escape(submission.student)
        if event and event.grade:
            return student, f"[green]{event.state}[/]", escape(event.grade.ending), _total(event.grade)
        if event is None:
            return student, f"[dim]{State.WAITING}[/]", "", ""
        seconds = int(time.monotonic() - began[submission.student])
        return student, f"[cyan]{event.state}[/] {seconds} s", escape(whereabouts(self._trace_path(submission))), ""


def whereabouts(trace: Path) -> str:
    """The cell and epoch that a running program has reached, from the end of its trace."""
    try:
        with trace.open("rb") as file:
            file.seek(max(0, trace.stat().st_size - TAIL))
            lines = file.read(TAIL).splitlines()
    except OSError:
        return "starting"
    cell = epoch = ""
    for line in lines:
        if line.startswith(b'{"t":"cell_begin"'):
            cell, epoch = f"cell {_field(line, 'number')}", ""
        elif line.startswith(b'{"t":"fit_begin"'):
            cell = f"cell {_field(line, 'cell')}"
        elif line.startswith(b'{"t":"epoch"'):
            epoch = f"epoch {_field(line, 'epoch', 1)}"
    return ", ".join(part for part in (cell, epoch) if part) or "starting"


def _field(line: bytes, name: str, add: int = 0) -> str:
    try:
        value = json.loads(line)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "?"
    return str(value + add) if isinstance(value, int) else "?"


def print_summary(console: Console, grades: Sequence[Grade], out: Path) -> None:
    """Student, marks, how it ended, and why a person should look."""
    table = Table(title="Marks", title_justify="left")
    for column in ("student", "marks", "how it ended", "review"):
        table.add_column(column, justify="right" if column == "marks" else "left", no_wrap=True)
    for grade in grades:
        table.add_row(escape(grade.student), _total(grade), str(grade.ending), "⚑" if grade.needs_review else "")
    console.print(table)
    flagged = [g for g in grades if g.needs_review]
    if flagged:
        console.print(f"⚑ {len(flagged)} of {len(grades)} need a person's eye:")
    for grade in flagged:
        more = f" (and {len(grade.review) - 1} more)" if len(grade.review) > 1 else ""
        line = f"  {grade.student}: {_short(grade.review[0])}{more}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"Reports: {(out / 'index.html').resolve()}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"Gradebook: {(out / 'gradebook.csv').resolve()}", soft_wrap=True, markup=False, highlight=False)


def print_regraded(console: Console, regrading: Regrading) -> None:
    """Who has other marks than before, and by which criteria; then what could not be scored."""
    changed = [r for r in regrading.regraded if r.differences]
    for regraded in changed:
        before = "no marks" if regraded.before is None else f"{regraded.before:.2f}"
        line = f"{regraded.grade.student}: {before} → {_total(regraded.grade)}"
        console.print(line, style="bold", markup=False, highlight=False)
        for difference in regraded.differences:
            scores = f"{words_of(difference.before)} → {words_of(difference.after)}"
            found = f": {_short(difference.found)}" if difference.found else ""
            line = f"  {difference.criterion} {scores}{found}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(changed)} of {len(regrading.regraded)} changed.")
    for reason in regrading.left_out:
        console.print(f"Not scored: {reason}", style="red", markup=False, highlight=False, soft_wrap=True)


def _state(event: Event | None) -> State:
    return event.state if event else State.WAITING


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _total(grade: Grade) -> str:
    total = f"{marks(grade.total)} / {marks(grade.max)}"
    return f"{total} ({marks(grade.not_assessed)} not assessed)" if grade.not_assessed else total
