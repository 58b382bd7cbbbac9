"""Reads the grades of a folder of reports, and refuses what would not go out as the reports show it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.errors import UserError, did_you_mean
from grader.exports.graded import Graded
from grader.grading.review_reasons import NOTHING_EARNED
from grader.records import Override
from grader.records.marks import number
from grader.workspace.grade_file import StoredGrade, read_grade
from grader.workspace.layout import GRADE, OVERRIDES
from grader.workspace.manifest import read_manifest
from grader.workspace.members import student_folders
from grader.workspace.overrides.of_class import overrides_in

MOST_NAMED = 8
ROUNDED = 1e-4
"""Marks; a total and the sum of its criteria are written with six decimals each."""


def read_graded(reports: Path) -> tuple[Graded, ...]:
    """Every graded submission in a folder of reports, by name.

    Raises:
        UserError: there is none, one cannot be read, or `overrides.yaml` says otherwise than the reports.
    """
    folders = student_folders(reports, GRADE)
    if not folders:
        raise UserError(f"Found no grades in {reports}: expected {reports}/<student>/{GRADE}, as grader grade writes.")
    graded = tuple(Graded(folder, read_grade(folder / GRADE)) for folder in folders.values())
    _must_add_up(graded)
    _must_be_up_to_date(reports, graded)
    return graded


def only(graded: Sequence[Graded], student: str | None) -> Graded:
    """The one of that name, or the only one there is; UserError otherwise."""
    found = [g for g in graded if student in {None, g.student, g.folder.name}]
    if len(found) != 1:
        names = _names([g.student for g in graded])
        if student is None:
            raise UserError(f"Expected one submission, found {len(found)}. Name one with --student: {names}.")
        known = {name for g in graded for name in (g.student, g.folder.name)}
        meant = did_you_mean(student, known)
        raise UserError(f"Found no submission of '{student}'{meant}. Name one with --student: {names}.")
    return found[0]


def _names(students: Sequence[str]) -> str:
    return ", ".join(students[:MOST_NAMED]) + (", …" if len(students) > MOST_NAMED else "")


def _must_be_up_to_date(reports: Path, graded: Sequence[Graded]) -> None:
    """What goes out must be what the reports show, and by one rubric."""
    manifest = read_manifest(reports)
    digests = {g.student: g.grade.digests.rubric for g in graded}
    wanted = manifest.rubric.digest if manifest else next(iter(digests.values()))
    others = [student for student, digest in digests.items() if digest != wanted]
    if others:
        raise UserError(
            f"A class has one rubric, and the reports of {_names(others)} are by another than the rest: a grading by a "
            f"new rubric was stopped before its end. Bring them up to date first: grader regrade {reports}"
        )
    overrides = overrides_in(reports)
    behind = [g.student for g in graded if not _shows(g.grade, [o for o in overrides if o.student == g.student])]
    if behind:
        raise UserError(
            f"{reports / OVERRIDES} says otherwise than the reports of {_names(behind)}. "
            f"Bring them up to date first: grader regrade {reports}"
        )


def _shows(grade: StoredGrade, overrides: Sequence[Override]) -> bool:
    """Whether the grade has all marks and comments by hand, and no other."""
    given = {(o.criterion, number(o.mark), o.comment, o.by, o.when) for o in overrides if o.mark is not None}
    shown = {(c.id, c.score, m.comment, m.by, m.when) for c in grade.criteria if (m := c.manual)}
    said = {(o.criterion, o.comment, o.by, o.when) for o in overrides if o.comment and o.mark is None}
    accepted = {reason for o in overrides for reason in o.accepts}
    of_this = [o for o in overrides if o.looked_at(grade.digests.submission, grade.digests.rubric)]
    confirming = {reason for o in of_this for reason in o.accepts}
    zeros = {(grade.unconfirmed_zero or "").strip(), NOTHING_EARNED, grade.cause.found.strip() if grade.cause else ""}
    # A zero's reason that was accepted for other work is open again.
    waiting = {reason.strip() for reason in grade.review_reasons} - (zeros - confirming)
    return (
        given == shown
        and said == {(c.criterion, c.text, c.by, c.when) for c in grade.comments}
        and {a.reason.strip() for a in grade.accepted} <= accepted
        and not accepted & waiting
        and (not grade.confirmed_zero or bool(confirming))
    )


def _must_add_up(graded: Sequence[Graded]) -> None:
    """A total that was changed by hand in `grade.json` is nobody's mark."""
    wrong = [g for g in graded if not abs(g.grade.total - g.grade.sum) <= ROUNDED]
    if wrong:
        first, says = wrong[0], wrong[0].grade.total
        raise UserError(
            f"{first.folder / GRADE} says {says:g}, but its criteria come to {first.grade.sum:g}: was it changed by "
            f"hand? Not exported: {_names([g.student for g in wrong])}. Write the grades anew with grader "
            f"regrade {first.folder.parent}; a mark by hand is given with grader review set."
        )
