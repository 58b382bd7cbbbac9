"""Finds the submissions in a folder: one for each student, every file accounted for."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from grader.checks.handed_in import ADVICE, NAMES
from grader.errors import UnreadableSubmission, UserError, did_you_mean
from grader.errors.failures import fault_in_reading
from grader.intake.copies import Candidate
from grader.intake.formats import PROGRAMS, look, program_kind, rightly_named
from grader.intake.layouts import CLUTTER, Handed, Recognised, holds_reports, nameless, visible
from grader.intake.loose import Work, looks_like_a_document, work
from grader.intake.misfits import by_student
from grader.intake.nearby import mentioned, nearby, size_of, within
from grader.intake.program import code, read_program
from grader.intake.roles import helpers, needed_by, roles
from grader.intake.taken import LARGEST_DATA, RUN_AS, other, programs, seen, with_word
from grader.records import FileKind, SourceFile, Submission

KINDS: Mapping[str, FileKind] = PROGRAMS
MATTERS = frozenset({FileKind.NOTEBOOK, FileKind.MODULE, FileKind.HELPER, FileKind.DATA})
"""What a run depends on."""
MOST_FILES = 500
MOST_NAMED = 5
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

    A document among them (`ada.pdf`) is what its student handed in, unless its name is that of course material.

    Raises:
        UserError: no such folder, or nothing in it that could be a submission.
    """
    try:
        if not folder.is_dir():
            raise UserError(f"Expected a folder with one submission for each student, found no folder {folder}.")
        entries = sorted(folder.iterdir(), key=lambda p: p.name)
        students = [e for e in visible(folder) if not e.is_symlink()]
        own = [e for e in students if e.is_dir()]
        loose = {e: work(e) for e in students if e.is_file()}
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}. Change its permissions.") from error
    files = [e for e, kind in loose.items() if kind]
    _insist_on_submissions(folder, own, [e for e, kind in loose.items() if kind is not Work.PROGRAM], loose)
    taken = {f.name for f in own}
    handed = [nameless(f.name, f) for f in own]
    handed += by_student(files, taken)
    rest = [e for e in entries if e not in own and e not in files]
    what = "a folder for each student" if own else "a file for each student"
    return Recognised(what, sorted(handed, key=lambda h: h.student), [f"{e.name}: {_passed_over(e)}" for e in rest])


def _insist_on_submissions(folder: Path, own: Sequence[Path], no_programs: Sequence[Path], loose: Sized) -> None:
    """Folders are students' whatever is in them; of loose files one at least must be a program."""
    if own or len(no_programs) < len(loose):
        return
    shown = ", ".join(e.name for e in no_programs[:MOST_NAMED]) + ", …" * (len(no_programs) > MOST_NAMED)
    only = f" but {shown}, none of which is a notebook or a Python script" if no_programs else ""
    raise UserError(
        f"Found no submissions in {folder}{only}. Expected {folder}/<student>/<any>.ipynb (or .py), "
        f"{folder}/<student>.ipynb (or .py), or a download of Moodle, Canvas, nbgrader, Gradescope or "
        "GitHub Classroom, as a folder or as a zip."
    )


def _passed_over(entry: Path) -> str:
    if entry.is_symlink():
        return "a link; hand in the file or folder itself"
    if entry.name in CLUTTER or entry.name.startswith("."):
        return "hidden or left by another program"
    if holds_reports(entry):
        return "reports of a grader"
    if looks_like_a_document(entry):
        return "taken for course material; if a student handed it in, put it into a folder of the student's name"
    return "not a notebook or module"


def submission(handed: Handed) -> Submission:
    """What a student handed in, every file accounted for; it must lie below a folder under its own names.

    Where the grader fails at it, what is known of the student, with what failed.
    """
    fault = handed.fault
    if not fault:
        try:
            return _of(handed)
        except Exception as error:  # noqa: BLE001 (what is everybody's is raised)
            fault = fault_in_reading(error, "reading the files")
    root = handed.root or Path()
    return Submission(handed.student, root, (), _digest(root, ()), handed.identity, handed.doubts, fault)


