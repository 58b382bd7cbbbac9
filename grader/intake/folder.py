"""Finds the submissions in a folder: one for each student, every file accounted for."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

from grader.errors import UnreadableSubmission, UserError, did_you_mean
from grader.intake.copies import Candidate
from grader.intake.layouts import CLUTTER, Handed, Recognised, holds_reports, is_zip, nameless, visible
from grader.intake.nearby import mentioned, nearby, size_of, within
from grader.intake.program import code, read_program
from grader.intake.roles import helpers, needed_by, roles
from grader.records import UNKNOWN, FileKind, SourceFile, Submission

KINDS: Mapping[str, FileKind] = {".ipynb": FileKind.NOTEBOOK, ".py": FileKind.MODULE}
MATTERS = frozenset({FileKind.NOTEBOOK, FileKind.MODULE, FileKind.HELPER, FileKind.DATA})
"""What a run depends on."""
LARGEST_DATA = 64 << 20
MOST_FILES = 500
MOST_DATA = 256 << 20
"""Bytes of data together that are taken beside one's own file."""
TOO_MUCH = f"beyond {MOST_FILES} files or {MOST_DATA >> 20} MiB beside the program"


@dataclass(frozen=True, slots=True)
class StudentClass:
    """The submissions of a class, in name order, and what else lay in the folder."""

    submissions: tuple[Submission, ...]
    passed_over: tuple[str, ...]
    """What belongs to no student, each with the reason."""
    recognised: str = ""
    """What the folder or zip was taken for."""


def find_class(folder: Path) -> StudentClass:
    """`FOLDER/<student>/<any>.ipynb|.py` and `FOLDER/<student>.ipynb|.py`.

    Raises:
        UserError: no such folder, or nothing in it that could be a submission.
    """
    found = plain(folder)
    return StudentClass(tuple(submission(h) for h in found.handed), tuple(found.passed_over), found.what)


def plain(folder: Path) -> Recognised:
    """A folder or a file for each student, under whatever names.

    Raises:
        UserError: no such folder, or nothing in it that could be a submission.
    """
    try:
        if not folder.is_dir():
            raise UserError(f"Expected a folder with one submission for each student, found no folder {folder}.")
        entries = sorted(folder.iterdir(), key=lambda p: p.name)
        students = [e for e in visible(folder) if not e.is_symlink()]
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}. Change its permissions.") from error
    own = [e for e in students if e.is_dir()]
    files = [e for e in students if e.is_file() and (e.suffix.lower() in KINDS or is_zip(e))]
    taken = {f.name for f in own}
    handed = [nameless(f.name, f) for f in own]
    # `ada.ipynb` and `ada.py` are one student's; beside a folder `ada` they keep a name of their own.
    for stem, same in groupby(sorted(files, key=lambda f: (f.stem, f.name)), key=lambda f: f.stem):
        listed = list(same)
        student = listed[0].name if stem in taken else stem
        handed.append(Handed(student, UNKNOWN, {f.name: f for f in listed}, folder))
    if not handed:
        raise UserError(
            f"Found no submissions in {folder}. Expected {folder}/<student>/<any>.ipynb (or .py), "
            f"{folder}/<student>.ipynb (or .py), or a download of Moodle, Canvas, nbgrader, Gradescope or "
            "GitHub Classroom, as a folder or as a zip."
        )
    rest = [e for e in entries if e not in own and e not in files]
    what = "a folder for each student" if own else "a file for each student"
    return Recognised(what, sorted(handed, key=lambda h: h.student), [f"{e.name}: {_passed_over(e)}" for e in rest])


def _passed_over(entry: Path) -> str:
    if entry.is_symlink():
        return "a link; hand in the file or folder itself"
    if entry.name in CLUTTER or entry.name.startswith("."):
        return "hidden or left by another program"
    if holds_reports(entry):
        return "reports of a grader"
    return "not a notebook or module"


def submission(handed: Handed) -> Submission:
    """What a student handed in, every file accounted for; it must lie below a folder under its own names."""
    if handed.root is None:
        raise ValueError(f"{handed.student} has no folder")
    found = _submission(handed.student, handed.root, handed.files.values())
    files = tuple(sorted((*found.files, *handed.others), key=lambda f: f.name))
    return replace(found, files=files, identity=handed.identity)


