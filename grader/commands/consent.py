"""What a command would change of a graded class: said before it is done, and done only if a person wants it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import typer

from grader.errors import UserError
from grader.grading.regrade import preview
from grader.terminal.console import Console
from grader.workspace.differences import Regraded, words_of
from grader.workspace.layout import EVIDENCE, GRADE
from grader.workspace.members import members, stored, student_folders
from grader.workspace.terms import Terms

MOST_TOLD = 20
"""Students or criteria in a list."""


def agreed(console: Console, changes: Sequence[str], *, yes: bool) -> None:
    """Asks on a terminal whether the changes are wanted.

    Raises:
        UserError: they are not, or there is nobody to ask and --yes was not given.
    """
    if not changes:
        return
    said = "\n".join(changes)
    if not yes and not (sys.stdin.isatty() and console.is_terminal):
        raise UserError(
            f"{said}\nNothing was changed. Give --yes to have it so; leave out what asks for it to keep all as it is."
        )
    console.print(said, markup=False, highlight=False, soft_wrap=True)
    if not yes and not _confirmed():
        raise UserError("Nothing was changed.")


def _confirmed() -> bool:
    try:
        return typer.confirm("Go on?")
    except typer.Abort:
        # Ctrl-C or the end of the input is an answer, too.
        return False


def of_rubric(out: Path, terms: Terms) -> Iterator[str]:
    """How the marks of a class would differ by another rubric than its own."""
    chosen = terms.chosen
    if not chosen.instead_of:
        return
    found = preview(out, terms.assignment)
    changed = [r for r in found if r.differences]
    colon = ":" if changed else "."
    yield (
        f"The class in {out} was graded by {chosen.instead_of}. "
        f"By {chosen.name}, {len(changed)} of {len(found)} marks change{colon}"
    )
    yield from _bounded([f"  {_line(r)}" for r in changed])
    counts = Counter(d.criterion for r in changed for d in r.differences).most_common()
    if counts:
        more = f" and {len(counts) - MOST_TOLD} more" if len(counts) > MOST_TOLD else ""
        yield f"By criterion: {', '.join(f'{name} {n}' for name, n in counts[:MOST_TOLD])}{more}."
    unread = len(student_folders(out, GRADE)) - len(found)
    if unread:
        yield f"{unread} more cannot be compared: their evidence cannot be read."


def of_class(out: Path, students: Collection[str]) -> Iterator[str]:
    """That most of who was graded is not of the class that is to be graded now: it is another, or a part of it."""
    listed = members(out) or frozenset[str]()
    graded = list(student_folders(out, GRADE)) if listed else []
    gone = [name for name in graded if name not in students]
    if len(gone) * 2 > len(graded):
        names = ", ".join(gone[:MOST_TOLD]) + (", …" if len(gone) > MOST_TOLD else "")
        yield (
            f"{out} holds the reports of another class, or of the rest of it: {len(gone)} of its {len(graded)} "
            f"students are not in what you give now, and would be counted no more ({names}). Put all into one "
            "folder, or give this class an --out of its own."
        )


def of_quick(out: Path, students: Collection[str]) -> Iterator[str]:
    """That who was graded in full would have evidence of two epochs instead."""
    folders = {s: folder for s, folder in student_folders(out, EVIDENCE).items() if s in students}
    full = [s for s, folder in folders.items() if _is_full(stored(folder / EVIDENCE).get("limits"))]
    if full:
        yield (
            f"{len(full)} of {len(students)} were graded in full: --quick puts runs of few epochs in their place, so "
            "that no accuracy is assessed any more, and the full runs are lost."
        )


def _is_full(limits: object) -> bool:
    return isinstance(limits, dict) and limits.get("max_epochs") is None


def _line(changed: Regraded) -> str:
    names = ", ".join(d.criterion for d in changed.differences)
    return f"{changed.grade.student}: {words_of(changed.before)} → {words_of(float(changed.grade.total))} ({names})"


def _bounded(lines: Sequence[str]) -> Sequence[str]:
    return lines if len(lines) <= MOST_TOLD else [*lines[:MOST_TOLD], f"  … and {len(lines) - MOST_TOLD} more"]
