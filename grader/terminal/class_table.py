"""What a person sees in the terminal: a live table while a class runs, a summary after it."""

from __future__ import annotations

import shlex
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

from grader.executors.choose import NOT_ISOLATED
from grader.executors.protocol import Executor
from grader.grading.faults import fault_told
from grader.grading.grade_class import Event, State
from grader.grading.receive import Received
from grader.records import FileKind, Grade, Presence, Roster, Submission
from grader.records.marks import marks
from grader.reports.gradebook import UNCONFIRMED
from grader.terminal.console import Console
from grader.terminal.progress import duration, seconds_left
from grader.workspace.differences import Difference, Regraded, words_of
from grader.workspace.overrides.of_class import strangers

TOLD = frozenset({FileKind.REFUSED, FileKind.ENTRY, FileKind.NOT_OPENED, FileKind.NOTEBOOK, FileKind.MODULE})
"""Kinds of files of which a note is worth a line before anything runs."""
MOST_ROWS = 24
"""Rows of the live table; a larger class shows what is running and what ended last."""
AROUND = 6
"""Lines of the live table beside its rows: a title, the heads with three rules, and one that stays free."""
NARROW = 60
"""Columns of a screen on which names and states are cut, so that the marks can be read."""


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
            _say(self._console, fault_told(student, event.log), style="yellow")
        if event.grade and not self._console.is_terminal:
            line = f"[{done}/{len(self._submissions)}] {student}: {_total(event.grade)}, {event.grade.ending}"
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
        head = Text(_cut(title, self._console.width), style="italic", no_wrap=True)
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
        student = escape(_cut(submission.student, max(8, self._console.width // 3)))
        if event and event.grade:
            return student, f"[green]{event.state}[/]", escape(event.grade.ending), _total(event.grade)
        if event is None:
            return student, f"[dim]{State.WAITING}[/]", "", ""
        seconds = int(time.monotonic() - began[submission.student])
        where = self._executor.whereabouts(submission) if self._executor else ""
        return student, f"[cyan]{event.state}[/] {seconds} s", escape(where), ""


def print_received(console: Console, got: Received, handed_in: Path) -> None:
    """What was recognised, what was passed over, and how the roster and the submissions go together."""
    found = got.found
    count = len(found.submissions)
    _say(console, f"{handed_in.name or handed_in}: {found.recognised}, {count} submission{'s' * (count != 1)}.")
    for reason in found.passed_over:
        _say(console, f"Passed over {reason}", style="dim")
    for submission in found.submissions:
        for doubt in submission.doubts:
            _say(console, f"{submission.student}: {doubt}", style="yellow")
        for file in submission.files:
            # A program bears a note where it is run in spite of its name.
            if file.note and file.kind in TOLD:
                _say(console, f"{submission.student}: {file.name}: {file.note}", style="yellow")
    if got.roster:
        _print_roster(console, got.roster)
    if got.untimed:
        _say(console, "The times of submissions in it could not be read with certainty: lateness is unknown.", "yellow")


def _print_roster(console: Console, roster: Roster) -> None:
    counts = ", ".join(f"{len(roster.of(p))} {p.value}" for p in Presence)
    _say(console, f"Roster {roster.file} ({roster.kind}): {counts}.")
    for presence in (Presence.AMBIGUOUS, Presence.UNMATCHED, Presence.NOTHING):
        for line in roster.of(presence):
            who = line.name or line.student or line.email
            number = f" ({line.id})" if line.id else ""
            _say(console, f"  {presence.value}: {who}{number}{': ' * bool(line.note)}{line.note}", style="yellow")


def warn(console: Console, text: str) -> None:
    """A line about how the grading runs; in red where it is a danger."""
    _say(console, text, "bold red" if text.startswith("NOT ") else "dim")


def warn_of_rubric(console: Console, warnings: Sequence[str]) -> None:
    """What in the rubric is hardly meant so, before anything is graded by it."""
    for warning in warnings:
        _say(console, f"Warning: {warning}", "yellow")


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def print_summary(console: Console, grades: Sequence[Grade], out: Path) -> None:
    """Student, marks, how it ended, and why a person should look."""
    table = Table(title="Marks", title_justify="left")
    is_late = any(g.late and g.late.penalty for g in grades)
    wide = console.width >= NARROW
    for column in ("student", "marks", *(["late"] if is_late else []), *(["how it ended"] if wide else []), "review"):
        table.add_column(column, justify="right" if column == "marks" else "left", no_wrap=True)
    for grade in grades:
        late = [_off(grade)] if is_late else []
        ended = [str(grade.ending)] if wide else []
        # Cut, so that no other column is: half a mark would be another mark.
        name = escape(_cut(_name(grade), max(8, console.width // 3)))
        earned = _total(grade) if wide else marks(grade.total)
        table.add_row(name, earned, *late, *ended, "⚑" if grade.needs_review else "")
    console.print(table)
    untimed = sum(g.late is not None and g.late.submitted_at is None for g in grades)
    if untimed:
        _say(console, f"{untimed} of {len(grades)} have no time of handing in: nothing was taken off for lateness.")
    zeros = sum(bool(g.unconfirmed_zero) for g in grades)
    if zeros:
        named = "" if out == Path("reports") else f"{shlex.quote(str(out))} "
        _say(
            console,
            f"{zeros} of {len(grades)} without marks to speak of, held back from every export until you have looked: "
            f"grader review accept {named}STUDENT, or grader review set {named}STUDENT CRITERION MARK.",
        )
    flagged = [g for g in grades if g.needs_review]
    if flagged:
        console.print(f"⚑ {len(flagged)} of {len(grades)} need a person's eye:")
    for grade in flagged:
        more = f" (and {len(grade.review) - 1} more)" if len(grade.review) > 1 else ""
        line = f"  {grade.student}: {_short(grade.review[0])}{more}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"Reports: {(out / 'index.html').resolve()}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"Gradebook: {(out / 'gradebook.csv').resolve()}", soft_wrap=True, markup=False, highlight=False)
    _print_strangers(console, out)


def _print_strangers(console: Console, out: Path) -> None:
    """Folders that a student left behind who is called otherwise now, or who is no longer of the class."""
    found = strangers(out)
    if found:
        _say(console, f"Folders in {out} of nobody in this class, counted by nothing; take away what is not needed:")
    for name, entries in found.items():
        told = f": overrides.yaml has {entries} for this name; is the student called otherwise now?" if entries else ""
        _say(console, f"  {name}{told}")


def print_regraded(console: Console, everybody: Sequence[Regraded]) -> None:
    """Who has other marks than before and by what: the marks before and the differences add up to the marks after."""
    changed = [r for r in everybody if r.changed]
    for regraded in changed:
        most = regraded.before_max
        of = f" / {most:.2f}" if most is not None and most != float(regraded.grade.max) else ""
        before = "no marks" if regraded.before is None else f"{words_of(regraded.before)}{of}"
        line = f"{regraded.grade.student}: {before} → {_total(regraded.grade)}"
        console.print(line, style="bold", markup=False, highlight=False)
        for difference in regraded.parts():
            found = f": {_short(difference.found)}" if difference.found else ""
            _say(console, f"  {difference.criterion} {_marks_of(difference)}{found}")
        for reason in regraded.new_reasons:
            _say(console, f"  now to be looked at: {_short(reason)}")
        for reason in regraded.gone_reasons:
            _say(console, f"  to be looked at no more: {_short(reason)}")
    console.print(f"{len(changed)} of {len(everybody)} changed.")


def _graded(states: Mapping[str, Event]) -> int:
    return sum(event.grade is not None for event in states.values())


def _marks_of(difference: Difference) -> str:
    before, after = words_of(difference.before), words_of(difference.after)
    if before == after and difference.before != difference.after:
        # Less than what is printed of marks.
        before, after = f"{before} ({difference.before:g})", f"{after} ({difference.after:g})"
    was, now = (" (not assessed)" * is_open for is_open in (difference.was_open, difference.is_open))
    return f"{before}{was} → {after}{now}"


def _runs(event: Event | None) -> bool:
    return event is not None and event.state in {State.RUNNING, State.AGAIN}


def _name(grade: Grade) -> str:
    """The student, with the roster's name where that is another."""
    name = grade.identity.name
    return f"{grade.student} ({name})" if name and name not in grade.student else grade.student


def _off(grade: Grade) -> str:
    return f"-{marks(grade.late.penalty)}" if grade.late and grade.late.penalty else ""


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _cut(text: str, most: int) -> str:
    """What is on one line and no wider than so many columns, of which a Chinese letter takes two."""
    line = Text(" ".join(text.split()))
    line.truncate(most, overflow="ellipsis")
    return line.plain


def _total(grade: Grade) -> str:
    total = f"{marks(grade.total)} / {marks(grade.max)}"
    if grade.unconfirmed_zero:
        return f"{marks(grade.total)} {UNCONFIRMED}"
    return f"{total} ({marks(grade.not_assessed)} not assessed)" if grade.not_assessed else total
