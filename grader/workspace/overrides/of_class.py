"""The marks and comments by hand beside the reports of a class, for whom they may be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from grader.assignment.criterion import Rubric
from grader.records import Override
from grader.workspace.layout import EVIDENCE, GRADE, OVERRIDES
from grader.workspace.members import folders_of, members, student_folders
from grader.workspace.overrides.load import load, load_for, load_of


def overrides_for(out: Path, students: Iterable[str], rubric: Rubric) -> tuple[Override, ...]:
    """The manual marks and comments beside the reports, for these students and all who have evidence there.

    Raises:
        WrittenError: with all problems of the file.
    """
    known = {*students, *folders_of(out).students(EVIDENCE)}
    return load_for(out / OVERRIDES, known, {c.id: c.marks for c in rubric.criteria})


def overrides_in(out: Path) -> tuple[Override, ...]:
    """The same where it is not known by which rubric: for everybody who has evidence or a grade there, or will have.

    Raises:
        WrittenError: with all problems of the file; a mark for nobody would go out to nobody.
    """
    there = {student for name in (EVIDENCE, GRADE) for student in folders_of(out).students(name)}
    return load_of(out / OVERRIDES, sorted(there | (members(out) or frozenset())))


def strangers(out: Path) -> dict[str, int]:
    """The names of folders that hold evidence of nobody in the class, and how many marks by hand are for each."""
    known = student_folders(out, EVIDENCE)
    others = {s: folder for s, folder in folders_of(out).students(EVIDENCE).items() if s not in known}
    overrides = load(out / OVERRIDES) if others else ()
    return {folder.name: sum(o.student == student for o in overrides) for student, folder in others.items()}
