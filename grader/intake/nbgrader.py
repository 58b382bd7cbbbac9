"""nbgrader's `submitted/{student}/{assignment}/` with its `timestamp.txt`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from grader.errors import UserError, did_you_mean
from grader.intake.layouts import Handed, Recognised, below, folders, may_be_listed, named_apart, there, visible
from grader.intake.moments import nbgrader_moment
from grader.records import Attempt, Identity, Lms

STAMP = "timestamp.txt"
SIGNS = ("nbgrader_config.py", "gradebook.db", "source", "release")
LONGEST_STAMP = 200


def nbgrader(root: Path, assignment: str) -> Recognised | None:
    """A course's folder, its `submitted/`, or any folder of the same shape with time stamps in it."""
    submitted = root / "submitted"
    if there(submitted) and submitted.is_dir() and any(there(root / sign) for sign in SIGNS):
        root = submitted
    pairs = [(student, each) for student in folders(root) for each in folders(student)]
    if not pairs or not (root.name == "submitted" or any(there(each / STAMP) for _, each in pairs)):
        return None
    chosen = _chosen(Counter(each.name for _, each in pairs), assignment)
    handed = [_handed(student.name, each) for student, each in pairs if each.name == chosen]
    known = {h.student for h in handed}
    handed += [_elsewhere(student) for student in folders(root) if student.name not in known and _left(student)]
    rest = [f"{p.name}: not a student's folder" for p in visible(root) if not p.is_dir()]
    rest += [
        f"{student.name}: has no {chosen}"
        for student in folders(root)
        if student.name not in {h.student for h in handed}
    ]
    return Recognised(f"nbgrader's submitted/ tree, assignment {chosen}", named_apart(handed), rest)


def _left(student: Path) -> bool:
    """Whether a student without a folder for the assignment left something all the same, or that may not be known."""
    return not may_be_listed(student) or any(path.is_file() for path in visible(student))


def _elsewhere(student: Path) -> Handed:
    """What a student put beside the folders of assignments."""
    loose = {path.name: path for path in visible(student) if not path.is_dir()}
    files = loose if may_be_listed(student) else below(student)
    return Handed(student.name, Identity(Lms.NBGRADER, student.name), files, student)


def _chosen(names: Counter[str], assignment: str) -> str:
    listed = ", ".join(f"{name} ({count})" for name, count in sorted(names.items()))
    if assignment:
        if assignment not in names:
            raise UserError(
                f"Nobody handed in an assignment {assignment!r}{did_you_mean(assignment, names)}; there are: {listed}."
            )
        return assignment
    if len(names) > 1:
        raise UserError(f"There are several assignments: {listed}. Choose one with --assignment.")
    return next(iter(names))


def _handed(student: str, folder: Path) -> Handed:
    files = below(folder)
    stamp = files.pop(STAMP, None)
    moment = nbgrader_moment(_text(stamp)) if stamp else None
    attempts = (Attempt(folder.name, moment, graded=True),)
    return Handed(student, Identity(Lms.NBGRADER, student, submitted_at=moment, attempts=attempts), files, folder)


def _text(path: Path) -> str:
    try:
        return "" if path.is_symlink() else path.read_text(encoding="utf-8", errors="replace")[:LONGEST_STAMP]
    except OSError:
        return ""
