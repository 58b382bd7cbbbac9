"""One's own program as it runs: cell by cell, epoch by epoch, read from the trace while it grows."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event as ThreadEvent
from threading import Thread
from typing import Any, BinaryIO

from rich.live import Live
from rich.text import Text

from grader.errors import UnreadableSubmission
from grader.executors.base import Executor
from grader.grading.grade_class import Event, State
from grader.inside.protocol import Kind, kind_of
from grader.intake.program import read_program
from grader.records import Submission
from grader.terminal.console import Console

LONGEST = 1 << 16
"""Bytes of a line that is looked at; longer ones hold arrays and outputs."""
LATEST = 12
"""Finished cells on the screen."""
EVERY = 0.25
"""Seconds between two looks."""
TOLD: frozenset[Kind] = frozenset({"cell_begin", "cell", "fit_begin", "epoch", "fit_end", "end"})
"""What a person is shown."""
BAR = 24
"""Characters of a bar of epochs."""


class LiveRun:
    """A `Screen` of one submission: a live list of its cells on a terminal, a line for each elsewhere."""

    not_isolated = "Not isolated here: your program runs with your rights, as it does in Jupyter."

    def __init__(self, console: Console, submission: Submission) -> None:
        self._console = console
        self._submission = submission
        self._trace: Path | None = None
        self._total = _cells(submission)
        self._done: list[str] = []
        self._now = "starting"
        self._began = self._cell_began = time.monotonic()
        self._fit: Mapping[str, Any] = {}
        self._file: BinaryIO | None = None
        """Kept open: the trace goes away as soon as its program has ended, and its last lines with it."""
        self._stop = ThreadEvent()
        self._thread = Thread(target=self._look, daemon=True)
        self._live = Live(get_renderable=self._screen, console=console, refresh_per_second=4, transient=True)

    def say(self, line: str) -> None:
        """As `Screen.say`."""
        self._console.print(line, style="dim")

    def kept(self, out: Path) -> str:
        """As `Screen.kept`: of one's own file there is nothing to say but that it was stopped."""
        del out
        return ""

    @contextmanager
    def following(self, executor: Executor) -> Iterator[None]:
        """Looks at the trace while it grows; what the screen showed gives way to the result."""
        self._trace = executor.trace_path(self._submission)
        self._thread.start()
        if self._console.is_terminal:
            self._live.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()
            self._catch_up()
            if self._file:
                self._file.close()
            if self._console.is_terminal:
                self._live.stop()

    def tell(self, event: Event) -> None:
        """A new state of the submission; called from the worker's thread."""
        if event.state is State.RUNNING:
            self._began = time.monotonic()

    def _look(self) -> None:
        while not self._stop.wait(EVERY):
            self._catch_up()

    def _catch_up(self) -> None:
        for line in self._new_lines():
            try:
                self.note(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # a claim like all of the trace, and here for show only

    def _new_lines(self) -> Iterator[bytes]:
        """The rest of the trace that is open, then the next program's, which has taken its place."""
        following = self._another()
        if self._file:
            yield from _whole_lines(self._file)
        if following:
            if self._file:
                self._file.close()
            self._file = following
            yield from _whole_lines(following)

    def _another(self) -> BinaryIO | None:
        """The trace, opened, if it is not the one that is open already."""
        if self._trace is None:
            return None
        try:
            found = self._trace.open("rb")
        except OSError:
            return None
        if self._file and os.path.sameopenfile(found.fileno(), self._file.fileno()):
            found.close()
            return None
        return found

    def note(self, event: Mapping[str, Any]) -> None:
        """Takes one event of the trace in."""
        match event:
            case {"t": "cell_begin", "number": int(number)}:
                self._cell_began = time.monotonic()
                self._now = f"cell {number}{self._total}"
                self._fit = {}
            case {"t": "cell", "number": int(number), "seconds": float(seconds), "status": status, "error": error}:
                sign = "✗" if status == "error" else "✓"
                self._finished(f"{sign} cell {number}{self._total}, {seconds:.1f} s {str(error)[:120]}".rstrip())
                self._now, self._fit = "", {}
            case {"t": "fit_begin", "fit": int(), "epochs": int()}:
                self._fit = event
                self._now = self._now.partition(":")[0] + f": training {event['fit']}"
            case {"t": "epoch", "epoch": int(), "logs": dict(logs)}:
                self._fit = {**self._fit, "epoch": event["epoch"] + 1, "logs": logs}
            case {"t": "fit_end"}:
                self._finished(f"  {self._now}: {self._epochs()}", only_lines=True)
            case {"t": "end"}:
                self._now, self._fit = "measuring what was trained", {}
                self._cell_began = time.monotonic()

    def _finished(self, line: str, *, only_lines: bool = False) -> None:
        if not self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        elif not only_lines:
            self._done.append(line)

    def _epochs(self) -> str:
        done, asked = self._fit.get("epoch", 0), self._fit.get("epochs", 0)
        return f"epoch {done} of {asked}{_metrics(self._fit.get('logs', {}))}"

    def _screen(self) -> Text:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        lines = [f"Running, {minutes}:{seconds:02d}", *self._done[-LATEST:]]
        if self._now:
            lines.append(f"▶ {self._now}, {time.monotonic() - self._cell_began:.0f} s")
        if self._fit:
            lines.append(f"  {_bar(self._fit.get('epoch', 0), self._fit.get('epochs', 0))} {self._epochs()}")
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """What is told of, up to the last line's end: a line that is not all there yet is left for the next look."""
    begin = file.tell()
    while piece := file.readline(LONGEST):
        if not piece.endswith(b"\n") and len(piece) < LONGEST:
            break
        begin = file.tell()
        if kind_of(piece) in TOLD:
            yield piece
    file.seek(begin)


def _cells(submission: Submission) -> str:
    """` of 14` where a single program's cells can be counted."""
    programs = submission.programs
    try:
        if len(programs) == 1:
            file = programs[0]
            return f" of {len(read_program(submission.root / file.name, file.name, file.kind).cells)}"
    except UnreadableSubmission:
        return ""
    return ""


def _metrics(logs: Mapping[str, Any]) -> str:
    named = ((name, logs.get(name)) for name in ("accuracy", "acc", "val_accuracy", "val_acc"))
    shown = [f"{name} {value:.4f}" for name, value in named if isinstance(value, float)]
    return f", {', '.join(shown)}" if shown else ""


def _bar(done: int, asked: int) -> str:
    full = round(BAR * min(1.0, done / asked)) if asked else 0
    return "━" * full + "┄" * (BAR - full)
