"""Who belongs to the class whose reports lie in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.workspace.grade_file import stored_grade
from grader.workspace.layout import INDEX_JSON
from grader.workspace.manifest import read_manifest

MOST_NAMED = 20


def student_folders(out: Path, file: str) -> tuple[Path, ...]:
    """The folders of the class's students that hold this file, by name.

    Who belongs to the class stands in the manifest, in a folder of an older grader on the class page; whoever was
    renamed since leaves a folder behind that counts no more.

    Raises:
        UserError: the manifest cannot be read.
    """
    listed = members(out)
    found = sorted(path.parent for path in out.glob(f"*/{file}"))
    return tuple(folder for folder in found if listed is None or folder.name in listed)


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
    manifest = read_manifest(out)
    found = {}
    for student, digest in manifest.students.items() if manifest else ():
        grade = stored_grade(out / student)
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
