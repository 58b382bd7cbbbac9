"""Puts grades and the reports of them into the folder of reports: a student's, and those of the class."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from grader.assignment.assignment import Assignment
from grader.errors.failures import is_everybodys
from grader.grading.disclosure import for_student
from grader.grading.judge import judge
from grader.records import Evidence, Grade, Override
from grader.reports.background import background_of
from grader.reports.class_json import class_json
from grader.reports.drawing import Drawings
from grader.reports.gradebook import gradebook_csv
from grader.reports.index import index_html
from grader.reports.neighbours import with_neighbours
from grader.reports.overview import Overview, Row, overview
from grader.reports.reference import drawn_from, reference_html
from grader.reports.slots import filled
from grader.reports.student import pages
from grader.workspace.atomic import write_text
from grader.workspace.grade_record import to_store
from grader.workspace.layout import (
    DRAWINGS,
    GRADE,
    GRADEBOOK,
    INDEX,
    INDEX_JSON,
    INSTRUCTOR,
    REFERENCE,
    REPORT,
    SIMILAR,
)
from grader.workspace.members import folders_of, stored
from grader.workspace.roster_file import stored_roster


def write_report(folder: Path, evidence: Evidence, assignment: Assignment, overrides: Iterable[Override] = ()) -> Grade:
    """Judges the evidence, and writes the grade and the report of it."""
    grade = judge(evidence, assignment, overrides)
    write_grade(folder, grade, evidence, assignment)
    return grade


def write_grade(folder: Path, grade: Grade, evidence: Evidence, assignment: Assignment) -> None:
    """Writes a grade of this evidence and the reports of it: the student's and the instructor's."""
    write_text(folder / GRADE, to_store(grade, evidence).text())
    # Drawing takes nine tenths of the time, and a changed rubric changes no curve.
    drawings = Drawings(_drawn(folder))
    background = replace(background_of(assignment), drawings=drawings)
    written = pages(grade, for_student(grade, evidence), evidence, background)
    write_text(folder / REPORT, written.student)
    write_text(folder / INSTRUCTOR, written.instructor)
    if drawings.used != drawings.kept:
        write_text(folder / DRAWINGS, json.dumps(drawings.used, indent=1) + "\n")


def _drawn(folder: Path) -> dict[str, str]:
    return {key: svg for key, svg in stored(folder / DRAWINGS).items() if isinstance(svg, str)}


def write_class(out: Path, grades: Sequence[Grade], assignment: Assignment, title: str) -> None:
    """Writes what is about the class as a whole, and the links from each student's page to the next."""
    pages_of_class, seen = class_pages(out, grades, assignment, title)
    for name, content in pages_of_class.items():
        write_text(out / name, content)
    link_similar(out)
    _link_neighbours(out, seen)
    # Last, since it takes seconds where nobody has drawn it yet.
    write_reference(out, assignment)


def class_pages(
    out: Path, grades: Sequence[Grade], assignment: Assignment, title: str
) -> tuple[Mapping[str, str], Overview]:
    """The files about the class as a whole, by name, and what they show; nothing is written."""
    roster = stored_roster(out)
    folders = folders_of(out)
    rows = [Row(g, f"{folders.of(g.student).name}/{INSTRUCTOR}") for g in grades]
    seen = overview(rows, title, assignment.rubric.marks, roster)
    found = {
        INDEX: index_html(seen, reference=REFERENCE if assignment.reference_runs else ""),
        GRADEBOOK: gradebook_csv(grades),
        INDEX_JSON: json.dumps(class_json(seen, assignment.language), indent=1, ensure_ascii=False) + "\n",
    }
    return found, seen


def write_reference(out: Path, assignment: Assignment) -> None:
    """Draws the page of the reference runs, unless there are none or the page shows them already."""
    runs = assignment.reference_runs
    if runs and not drawn_from(_text(out / REFERENCE), runs, assignment.bands):
        write_text(out / REFERENCE, reference_html(runs, assignment.bands))


def link_similar(out: Path) -> None:
    """Links the page of a class to that of code in common, where there is one."""
    index = _text(out / INDEX)
    linked = filled(index, "similar", Markup(f'<br><a href="./{SIMILAR}">Code in common</a>'))  # noqa: S704 (no text of others)
    if (out / SIMILAR).is_file() and linked != index:
        write_text(out / INDEX, linked)


def _link_neighbours(out: Path, seen: Overview) -> None:
    for index, row in enumerate(seen.rows):
        try:
            page = _text(out / row.link)
            linked = with_neighbours(page, seen.rows, index)
            if linked != page:
                write_text(out / row.link, linked)
        except Exception as error:
            # A page without links is no reason to leave the class without its own.
            if is_everybodys(error):
                raise


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
