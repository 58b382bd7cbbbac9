"""The folder of reports: what of a submission and of a class is written there, and how it is read again."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from grader.errors import UserError
from grader.languages import languages
from grader.overrides.apply import overridden
from grader.overrides.load import OVERRIDES, load, load_for
from grader.records import Evidence, FileKind, Grade, Override, Roster
from grader.reports.drawing import drawn_in
from grader.reports.files import DRAFTS, grade_json, gradebook_csv, write_bytes, write_text
from grader.reports.index import index_html
from grader.reports.neighbours import with_neighbours
from grader.reports.overview import Overview, Row, overview
from grader.reports.reference import drawn_from, reference_html
from grader.reports.slots import filled
from grader.reports.store import evidence_json, read_roster, roster_json
from grader.reports.student import pages
from grader.reports.twin import class_json
from grader.scoring import for_student
from grader.standard import Standard

REPORT, INSTRUCTOR = "report.html", "instructor.html"
EVIDENCE, GRADE = "evidence.json", "grade.json"
HELPERS = "helpers"
"""Folder of a student's modules that were imported and not run: code all the same."""
INDEX, TWIN, GRADEBOOK, REFERENCE = "index.html", "index.json", "gradebook.csv", "reference.html"
ROSTER = "roster.json"
SIMILAR, SIMILAR_TWIN = "similar.html", "similar.json"


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
    for old in folder.rglob("*.executed.ipynb"):
        old.unlink()
    for name, target in executed_paths(folder, notebooks).items():
        write_text(target, notebooks[name])
    shutil.rmtree(folder / HELPERS, ignore_errors=True)
    for file in evidence.submission.files:
        if file.kind is FileKind.HELPER:
            with suppress(OSError):
                write_bytes(folder / HELPERS / file.name, (evidence.submission.root / file.name).read_bytes())
    shutil.rmtree(folder / "weights", ignore_errors=True)
    for key, packed in weights.items():
        write_bytes(folder / "weights" / f"{key}.npz", packed)
    write_evidence(folder, evidence)


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Writes the evidence alone, where the rest is there already."""
    write_text(folder / EVIDENCE, evidence_json(evidence))


def executed_paths(folder: Path, programs: Iterable[str]) -> dict[str, Path]:
    """Where the executed notebook of each program of a submission is kept, in the order of the programs."""
    paths: dict[str, Path] = {}
    for name in programs:
        stem = Path(name).with_suffix("").as_posix()
        path = folder / f"{stem}.executed.ipynb"
        # `lab.py` beside `lab.ipynb`
        paths[name] = folder / f"{name}.executed.ipynb" if path in paths.values() else path
    return paths


def overrides_for(out: Path, students: Iterable[str], standard: Standard) -> tuple[Override, ...]:
    """The manual marks and comments beside the reports, for these students and all who have evidence there.

    Raises:
        WrittenError: with all problems of the file.
    """
    known = {*students, *(path.parent.name for path in out.glob(f"*/{EVIDENCE}"))}
    return load_for(out / OVERRIDES, known, {c.id: c.marks for c in standard.rubric.criteria})


def student_folders(out: Path, file: str) -> tuple[Path, ...]:
    """The folders of the class's students that hold this file, by name.

    Whoever was renamed since leaves a folder behind: one that the class page does not list and that is older than the
    page. What is newer was graded by a run that never came to write the page.
    """
    listed = {entry.get("student") for entry in stored(out / TWIN).get("students", ()) if isinstance(entry, dict)}
    found = sorted(path.parent for path in out.glob(f"*/{file}"))
    written = _changed(out / TWIN)
    return tuple(
        f for f in found if not listed or f.name in listed or max(_changed(f / EVIDENCE), _changed(f / GRADE)) > written
    )


def strangers(out: Path) -> dict[str, int]:
    """The names of folders that hold evidence of nobody in the class, and how many marks by hand are for each."""
    known = {folder.name for folder in student_folders(out, EVIDENCE)}
    others = sorted({path.parent.name for path in out.glob(f"*/{EVIDENCE}")} - known)
    overrides = load(out / OVERRIDES) if others else ()
    return {name: sum(o.student == name for o in overrides) for name in others}


def language_of(out: Path) -> str | None:
    """The language in which the reports were written; None where that cannot be told."""
    language = stored(out / TWIN).get("language")
    return language if language in languages() else None


def _changed(path: Path) -> float:
    """When the file was last written, in seconds; 0 where it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


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
    write_text(out / TWIN, json.dumps(class_json(seen, standard.language), indent=1, ensure_ascii=False) + "\n")
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
    try:
        content = json.loads(_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def write_roster(out: Path, roster: Roster | None) -> None:
    """Writes who handed in and who did not; without a roster, what an earlier grading wrote is taken away."""
    if roster is None:
        (out / ROSTER).unlink(missing_ok=True)
    else:
        write_text(out / ROSTER, roster_json(roster))


def clear_drafts(out: Path) -> None:
    """Takes away what a grader that was killed had begun to write."""
    for draft in (*out.glob(DRAFTS), *out.glob(f"*/{DRAFTS}"), *out.glob(f"*/weights/{DRAFTS}")):
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


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Two graders must not write to one folder at once; the second is told so."""
    with (out / ".grader.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"Another grader is writing to {out}. Wait for it, or choose another --out.") from error
        yield
