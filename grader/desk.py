"""The folder of reports: what of a submission and of a class is written there, and how it is read again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from markupsafe import Markup

from grader.errors import UserError
from grader.overrides.apply import overridden
from grader.overrides.load import OVERRIDES, load, load_for, load_of
from grader.records import Evidence, FileKind, Grade, Override, Roster
from grader.reports.class_json import class_json
from grader.reports.drawing import drawn_in
from grader.reports.files import DRAFTS, grade_json, gradebook_csv, write_bytes, write_text
from grader.reports.index import index_html
from grader.reports.neighbours import with_neighbours
from grader.reports.overview import Overview, Row, overview
from grader.reports.reference import drawn_from, reference_html
from grader.reports.slots import filled
from grader.reports.store import evidence_json, read_roster, roster_json
from grader.reports.student import pages
from grader.scoring import for_student
from grader.standard import Standard
from grader.workspace import members

EVIDENCE, GRADE = members.EVIDENCE, members.GRADE
REPORT, INSTRUCTOR = "report.html", "instructor.html"
HELPERS, WEIGHTS = "helpers", "weights"
"""Folders of a student's modules that were imported and not run (code all the same), and of the recorded weights."""
OWN = frozenset({REPORT, INSTRUCTOR, EVIDENCE, GRADE})
"""Files of a student's folder; a student may call a folder so."""
INDEX, INDEX_JSON, GRADEBOOK, REFERENCE = "index.html", "index.json", "gradebook.csv", "reference.html"
ROSTER = "roster.json"
SIMILAR, SIMILAR_JSON = "similar.html", "similar.json"


def write_facts(
    folder: Path,
    evidence: Evidence,
    notebooks: Mapping[str, str],
    weights: Mapping[str, bytes],
) -> None:
    """Writes the facts about a submission, the evidence last: where it is, the rest is.

    `notebooks` are the executed ones by program, `weights` the packed arrays by their keys in the evidence.
    """
    (folder / EVIDENCE).unlink(missing_ok=True)
    # All that is old goes before anything is written: a program may lie below a folder that is called as one of ours.
    for old in (path for path in folder.rglob("*.executed.ipynb") if path.is_file()):
        old.unlink()
    for name in (HELPERS, WEIGHTS):
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in evidence.submission.files:
        if file.kind is FileKind.HELPER:
            with suppress(OSError):
                write_bytes(folder / HELPERS / file.name, (evidence.submission.root / file.name).read_bytes())
    for key, packed in weights.items():
        write_bytes(folder / WEIGHTS / f"{key}.npz", packed)
    # Last: of a module and a run that want one name, the run's notebook is what the report links to.
    for name, target in executed_paths(folder, notebooks).items():
        write_text(target, notebooks[name])
    write_evidence(folder, evidence)


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Writes the evidence alone, where the rest is there already."""
    write_text(folder / EVIDENCE, evidence_json(evidence))


def executed_paths(folder: Path, programs: Iterable[str]) -> dict[str, Path]:
    """Where the executed notebook of each program of a submission is kept, in the order of the programs."""
    paths: dict[str, Path] = {}
    for name in programs:
        place = PurePosixPath(name)
        if place.parts[0] in OWN:
            place = PurePosixPath(f"_{place}")
        path = folder / f"{place.with_suffix('')}.executed.ipynb"
        # `lab.py` beside `lab.ipynb`
        paths[name] = folder / f"{place}.executed.ipynb" if path in paths.values() else path
    return paths


def overrides_for(out: Path, students: Iterable[str], standard: Standard) -> tuple[Override, ...]:
    """The manual marks and comments beside the reports, for these students and all who have evidence there.

    Raises:
        WrittenError: with all problems of the file.
    """
    known = {*students, *(path.parent.name for path in out.glob(f"*/{EVIDENCE}"))}
    return load_for(out / OVERRIDES, known, {c.id: c.marks for c in standard.rubric.criteria})


def overrides_in(out: Path) -> tuple[Override, ...]:
    """The same where it is not known by which rubric: for everybody who has evidence or a grade there, or will have.

    Raises:
        WrittenError: with all problems of the file; a mark for nobody would go out to nobody.
    """
    there = {path.parent.name for name in (EVIDENCE, GRADE) for path in out.glob(f"*/{name}")}
    return load_of(out / OVERRIDES, sorted(there | (members.members(out) or frozenset())))


def student_folders(out: Path, file: str) -> tuple[Path, ...]:
    """As `members.student_folders`: the folders of the class's students that hold this file, by name."""
    return members.student_folders(out, file)


