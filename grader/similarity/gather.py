"""Code of a class from its folder of reports, and of earlier years from wherever it lies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from grader.errors import UnreadableSubmission, UserError
from grader.errors.failures import is_everybodys
from grader.intake.folder import find_class
from grader.intake.program import read_program
from grader.records import Ending, FileKind, Submission
from grader.similarity.ground import Work
from grader.workspace.evidence_file import files_of
from grader.workspace.layout import EVIDENCE, INSTRUCTOR
from grader.workspace.members import stored, student_folders

NEVER_RAN = {Ending.UNREADABLE, Ending.NOTHING_TO_RUN}
CODE = {FileKind.NOTEBOOK, FileKind.MODULE, FileKind.HELPER}


def works_of_reports(reports: Path) -> list[Work]:
    """The code of every student of a graded class, from the notebooks as they were run and the modules beside them.

    Raises:
        UserError: no such folder, or no evidence in it.
    """
    folders = _graded(reports)
    if not folders:
        raise UserError(
            f"Expected a folder of reports with {reports}/<student>/{EVIDENCE}, found none. "
            "Grade the class first: grader grade FOLDER."
        )
    return [_or_nothing(s, partial(_of_report, s, folder)) for s, folder in folders.items()]


def former_works(folder: Path) -> list[Work]:
    """The code of an earlier year: a folder of reports or of submissions; students are named with the folder.

    Raises:
        UserError: no such folder, or nothing in it that could be a submission.
    """
    if graded := _graded(folder):
        found = [_or_nothing(s, partial(_of_report, s, place)) for s, place in graded.items()]
    else:
        submissions = find_class(folder).submissions
        found = [_or_nothing(s.student, partial(_of_submission, s)) for s in submissions]
    name = folder.resolve().name
    return [Work(f"{name}/{w.student}", w.programs, w.cells, w.own_modules, former=True) for w in found]


def _graded(folder: Path) -> dict[str, Path]:
    return student_folders(folder, EVIDENCE) if folder.is_dir() else {}


def _or_nothing(student: str, work_of: Callable[[], Work]) -> Work:
    """The code of one student; where the grader fails at it there is none to compare, and the others are compared."""
    try:
        work = work_of()
        # What comes of the code is looked at here, where it is known whose it is.
        _ = work.grams
    except Exception as error:
        if is_everybodys(error):
            raise
        return Work(student, (), ())
    return work


def _of_report(student: str, folder: Path) -> Work:
    evidence = stored(folder / EVIDENCE)
    ran = [e for e in _entries(evidence, "executions") if e.get("ending") not in NEVER_RAN]
    helpers = [f for f in _entries(evidence.get("submission", {}), "files") if f.get("kind") == FileKind.HELPER]
    executed, modules = files_of(folder, _texts(ran, "program"), _texts(helpers, "name"))
    code = {name: (path, FileKind.NOTEBOOK) for name, path in executed.items()}
    for name, path in modules.items():
        code[name] = (path, FileKind.NOTEBOOK if name.endswith(".ipynb") else FileKind.MODULE)
    link = "./" + quote(f"{folder.name}/{INSTRUCTOR}".encode("utf-8", "surrogateescape"))
    return _work(student, {n: p for n, p in code.items() if p[0].resolve().is_relative_to(folder.resolve())}, link)


def _of_submission(submission: Submission) -> Work:
    files = [f for f in submission.files if f.kind in CODE]
    kinds = {f: FileKind.NOTEBOOK if f.name.lower().endswith(".ipynb") else FileKind.MODULE for f in files}
    return _work(submission.student, {f.name: (submission.root / f.name, kinds[f]) for f in files}, "")


def _work(student: str, code: Mapping[str, tuple[Path, FileKind]], report: str) -> Work:
    read = dict(_read(code))
    return Work(student, tuple(read), tuple(read.values()), _modules(read), report=report)


def _read(code: Mapping[str, tuple[Path, FileKind]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, (path, kind) in code.items():
        try:
            yield name, read_program(path, name, kind).cells
        except UnreadableSubmission:
            # Its student's report says so; there is nothing to compare.
            continue


def _modules(names: Collection[str]) -> frozenset[str]:
    """By what names the student's own files can be imported."""
    return frozenset(part for name in names for part in PurePath(name).with_suffix("").parts)


def _texts(entries: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    return [text for entry in entries if isinstance(text := entry.get(name), str)]


def _entries(holder: object, name: str) -> Iterable[Mapping[str, Any]]:
    listed = holder.get(name) if isinstance(holder, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
