"""nbgrader's `submitted/{student}/{assignment}/` with its `timestamp.txt`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from grader.errors import UserError, did_you_mean
from grader.intake.layouts import (
    Handed,
    Recognised,
    below,
    folders,
    gathered,
    may_be_listed,
    named_apart,
    there,
    visible,
)
from grader.intake.misfits import UNLIKE_THE_CLASS, misfits, most
from grader.intake.moments import nbgrader_moment
from grader.records import Attempt, Identity, Lms

STAMP = "timestamp.txt"
SIGNS = ("nbgrader_config.py", "gradebook.db", "source", "release")
COURSE = frozenset({"submitted", "source", "release", "autograded", "feedback", "downloaded", "exchange", "archive"})
"""The folders of a course as nbgrader makes them."""
LONGEST_STAMP = 200
RARE = 0.1
"""Of the students: a folder that fewer have is no assignment."""
MOST_NAMED = 20


def nbgrader(root: Path, assignment: str, *, said: bool = False) -> Recognised | None:
    """A course's folder, its `submitted/`, or any folder of the same shape with time stamps in it."""
    course = _is_course(root, said=said)
    given = {f.name for kind in ("source", "release") if course for f in folders(root / kind)}
    root = root / "submitted" if course else root
    students = {student: folders(student) for student in folders(root)}
    names = Counter(each.name for inside in students.values() for each in inside)
    if not names or not (said or _is_shaped(students, stamped=not course and root.name != "submitted")):
        return None
    known = _assignments(names, given, len(students), assignment)
    chosen = _chosen(Counter({name: names[name] for name in known}), names, assignment)
    handed, others, rest = [], [p for p in visible(root) if p not in students], []
    for student, inside in students.items():
        if own := next((each for each in inside if each.name == chosen), None):
            handed.append(gathered(student.name, partial(_handed, student.name, own)))
        elif any(each.name not in known for each in inside):
            others.append(student)
        elif _left(student):
            handed.append(gathered(student.name, partial(_elsewhere, student)))
        else:
            rest.append(f"{student.name}: has no {chosen}")
    more = misfits(others, "not a student's folder")
    aside = [f"{name} in {names[name]}, not an assignment of the class" for name in sorted(names.keys() - known)]
    what = f"nbgrader's submitted/ tree, assignment {chosen}"
    return Recognised(what, named_apart([*handed, *more.handed]), (*more.passed_over, *rest, *aside))


def _is_course(root: Path, *, said: bool) -> bool:
    """Whether it is a course's folder; a student who is called `submitted` among others does not make it one."""
    if not (root / "submitted" in folders(root) and any(there(root / sign) for sign in SIGNS)):
        return False
    inside = {f.name for f in folders(root)}
    return said or most(len(inside & COURSE), len(inside - COURSE))


def _is_shaped(students: Mapping[Path, Sequence[Path]], *, stamped: bool) -> bool:
    """Whether most students have folders of assignments, which bear time stamps where nothing else speaks for them."""
    if stamped:
        fitting = [s for s, inside in students.items() if any(there(each / STAMP) for each in inside)]
    else:
        fitting = [s for s, inside in students.items() if inside and not any(p.is_file() for p in visible(s))]
    # An empty folder, and one that may not be read, speak neither for nor against it.
    silent = [s for s in students if not visible(s)]
    return most(len(fitting), len(students) - len({*fitting, *silent}))


def _assignments(names: Counter[str], given: Collection[str], students: int, asked: str) -> set[str]:
    """Which folders are assignments: those that are given out, or asked for, or that more than a few have."""
    widely = {name for name, count in names.items() if count > 1 and count >= RARE * students}
    known = {name for name in names if name in given or name in widely or name == asked}
    return known or set(names)


def _left(student: Path) -> bool:
    """Whether a student without a folder for the assignment left something all the same, or that may not be known."""
    return not may_be_listed(student) or any(path.is_file() for path in visible(student))


def _elsewhere(student: Path) -> Handed:
    """What a student put beside the folders of assignments."""
    loose = {path.name: path for path in visible(student) if not path.is_dir()}
    known = may_be_listed(student)
    doubts = (UNLIKE_THE_CLASS,) if known else ()
    files = loose if known else below(student)
    return Handed(student.name, Identity(Lms.NBGRADER, student.name), files, student, doubts=doubts)


def _chosen(known: Counter[str], names: Counter[str], assignment: str) -> str:
    if assignment:
        if assignment not in names:
            there_are = ", ".join(f"{name} ({count})" for name, count in sorted(names.items())[:MOST_NAMED])
            raise UserError(
                f"Nobody handed in an assignment {assignment!r}{did_you_mean(assignment, names)}; "
                f"there are: {there_are}."
            )
        return assignment
    if len(known) > 1:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(known.items()))
        raise UserError(f"There are several assignments: {listed}. Choose one with --assignment.")
    return next(iter(known))


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