def single_file(path: Path) -> Submission:
    """One's own file with what a grading finds beside it, were its folder handed in: helpers, packages and data.

    Other programs in the folder are left out. Of a folder too large to be meant, the data that the code names is taken.

    Raises:
        UserError: there is no such file, or it is neither a notebook nor a module.
    """
    _must_be_a_program(path)
    root = path.parent
    around = nearby(root)
    programs = {_name(root, p): p for p in (path, *around.paths) if p == path or _may_run(p)}
    codes = cache(lambda name: _code(programs[name]))
    needed = sorted(needed_by(path.name, codes, programs) - {path.name})
    files = [SourceFile(path.name, KINDS[path.suffix.lower()], "the file to check"), *helpers(needed, path.name, codes)]
    data = {_name(root, p): p for p in around.paths if p.suffix.lower() not in KINDS and size_of(p) <= LARGEST_DATA}
    taken, rest = within(data.values(), MOST_FILES - len(files), MOST_DATA)
    if around.cut or rest:
        named = mentioned(data, "\n".join(codes(f.name) for f in files))
        taken, rest = within(named.values(), MOST_FILES - len(files), MOST_DATA)
    files += _sorted_out(root, taken)
    files += [SourceFile(_name(root, p), FileKind.IGNORED, TOO_MUCH) for p in rest]
    ordered = tuple(sorted(files, key=lambda f: f.name))
    return Submission(path.stem, root, ordered, _digest(root, ordered))


def _must_be_a_program(path: Path) -> None:
    if path.is_dir():
        inside = [p for p in sorted(path.iterdir()) if p.suffix.lower() in KINDS]
        one = f"  One file in it: grader check {shlex.quote(str(inside[0]))}\n" if inside else ""
        raise UserError(
            f"Expected a notebook (.ipynb) or module (.py), found the folder {path}.\n{one}"
            f"  A class, with a folder or file for each student: grader grade {shlex.quote(str(path))}"
        )
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*") if p.suffix.lower() in KINDS]
        meant = did_you_mean(path.name, beside)
        raise UserError(f"Expected a notebook (.ipynb) or module (.py), found no file {path}{meant}.")
    if path.suffix.lower() == ".zip":
        raise UserError(
            f"Expected a notebook (.ipynb) or module (.py), found {path}. Unpack it and check the notebook in it; "
            f"a zip of a class: grader grade {shlex.quote(str(path))}"
        )
    if path.suffix.lower() not in KINDS:
        raise UserError(f"Expected a notebook (.ipynb) or module (.py), found {path}.")


def _code(path: Path) -> str:
    try:
        return code(read_program(path, path.name, KINDS[path.suffix.lower()]))
    except UnreadableSubmission:
        return ""


def _submission(student: str, root: Path, paths: Iterable[Path]) -> Submission:
    # Programs first: a folder of a thousand plots hides none.
    listed = sorted(paths, key=lambda p: not _may_run(p))
    files = [SourceFile(_name(root, p), FileKind.IGNORED, f"more than {MOST_FILES} files") for p in listed[MOST_FILES:]]
    files += _sorted_out(root, listed[:MOST_FILES])
    ordered = tuple(sorted(files, key=lambda f: f.name))
    return Submission(student, root, ordered, _digest(root, ordered))


def _sorted_out(root: Path, paths: Iterable[Path]) -> Iterator[SourceFile]:
    """What each file is; a program and what belongs to it, or data."""
    listed = list(paths)
    ours = [p.parent for p in listed if p.name == "evidence.json" and p.with_name("grade.json") in listed]
    left = [p for p in listed if not any(p.is_relative_to(report) for report in ours)]
    yield from (SourceFile(_name(root, p), FileKind.IGNORED, "a report of the grader") for p in listed if p not in left)
    programs = [p for p in left if _may_run(p)]
    yield from (_other(root, p) for p in left if p not in programs)
    yield from roles([Candidate(_name(root, p), KINDS[p.suffix.lower()], _code(p), _changed(p)) for p in programs])


def _may_run(path: Path) -> bool:
    return path.suffix.lower() in KINDS and path.is_file() and not path.is_symlink()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _other(root: Path, path: Path) -> SourceFile:
    name = _name(root, path)
    if path.is_symlink() or not path.is_file():
        return SourceFile(name, FileKind.IGNORED, "a link or special file; hand in the file itself")
    try:
        with path.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
    except OSError as error:
        return SourceFile(name, FileKind.IGNORED, f"cannot be opened: {error.strerror}")
    if size > LARGEST_DATA:
        return SourceFile(name, FileKind.IGNORED, f"larger than {LARGEST_DATA >> 20} MiB")
    return SourceFile(name, FileKind.DATA, "put beside the programs")


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _digest(root: Path, files: Iterable[SourceFile]) -> str:
    """sha256 over what a run depends on: names, kinds and contents."""
    digest = hashlib.sha256()
    for file in files:
        if file.kind not in MATTERS:
            continue
        digest.update(f"{file.name!r} {file.kind} {_content_digest(root / file.name)}\n".encode())
    return digest.hexdigest()


def _content_digest(path: Path) -> str:
    """Empty for a file that cannot be read: its student is told so when it is to be run."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""
