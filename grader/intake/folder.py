"""Finds the submissions in a folder: one for each student, every file accounted for."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePath

from grader.errors import UnreadableSubmission, UserError
from grader.intake.copies import Candidate, older_copies
from grader.intake.layouts import CLUTTER, Handed, Recognised, holds_reports, is_zip, nameless, visible
from grader.intake.program import code, read_program
from grader.records import UNKNOWN, FileKind, Program, SourceFile, Submission

KINDS: Mapping[str, FileKind] = {".ipynb": FileKind.NOTEBOOK, ".py": FileKind.MODULE}
MATTERS = frozenset({FileKind.NOTEBOOK, FileKind.MODULE, FileKind.HELPER, FileKind.DATA})
"""What a run depends on."""
LARGEST_DATA = 64 << 20
MOST_FILES = 500
PACKAGE = "__init__.py"
IMPORT = re.compile(
    r"""(?:^|;)[ \t]*(?:
        from[ \t]+\.*(?P<start>[\w.]*)[ \t]+import[ \t]+(?:\((?P<listed>[^)]{0,5000})|(?P<parts>[\w, \t*]+))
        |import[ \t]+(?P<plain>[\w., \t]+)
        |%run[ \t]+(?:-\S+[ \t]+)*(?:"(?P<quoted>[^"\n]+)"|'(?P<quoted_too>[^'\n]+)'|(?P<run>[^\s"']+))
    )""",
    re.MULTILINE | re.VERBOSE,
)
COMMENT = re.compile(r"#.*")


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
    """One's own file, with the modules beside it that it imports.

    Raises:
        UserError: there is no such file, or it is neither a notebook nor a module.
    """
    if not path.is_file() or path.suffix.lower() not in KINDS:
        raise UserError(
            f"Expected a notebook (.ipynb) or module (.py), found {'no file ' * (not path.is_file())}{path}."
        )
    beside = [p for p in sorted(path.parent.glob("*.py")) if p != path and not p.is_symlink()]
    whole = _submission(path.stem, path.parent, [path, *beside])
    wanted = {path.name, *(_needed(path, beside))}
    files = tuple(
        SourceFile(f.name, KINDS[path.suffix.lower()], "the file to check") if f.name == path.name else f
        for f in whole.files
        if f.name in wanted
    )
    return Submission(path.stem, path.parent, files, _digest(path.parent, files))


def _needed(path: Path, beside: Iterable[Path]) -> set[str]:
    """The modules that a program imports, and those that they import."""
    modules = {p.stem: p for p in beside}
    wanted: set[str] = set()
    queue = [path]
    while queue:
        for name in sorted((_imports(_code(queue.pop())) & modules.keys()) - {Path(w).stem for w in wanted}):
            wanted.add(modules[name].name)
            queue.append(modules[name])
    return wanted


def _code(path: Path) -> str:
    try:
        return code(read_program(path, path.name, KINDS[path.suffix.lower()]))
    except UnreadableSubmission:
        return ""


def _submission(student: str, root: Path, paths: Iterable[Path]) -> Submission:
    listed = list(paths)
    kept = listed[:MOST_FILES]
    programs = {
        p: Program(_name(root, p), KINDS[p.suffix.lower()], (_code(p),), (), (), {})
        for p in kept
        if p.suffix.lower() in KINDS and p.is_file() and not p.is_symlink()
    }
    files = [SourceFile(_name(root, p), FileKind.IGNORED, f"more than {MOST_FILES} files") for p in listed[MOST_FILES:]]
    files += [_other(root, p) for p in kept if p not in programs]
    files += _sorted_out(programs)
    ordered = tuple(sorted(files, key=lambda f: f.name))
    return Submission(student, root, ordered, _digest(root, ordered))


def _sorted_out(programs: Mapping[Path, Program]) -> Iterator[SourceFile]:
    """Which programs are run, which are helpers, which are older copies."""
    helpers = _helpers(list(programs.values()))
    candidates = [
        Candidate(p.name, p.kind, code(p), _changed(path)) for path, p in programs.items() if p.name not in helpers
    ]
    copies = older_copies(candidates)
    for program in programs.values():
        if program.name in helpers:
            yield SourceFile(program.name, FileKind.HELPER, helpers[program.name])
        elif program.name in copies:
            yield SourceFile(program.name, FileKind.DUPLICATE, f"an older copy of {copies[program.name]}")
        else:
            yield SourceFile(program.name, program.kind)


def _helpers(programs: list[Program]) -> dict[str, str]:
    """Files that another one imports or runs; where all import one another, none of them is a helper."""
    found: dict[str, str] = {}
    needed = {p.name: _imports(code(p)) for p in programs}
    for module in programs:
        names = _module_names(module)
        importer = next((p.name for p in programs if p is not module and names & needed[p.name]), None)
        if importer:
            found[module.name] = f"imported by {importer}"
        elif PurePath(module.name).name == PACKAGE:
            found[module.name] = "makes a package of its folder"
    return found if len(found) < len(programs) else {}


def _module_names(program: Program) -> set[str]:
    """How a file may be imported: by its path from the submission, or by its name alone from beside it."""
    path = PurePath(program.name)
    if program.kind is FileKind.NOTEBOOK:
        return {path.name}
    parts = path.parent.parts if path.name == PACKAGE else path.with_suffix("").parts
    return {".".join(parts), *parts[-1:]}


def _imports(source: str) -> set[str]:
    """The modules that code imports and the notebooks that it runs; by pattern, since cells need not parse."""
    names: set[str] = set()
    for found in IMPORT.finditer(source):
        start, plain = found["start"] or "", found["plain"] or ""
        parts = COMMENT.sub("", found["listed"] or found["parts"] or "")
        modules = [words[0] for part in plain.split(",") if (words := part.split())]
        modules += [start, *(f"{start}.{words[0]}".lstrip(".") for part in parts.split(",") if (words := part.split()))]
        # `import a.b` imports `a` as well.
        names.update(".".join(m.split(".")[:n]) for m in modules for n in range(1, m.count(".") + 2))
        run = PurePath(found["quoted"] or found["quoted_too"] or found["run"] or "")
        names.add(run.name if run.suffix == ".ipynb" else run.stem)
    return names - {""}


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
