"""Finds the submissions in a folder: one for each student, every file accounted for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from grader.errors import UnreadableSubmission, UserError
from grader.intake.copies import Candidate, older_copies
from grader.intake.program import code, read_program
from grader.records import FileKind, Program, SourceFile, Submission

KINDS: Mapping[str, FileKind] = {".ipynb": FileKind.NOTEBOOK, ".py": FileKind.MODULE}
CLUTTER = frozenset({"__pycache__", "__MACOSX", ".ipynb_checkpoints", ".git", ".DS_Store", "Thumbs.db", "desktop.ini"})
LARGEST_DATA = 64 << 20
MOST_FILES = 500
IMPORT = re.compile(
    r"^\s*(?:from\s+\.*([\w.]*)\s+import\s+([\w, \t*]+)|import\s+([\w., \t]+)|%run\s+(?:-\S+\s+)*([\w./-]+))",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class StudentClass:
    """The submissions of a class, in name order, and what else lay in the folder."""

    submissions: tuple[Submission, ...]
    passed_over: tuple[str, ...]
    """Files that belong to no student, each with the reason."""


def find_class(folder: Path) -> StudentClass:
    """`FOLDER/<student>/<any>.ipynb|.py` and `FOLDER/<student>.ipynb|.py`.

    Raises:
        UserError: no such folder, or nothing in it that could be a submission.
    """
    if not folder.is_dir():
        raise UserError(f"Expected a folder with one submission for each student, found no folder {folder}.")
    entries = sorted(folder.iterdir(), key=lambda p: p.name)
    students = [e for e in entries if not e.is_symlink() and e.name not in CLUTTER and not e.name.startswith(".")]
    folders = [e for e in students if e.is_dir()]
    files = [e for e in students if e.is_file() and e.suffix.lower() in KINDS]
    taken = {f.name for f in folders}
    submissions = [_submission(f.name, f, _walk(f)) for f in folders]
    submissions += [_submission(f.name if f.stem in taken else f.stem, folder, [f]) for f in files]
    if not submissions:
        raise UserError(
            f"Found no submissions in {folder}. Expected {folder}/<student>/<any>.ipynb (or .py), "
            f"or {folder}/<student>.ipynb (or .py)."
        )
    rest = [e for e in entries if e not in folders and e not in files]
    return StudentClass(
        tuple(sorted(submissions, key=lambda s: s.student)), tuple(f"{e.name}: not a notebook or module" for e in rest)
    )


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


def _walk(folder: Path) -> Iterator[Path]:
    """Everything in a folder but clutter, in name order; links are yielded and never followed."""
    for entry in sorted(folder.iterdir(), key=lambda p: p.name):
        if entry.name in CLUTTER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        else:
            yield entry


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
        Candidate(p.name, p.kind, code(p), path.stat().st_mtime)
        for path, p in programs.items()
        if p.name not in helpers
    ]
    copies = older_copies(candidates)
    for program in programs.values():
        if program.name in helpers:
            yield SourceFile(program.name, FileKind.HELPER, f"imported by {helpers[program.name]}")
        elif program.name in copies:
            yield SourceFile(program.name, FileKind.DUPLICATE, f"an older copy of {copies[program.name]}")
        else:
            yield SourceFile(program.name, program.kind)


def _helpers(programs: list[Program]) -> dict[str, str]:
    """Modules that another file imports; where all import one another, none of them is a helper."""
    found: dict[str, str] = {}
    for module in programs:
        if module.kind is not FileKind.MODULE:
            continue
        names = _module_names(module.name)
        importer = next((p for p in programs if p is not module and names & _imports(code(p))), None)
        if importer:
            found[module.name] = importer.name
    return found if len(found) < len(programs) else {}


def _module_names(name: str) -> set[str]:
    """How a file may be imported: by its path from the submission, or by its name alone from beside it."""
    parts = PurePath(name).with_suffix("").parts
    return {".".join(parts), parts[-1]}


def _imports(source: str) -> set[str]:
    """The names of modules that code imports or runs; by pattern, since cells need not parse."""
    names: set[str] = set()
    for start, parts, plain, run in IMPORT.findall(source):
        if run:
            names.add(PurePath(run).stem)
        names.update(words[0] for part in plain.split(",") if (words := part.split()))
        if start:
            names.add(start)
        names.update(f"{start}.{words[0]}".lstrip(".") for part in parts.split(",") if (words := part.split()))
    return names


def _other(root: Path, path: Path) -> SourceFile:
    name = _name(root, path)
    if path.is_symlink() or not path.is_file():
        return SourceFile(name, FileKind.IGNORED, "a link or special file; hand in the file itself")
    if path.stat().st_size > LARGEST_DATA:
        return SourceFile(name, FileKind.IGNORED, f"larger than {LARGEST_DATA >> 20} MiB")
    return SourceFile(name, FileKind.DATA, "put beside the programs")


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _digest(root: Path, files: Iterable[SourceFile]) -> str:
    """sha256 over what a run depends on: names, kinds and contents."""
    digest = hashlib.sha256()
    for file in files:
        if file.kind in {FileKind.IGNORED, FileKind.DUPLICATE}:
            continue
        content = hashlib.sha256((root / file.name).read_bytes()).hexdigest()
        digest.update(f"{file.name!r} {file.kind} {content}\n".encode())
    return digest.hexdigest()
