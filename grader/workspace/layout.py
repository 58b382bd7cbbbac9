"""The folder of reports: how its files are called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

MANIFEST, RUBRIC, ROSTER_FILE = "manifest.json", "rubric.yaml", "roster.csv"
"""By what a class was graded, and copies of the user's files; visible, so that a copy of what can be seen takes them
along."""
OVERRIDES = "overrides.yaml"
"""Marks and comments by hand."""
INDEX, INDEX_JSON, GRADEBOOK, REFERENCE = "index.html", "index.json", "gradebook.csv", "reference.html"
ROSTER = "roster.json"
SIMILAR, SIMILAR_JSON = "similar.html", "similar.json"
REPORTS_LOCK = ".grader.lock"
"""Held for as long as reports are written: by a grading for hours."""
MARKS_LOCK = ".marks.lock"
"""Held from reading marks by hand until the reports show them, or until whoever writes the reports is sure to."""
OF_THE_CLASS = frozenset(
    {MANIFEST, RUBRIC, ROSTER_FILE, OVERRIDES, INDEX, INDEX_JSON, GRADEBOOK, REFERENCE, ROSTER, SIMILAR, SIMILAR_JSON}
    | {REPORTS_LOCK, MARKS_LOCK}
)
"""What lies beside the students' folders."""

EVIDENCE, GRADE = "evidence.json", "grade.json"
REPORT, INSTRUCTOR = "report.html", "instructor.html"
DRAWINGS = "drawings.json"
"""The curves of the reports, so that pages are written anew without drawing anew."""
HELPERS, WEIGHTS = "helpers", "weights"
"""Folders of a student's modules that were imported and not run (code all the same), and of the recorded weights."""
OF_A_STUDENT = frozenset({REPORT, INSTRUCTOR, EVIDENCE, GRADE, DRAWINGS})
"""Files of a student's folder; a student may call a folder so."""


def executed_paths(folder: Path, programs: Iterable[str]) -> dict[str, Path]:
    """Where the executed notebook of each program of a submission is kept, in the order of the programs."""
    paths: dict[str, Path] = {}
    for name in programs:
        place = PurePosixPath(name)
        if place.parts[0] in OF_A_STUDENT:
            place = PurePosixPath(f"_{place}")
        path = folder / f"{place.with_suffix('')}.executed.ipynb"
        # `lab.py` beside `lab.ipynb`
        paths[name] = folder / f"{place}.executed.ipynb" if path in paths.values() else path
    return paths
