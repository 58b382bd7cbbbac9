"""How many of a graded class are flagged, why, and where a stage was taken for another."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

EXAMPLES = 3
VARIES: Sequence[tuple[str, str]] = (
    (r"[“\"'`][^”\"'`\n]{1,80}[”\"'`]", "…"),
    (r"\S+\.(ipynb|py)\b", "FILE"),
    (r"\b[a-z]+\.[a-z_]+(?:, [a-z]+\.[a-z_]+)*(?= to be looked at)", "CRITERIA"),
    (r"\d+(?:[.,]\d+)*", "#"),
    (r"(cells? #)(?:(?:, | and )#)+", r"\1"),
)
"""What differs from submission to submission in a reason of one kind."""


def kind(reason: str, programs: Iterable[str] = ()) -> str:
    """A reason without names and numbers; the names of programs may hold spaces."""
    for program in programs:
        reason = reason.replace(program, "FILE")
    for pattern, put in VARIES:
        reason = re.sub(pattern, put, reason)
    return reason


def graded(reports: Path) -> dict[str, Mapping[str, Any]]:
    """Student to `grade.json`."""
    found = sorted(reports.glob("*/grade.json"))
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in found}


def grouped(grades: Mapping[str, Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Kind of reason to students and their very words, the commonest kind first."""
    groups: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for student, grade in grades.items():
        programs = {match["program"] for match in grade["stages"].values() if match["program"]}
        for reason in grade["review_reasons"]:
            groups[kind(reason, programs)].append((student, reason))
    return dict(sorted(groups.items(), key=lambda item: -len({student for student, _ in item[1]})))


def misplaced(grades: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Any]) -> list[str]:
    """Where a stage was found in another cell than the one that was written for it."""
    told = []
    for student, grade in grades.items():
        for stage, match in grade["stages"].items():
            want = expected[student]["stages"].get(stage)
            have = [match["program"], match["cell"]] if match["run"] else None
            if have != want:
                flag = "flagged" if grade["needs_review"] else "NOT FLAGGED"
                told.append(f"{student}: {stage} found at {have}, written at {want} ({flag})")
    return told


def lost(grades: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Any]) -> Counter[str]:
    """Criteria below full marks in submissions that depart from the lab in nothing."""
    count: Counter[str] = Counter()
    for student, grade in grades.items():
        if not expected[student]["departures"]:
            count.update(c["id"] for c in grade["criteria"] if c["score"] < c["max"])
    return count


def told(reports: Path, expected: Path | None) -> Iterable[str]:
    """The count, line by line."""
    grades = graded(reports)
    if not grades:
        yield f"No grade.json below {reports}: give the folder that `grader grade … --out` wrote"
        return
    flagged = [student for student, grade in grades.items() if grade["needs_review"]]
    yield f"{len(flagged)} of {len(grades)} are flagged ({len(flagged) / len(grades):.1%})"
    endings = Counter(grade["ending"] for grade in grades.values())
    yield "endings: " + ", ".join(f"{name} {n}" for name, n in endings.most_common())
    for reason, cases in grouped(grades).items():
        students = sorted({student for student, _ in cases})
        yield f"\n{len(students):4}  {reason}"
        yield f"      {' '.join(students)}"
        yield from (f"      {student}: {words}" for student, words in cases[:EXAMPLES])
    if expected:
        known = json.loads(expected.read_text(encoding="utf-8"))["students"]
        plain = [student for student in grades if not known[student]["departures"]]
        asked = sum(student in flagged for student in plain)
        yield f"\nOf {len(plain)} that depart from the lab in nothing, {asked} are flagged"
        yield "\nStages found elsewhere than written:"
        yield from misplaced(grades, known)
        yield "\nMarks lost where nothing departs from the lab:"
        yield from (f"{n:4}  {criterion}" for criterion, n in lost(grades, known).most_common())


def count(reports: Path, expected: Path | None) -> None:
    """Prints the count."""
    for line in told(reports, expected):
        sys.stdout.write(line + "\n")
