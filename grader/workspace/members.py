"""Who belongs to the class whose reports lie in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.workspace.grade_file import stored_grade
from grader.workspace.layout import EVIDENCE, GRADE, INDEX_JSON, OUR_FORM, student_folders_named
from grader.workspace.manifest import read_manifest

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the reports of each student of a class lie."""

    out: Path
    names: Mapping[str, str] = field(default_factory=dict)
    """What the folders are called, where not as the students."""

    def of(self, student: str) -> Path:
        """The folder of a student, whether it is there or not."""
        return self.out / self.names.get(student, student)

    def students(self, file: str) -> dict[str, Path]:
        """The students of all folders that hold this file, of the class or not, each with the folder."""
        called = {folder: student for student, folder in self.names.items()}
        there = sorted(path.parent for path in self.out.glob(f"*/{file}"))
        found = {called.get(folder.name) or _called(folder): folder for folder in there}
        return {student: found[student] for student in sorted(found)}


def folders_of(out: Path) -> Folders:
    """As they are remembered; where nothing is, as an older grader left it, each is called as its student.

    Raises:
        UserError: the manifest cannot be read.
    """
    manifest = read_manifest(out)
    return Folders(out, manifest.folders if manifest else {})


def folders_for(out: Path, students: Collection[str]) -> Folders:
    """Where the reports of these students lie or will: whoever has a folder already keeps it.

    Raises:
        UserError: the manifest cannot be read.
    """
    manifest = read_manifest(out)
    there = _folders_in(out)
    if manifest:
        before = {s: manifest.folders.get(s, s) for s in manifest.students}
    else:
        before = {
            s: s for s in students if s in there and any((out / s / name).is_file() for name in (EVIDENCE, GRADE))
        }
    given = student_folders_named(students, {s: name for s, name in before.items() if name in there})
    return Folders(out, {student: name for student, name in given.items() if name != student})


def _folders_in(out: Path) -> frozenset[str]:
    """By their exact names: a file system may find them by others, too."""
    try:
        return frozenset(entry.name for entry in os.scandir(out) if entry.is_dir())
    except OSError:
        return frozenset()


def _called(folder: Path) -> str:
    """Whose folder it is that is not remembered."""
    student = stored(folder / GRADE).get("student") if OUR_FORM.search(folder.name) else None
    return student if isinstance(student, str) else folder.name


def student_folders(out: Path, file: str) -> dict[str, Path]:
    """The students of the class whose folders hold this file, in the order of their names, each with the folder.

    Who belongs to the class stands in the manifest, in a folder of an older grader on the class page; whoever was
    renamed since leaves a folder behind that counts no more.

    Raises:
        UserError: the manifest cannot be read.
    """
    listed = members(out)
    found = folders_of(out).students(file)
    return {student: folder for student, folder in found.items() if listed is None or student in listed}


def members(out: Path) -> frozenset[str] | None:
    """The names of the class; None where nothing says who belongs to it, so that whoever is there does.

    Raises:
        UserError: the manifest cannot be read.
    """
    manifest = read_manifest(out)
    if manifest is not None:
        return frozenset(manifest.students)
    students = stored(out / INDEX_JSON).get("students")
    listed = (
        [entry.get("student") for entry in students if isinstance(entry, dict)] if isinstance(students, list) else []
    )
    return frozenset(name for name in listed if isinstance(name, str)) or None


def unfinished(out: Path) -> Mapping[str, str]:
    """Who of the class has no grade of what they handed in, each with the reason, as a stopped grading leaves it.

    Raises:
        UserError: the manifest cannot be read.
    """
    manifest, folders = read_manifest(out), folders_of(out)
    found = {}
    for student, digest in manifest.students.items() if manifest else ():
        grade = stored_grade(folders.of(student))
        if grade is None:
            found[student] = "not graded yet"
        elif grade.digests.submission != digest:
            found[student] = "handed in anew since, and not graded yet"
    return found


def unfinished_told(out: Path) -> Sequence[str]:
    """The same in words; nothing where everybody has a grade.

    Raises:
        UserError: the manifest cannot be read.
    """
    missing = unfinished(out)
    if not missing:
        return ()
    named = [f"  {student}: {reason}" for student, reason in list(missing.items())[:MOST_NAMED]]
    more = len(missing) - len(named)
    count = f"{len(missing)} of the class {'is' if len(missing) == 1 else 'are'} not graded as they handed in last"
    return (f"The grading was stopped, or goes on: {count}.", *named, *([f"  … and {more} more"] if more else ()))


def stored(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file of ours; empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
