"""What is printed of a class before it is graded and after: what came in, the marks, what has changed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from grader.grading.receive import Received
from grader.records import FileKind, Grade, Presence, Roster
from grader.records.marks import marks
from grader.terminal.console import Console, say
from grader.terminal.words import NARROW, cut, short, total
from grader.workspace.differences import Difference, Regraded, words_of
from grader.workspace.overrides.of_class import strangers

TOLD = frozenset({FileKind.REFUSED, FileKind.ENTRY, FileKind.NOT_OPENED, FileKind.NOTEBOOK, FileKind.MODULE})
"""Kinds of files of which a note is worth a line before anything runs."""


def print_received(console: Console, got: Received, handed_in: Path) -> None:
    """What was recognised, what was passed over, and how the roster and the submissions go together."""
    found = got.found
    count = len(found.submissions)
    say(console, f"{handed_in.name or handed_in}: {found.recognised}, {count} submission{'s' * (count != 1)}.")
    for reason in found.passed_over:
        say(console, f"Passed over {reason}", style="dim")
    for submission in found.submissions:
        for doubt in submission.doubts:
            say(console, f"{submission.student}: {doubt}", style="yellow")
        for file in submission.files:
            # A program bears a note where it is run in spite of its name.
            if file.note and file.kind in TOLD:
                say(console, f"{submission.student}: {file.name}: {file.note}", style="yellow")
    if got.roster:
        _print_roster(console, got.roster)
    if got.untimed:
        say(console, "The times of submissions in it could not be read with certainty: lateness is unknown.", "yellow")


def _print_roster(console: Console, roster: Roster) -> None:
    counts = ", ".join(f"{len(roster.of(p))} {p.value}" for p in Presence)
    say(console, f"Roster {roster.file} ({roster.kind}): {counts}.")
    for presence in (Presence.AMBIGUOUS, Presence.UNMATCHED, Presence.NOTHING):
        for line in roster.of(presence):
            who = line.name or line.student or line.email
            number = f" ({line.id})" if line.id else ""
            say(console, f"  {presence.value}: {who}{number}{': ' * bool(line.note)}{line.note}", style="yellow")


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
        name = escape(cut(_name(grade), max(8, console.width // 3)))
        earned = total(grade) if wide else marks(grade.total)
        table.add_row(name, earned, *late, *ended, "⚑" if grade.needs_review else "")
    console.print(table)
    untimed = sum(g.late is not None and g.late.submitted_at is None for g in grades)
    if untimed:
        say(console, f"{untimed} of {len(grades)} have no time of handing in: nothing was taken off for lateness.")
    zeros = sum(bool(g.unconfirmed_zero) for g in grades)
    if zeros:
        named = "" if out == Path("reports") else f"{shlex.quote(str(out))} "
        say(
            console,
            f"{zeros} of {len(grades)} without marks to speak of, held back from every export until you have looked: "
            f"grader review accept {named}STUDENT, or grader review set {named}STUDENT CRITERION MARK.",
        )
    flagged = [g for g in grades if g.needs_review]
    if flagged:
        console.print(f"⚑ {len(flagged)} of {len(grades)} need a person's eye:")
    for grade in flagged:
        more = f" (and {len(grade.review) - 1} more)" if len(grade.review) > 1 else ""
        line = f"  {grade.student}: {short(grade.review[0])}{more}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"Reports: {(out / 'index.html').resolve()}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"Gradebook: {(out / 'gradebook.csv').resolve()}", soft_wrap=True, markup=False, highlight=False)
    _print_strangers(console, out)


def _print_strangers(console: Console, out: Path) -> None:
    """Folders that a student left behind who is called otherwise now, or who is no longer of the class."""
    found = strangers(out)
    if found:
        say(console, f"Folders in {out} of nobody in this class, counted by nothing; take away what is not needed:")
    for name, entries in found.items():
        told = f": overrides.yaml has {entries} for this name; is the student called otherwise now?" if entries else ""
        say(console, f"  {name}{told}")


def print_regraded(console: Console, everybody: Sequence[Regraded]) -> None:
    """Who has other marks than before and by what: the marks before and the differences add up to the marks after."""
    changed = [r for r in everybody if r.changed]
    for regraded in changed:
        most = regraded.before_max
        of = f" / {most:.2f}" if most is not None and most != float(regraded.grade.max) else ""
        before = "no marks" if regraded.before is None else f"{words_of(regraded.before)}{of}"
        line = f"{regraded.grade.student}: {before} → {total(regraded.grade)}"
        console.print(line, style="bold", markup=False, highlight=False)
        for difference in regraded.parts():
            found = f": {short(difference.found)}" if difference.found else ""
            say(console, f"  {difference.criterion} {_marks_of(difference)}{found}")
        for reason in regraded.new_reasons:
            say(console, f"  now to be looked at: {short(reason)}")
        for reason in regraded.gone_reasons:
            say(console, f"  to be looked at no more: {short(reason)}")
    console.print(f"{len(changed)} of {len(everybody)} changed.")


def _marks_of(difference: Difference) -> str:
    before, after = words_of(difference.before), words_of(difference.after)
    if before == after and difference.before != difference.after:
        # Less than what is printed of marks.
        before, after = f"{before} ({difference.before:g})", f"{after} ({difference.after:g})"
    was, now = (" (not assessed)" * is_open for is_open in (difference.was_open, difference.is_open))
    return f"{before}{was} → {after}{now}"


def _name(grade: Grade) -> str:
    """The student, with the roster's name where that is another."""
    name = grade.identity.name
    return f"{grade.student} ({name})" if name and name not in grade.student else grade.student


def _off(grade: Grade) -> str:
    return f"-{marks(grade.late.penalty)}" if grade.late and grade.late.penalty else ""
