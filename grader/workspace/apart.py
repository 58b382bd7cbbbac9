"""Reports lie apart from what was handed in: a grading deletes what an earlier one wrote, and would grade its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.errors import UserError
from grader.intake.layouts import holds_reports, there
from grader.workspace.layout import (
    EVIDENCE,
    FILES,
    FILES_JSON,
    GRADE,
    HELPERS,
    INDEX_JSON,
    INSTRUCTOR,
    MANIFEST,
    REPORT,
    REPORTS_LOCK,
    ROSTER_FILE,
    RUBRIC,
    WEIGHTS,
)
from grader.workspace.members import folders_for, stored

OURS = (REPORT, INSTRUCTOR, HELPERS, WEIGHTS, FILES, FILES_JSON)
"""What a grading that was killed may have left of a student, beside executed notebooks and what was being written."""
ENDINGS = (".executed.ipynb", ".tmp")
MOST_NAMED = 3


def must_be_apart(handed_in: Path, out: Path) -> None:
    """Asked before anything is made or locked.

    A new folder right below the submissions, or one that holds reports already, is told from a student's; any other
    below them is a student's, or would be taken for one. So would be reports within the reports of a class.

    Raises:
        UserError: the reports would be written into what was handed in, or into the reports of another class.
    """
    for around in out.resolve().parents:
        if all(there(around / name) for name in (MANIFEST, RUBRIC)):
            raise UserError(
                f"{out} lies within {around}, which holds the reports of a class. Give that folder, or another one "
                "beside it, with --out."
            )
    if not handed_in.is_dir():
        return
    submissions, reports = handed_in.resolve(), out.resolve()
    other = f"Give another folder with --out, as in --out {handed_in.resolve().parent / 'reports'}."
    if reports == submissions:
        raise UserError(f"{out} is the folder of the submissions, which is never written to. {other}")
    if submissions not in reports.parents:
        return
    below = submissions / reports.relative_to(submissions).parts[0]
    if reports == below and (not below.exists() or holds_reports(below) or (below / MANIFEST).is_file()):
        return
    raise UserError(
        f"{out} lies among what was handed in, which is never written to: {below} is a submission, or would be taken "
        f"for one. {other}"
    )


def must_be_new_or_ours(out: Path) -> None:
    """Asked before anything is made: a folder of somebody's own files would have some of them replaced by reports.

    Raises:
        UserError: there is something in the folder, and no grading has ever written there.
    """
    if not out.is_dir():
        return
    # What cannot be seen is never replaced: .git, .DS_Store, and what a grading that was stopped at once has left.
    found = sorted(path for path in out.iterdir() if not path.name.startswith("."))
    if not found or _was_graded_into(out, found):
        return
    named = ", ".join(path.name + "/" * path.is_dir() for path in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    raise UserError(
        f"{out}: expected a new or empty folder, or one that grader grade has written, found other files ({named}"
        f"{more}). Nothing was written. Give another folder with --out, as in --out {out / 'reports'}."
    )


def _was_graded_into(out: Path, found: Iterable[Path]) -> bool:
    """By the manifest; by what older graders wrote; or by the lock and nothing that was there before a killed one."""
    if (out / MANIFEST).is_file() or isinstance(stored(out / INDEX_JSON).get("students"), list):
        return True
    if any(next(out.glob(f"*/{name}"), None) for name in (EVIDENCE, GRADE)):
        return True
    # The manifest is written after these copies.
    return (out / REPORTS_LOCK).is_file() and all(path.name in {RUBRIC, ROSTER_FILE} for path in found)


def must_hold_no_work(out: Path, students: Sequence[str]) -> None:
    """A folder of reports may be used again; one in which folders of these names hold something else may not.

    Raises:
        UserError: reports would be written among files that are not ours.
    """
    if (out / MANIFEST).is_file():
        return
    folders = folders_for(out, students)
    for student in students:
        folder = folders.of(student)
        if not folder.is_dir() or (folder / EVIDENCE).is_file() or (folder / GRADE).is_file():
            continue
        foreign = [p.name for p in sorted(folder.iterdir()) if p.name not in OURS and not p.name.endswith(ENDINGS)]
        if foreign:
            raise UserError(
                f"{folder} holds something that is no report ({', '.join(foreign[:3])}), and the reports of {student} "
                "would be written there. Give another folder with --out."
            )