def strangers(out: Path) -> dict[str, int]:
    """The names of folders that hold evidence of nobody in the class, and how many marks by hand are for each."""
    known = {folder.name for folder in student_folders(out, EVIDENCE)}
    others = sorted({path.parent.name for path in out.glob(f"*/{EVIDENCE}")} - known)
    overrides = load(out / OVERRIDES) if others else ()
    return {name: sum(o.student == name for o in overrides) for name in others}


def write_report(folder: Path, evidence: Evidence, standard: Standard, overrides: Sequence[Override] = ()) -> Grade:
    """Judges the evidence, puts manual marks in place, and writes the grade and the report of it."""
    grade = overridden(standard.judge(evidence), overrides)
    write_grade(folder, grade, evidence, standard)
    return grade


def write_grade(folder: Path, grade: Grade, evidence: Evidence, standard: Standard) -> None:
    """Writes a grade of this evidence and the reports of it: the student's and the instructor's."""
    write_text(folder / GRADE, json.dumps(grade_json(grade, evidence), indent=1, ensure_ascii=False) + "\n")
    # Drawing takes nine tenths of the time, and a changed rubric changes no curve.
    drawn = {**drawn_in(_text(folder / INSTRUCTOR)), **drawn_in(_text(folder / REPORT))}
    background = replace(standard.background, drawn=drawn)
    written = pages(grade, for_student(grade, evidence), evidence, background)
    write_text(folder / REPORT, written.student)
    write_text(folder / INSTRUCTOR, written.instructor)


def write_class(out: Path, grades: Sequence[Grade], standard: Standard, title: str) -> None:
    """Writes what is about the class as a whole, and the links from each student's page to the next."""
    roster = read_roster(_text(out / ROSTER))
    seen = overview([Row(g, f"{g.student}/{INSTRUCTOR}") for g in grades], title, standard.rubric.marks, roster)
    runs = standard.background.runs
    write_text(out / INDEX, index_html(seen, reference=REFERENCE if runs else ""))
    link_similar(out)
    write_text(out / GRADEBOOK, gradebook_csv(grades))
    write_text(out / INDEX_JSON, json.dumps(class_json(seen, standard.language), indent=1, ensure_ascii=False) + "\n")
    _link_neighbours(out, seen)
    # Last, since it takes seconds where nobody has drawn it yet.
    write_reference(out, standard)


def write_reference(out: Path, standard: Standard) -> None:
    """Draws the page of the reference runs, unless there are none or the page shows them already."""
    runs = standard.background.runs
    if runs and not drawn_from(_text(out / REFERENCE), runs, standard.bands):
        write_text(out / REFERENCE, reference_html(runs, standard.bands))


def link_similar(out: Path) -> None:
    """Links the page of a class to that of code in common, where there is one."""
    index = _text(out / INDEX)
    linked = filled(index, "similar", Markup(f'<br><a href="./{SIMILAR}">Code in common</a>'))  # noqa: S704 (no text of others)
    if (out / SIMILAR).is_file() and linked != index:
        write_text(out / INDEX, linked)


def _link_neighbours(out: Path, seen: Overview) -> None:
    for place, row in enumerate(seen.rows):
        page = _text(out / row.link)
        linked = with_neighbours(page, seen.rows, place)
        if linked != page:
            write_text(out / row.link, linked)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def stored(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file of ours; empty where there is none that can be read."""
    return members.stored(path)


def write_roster(out: Path, roster: Roster | None) -> None:
    """Writes who handed in and who did not; without a roster, what an earlier grading wrote is taken away."""
    if roster is None:
        (out / ROSTER).unlink(missing_ok=True)
    else:
        write_text(out / ROSTER, roster_json(roster))


def clear_drafts(out: Path) -> None:
    """Takes away what a grader that was killed had begun to write."""
    for draft in (*out.glob(DRAFTS), *out.glob(f"*/{DRAFTS}"), *out.glob(f"*/{WEIGHTS}/{DRAFTS}")):
        draft.unlink(missing_ok=True)


def must_be_writable(out: Path) -> None:
    """Found out before an hour of grading, not after; raises UserError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".grader-probe"
        probe.touch()
        probe.unlink(missing_ok=True)  # another grader's, at the same moment, is the same file
    except OSError as error:
        raise UserError(
            f"The reports cannot be written to {out}: {error.strerror}. Give another folder with --out."
        ) from error