def _of(handed: Handed) -> Submission:
    if handed.root is None:
        raise ValueError(f"{handed.student} has no folder")
    found = _submission(handed.student, handed.root, handed.files.values())
    files = tuple(sorted((*found.files, *handed.others), key=lambda f: f.name))
    return replace(found, files=files, identity=handed.identity, doubts=handed.doubts)


def single_file(path: Path) -> Submission:
    """One's own file with what a grading finds beside it, were its folder handed in: helpers, packages and data.

    Other programs in the folder are left out. Of a folder too large to be meant, the data that the code names is taken.

    Raises:
        UserError: there is no such file, or it is neither a notebook nor a module.
    """
    kind = _own_kind(path)
    root = path.parent
    around = nearby(root)
    beside = {_name(root, p): p for p in (path, *around.paths) if p == path or _may_run(p)}
    codes = cache(lambda name: _code(beside[name], kind if name == path.name else None))
    needed = sorted(needed_by(path.name, codes, beside) - {path.name})
    word = "the file to check" if rightly_named(path.name, kind) else RUN_AS[kind]
    files = [SourceFile(path.name, kind, word), *helpers(needed, path.name, codes)]
    data = {
        _name(root, p): p
        for p in around.paths
        if p != path and p.suffix.lower() not in KINDS and size_of(p) <= LARGEST_DATA
    }
    taken, rest = within(data.values(), MOST_FILES - len(files), MOST_DATA)
    if around.cut or rest:
        named = mentioned(data, "\n".join(codes(f.name) for f in files))
        taken, rest = within(named.values(), MOST_FILES - len(files), MOST_DATA)
    files += _sorted_out(root, taken, may_be_programs=False)
    files += [SourceFile(_name(root, p), FileKind.IGNORED, TOO_MUCH) for p in rest]
    ordered = tuple(sorted(files, key=lambda f: f.name))
    return Submission(path.stem, root, ordered, _digest(root, ordered))


def _own_kind(path: Path) -> FileKind:
    """What one's own file is run as, whatever it is called; UserError where it is no program."""
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
    try:
        found = look(path).format
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror}. Change its permissions.") from error
    kind = program_kind(path.name, found)
    if kind is None:
        what, advice = NAMES[found], ADVICE[found]
        raise UserError(f"Expected a notebook (.ipynb) or module (.py), found {what}: {path}. {advice}")
    return kind


def _code(path: Path, kind: FileKind | None = None) -> str:
    try:
        return code(read_program(path, path.name, kind or KINDS[path.suffix.lower()]))
    except UnreadableSubmission:
        return ""


def _submission(student: str, root: Path, paths: Iterable[Path]) -> Submission:
    # Programs first: a folder of a thousand plots hides none.
    listed = sorted(paths, key=lambda p: not _may_run(p))
    files = [SourceFile(_name(root, p), FileKind.IGNORED, f"more than {MOST_FILES} files") for p in listed[MOST_FILES:]]
    files += _sorted_out(root, listed[:MOST_FILES])
    ordered = tuple(sorted(files, key=lambda f: f.name))
    return Submission(student, root, ordered, _digest(root, ordered))


def _sorted_out(root: Path, paths: Iterable[Path], *, may_be_programs: bool = True) -> Iterator[SourceFile]:
    """What each file is; a program and what belongs to it, or data."""
    listed = list(paths)
    ours = [p.parent for p in listed if p.name == "evidence.json" and p.with_name("grade.json") in listed]
    left = [p for p in listed if not any(p.is_relative_to(report) for report in ours)]
    yield from (SourceFile(_name(root, p), FileKind.IGNORED, "a report of the grader") for p in listed if p not in left)
    found = {_name(root, p): s for p in left if (s := seen(p))}
    kinds = programs({name: s.format for name, s in found.items()}) if may_be_programs else {}
    by_name = {_name(root, p): p for p in left}
    alone = may_be_programs and not kinds
    yield from (other(name, p, found.get(name), alone=alone) for name, p in by_name.items() if name not in kinds)
    candidates = [Candidate(n, kind, _code(by_name[n], kind), _changed(by_name[n])) for n, kind in kinds.items()]
    yield from (with_word(file, found[file.name].format) for file in roles(candidates))


def _may_run(path: Path) -> bool:
    return path.suffix.lower() in KINDS and path.is_file() and not path.is_symlink()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


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
