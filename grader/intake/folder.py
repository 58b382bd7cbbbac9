"""Finds the submissions in a folder: one for each student, every file accounted for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path, PurePath

from grader.checks.handed_in import ADVICE, NAMES
from grader.errors import UnreadableSubmission, UserError
from grader.intake.copies import Candidate, older_copies
from grader.intake.formats import BY_NAME, PROGRAMS, Seen, look, program_kind, rightly_named, says_program
from grader.intake.layouts import CLUTTER, Handed, Recognised, holds_reports, is_zip, nameless, visible
from grader.intake.program import code, read_program
from grader.records import UNKNOWN, FileKind, Format, Program, SourceFile, Submission

KINDS: Mapping[str, FileKind] = PROGRAMS
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
DOCUMENTS = frozenset(
    {
        *(Format.PDF, Format.DOCUMENT, Format.SLIDES, Format.PICTURE, Format.VIDEO, Format.WEB_PAGE, Format.LINK),
        *(Format.ARCHIVE, Format.R, Format.BYTECODE),
    }
)
"""What students hand in where they were asked for a program; a table is more likely to be the class's list."""
MATERIAL = frozenset(
    {
        *("readme", "license", "licence", "note", "notes", "handout", "assignment", "assessment", "lab", "labs"),
        *("exercise", "exercises", "task", "tasks", "homework", "hw", "instruction", "instructions", "template"),
        *("solution", "solutions", "rubric", "syllabus", "roster", "grades", "gradebook", "marks", "worksheet"),
        *("sheet", "feedback", "lecture", "slides", "index", "aufgabe", "aufgaben", "uebung", "übung", "blatt"),
    }
)
"""Words in the names of what lies beside submissions and is nobody's."""
LETTERS = re.compile(r"[^\W\d_]+")
MOST_NAMED = 5
APPLE_DOUBLE = "._"
"""How the names of files begin in which macOS keeps what other file systems have no place for."""
RUN_AS = {
    FileKind.NOTEBOOK: "run as a notebook, which it is by its content, whatever its name says",
    FileKind.MODULE: "run as a Python script, which it is by its content, whatever its name says",
}
PROPER_FORMATS = {
    FileKind.NOTEBOOK: {Format.NOTEBOOK, Format.TEXT, Format.OTHER},
    FileKind.MODULE: {Format.PYTHON, Format.TEXT, Format.OTHER, Format.LINK, Format.EMPTY},
}
"""What the content of a rightly named program may look like before it is read."""


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
        loose = {e: _work(e) for e in students if e.is_file()}
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}. Change its permissions.") from error
    files = [e for e, work in loose.items() if work]
    _insist_on_submissions(folder, own, [e for e, work in loose.items() if work is not Work.PROGRAM], loose)
    taken = {f.name for f in own}
    handed = [nameless(f.name, f) for f in own]
    # `ada.ipynb` and `ada.py` are one student's; beside a folder `ada` they keep a name of their own.
    for stem, same in groupby(sorted(files, key=lambda f: (_student(f.name), f.name)), key=lambda f: _student(f.name)):
        listed = list(same)
        student = listed[0].name if stem in taken else stem
        handed.append(Handed(student, UNKNOWN, {f.name: f for f in listed}, folder))
    rest = [e for e in entries if e not in own and e not in files]
    what = "a folder for each student" if own else "a file for each student"
    return Recognised(what, sorted(handed, key=lambda h: h.student), [f"{e.name}: {_passed_over(e)}" for e in rest])


class Work(StrEnum):
    """What a file beside those of other students is likely to be."""

    PROGRAM = "program"
    DOCUMENT = "document"


def _work(file: Path) -> Work | None:
    """Whether a loose file is a student's work; None for lists, data and course material."""
    suffix = file.suffix.lower()
    if suffix in KINDS or is_zip(file):
        return Work.PROGRAM
    try:
        seen = look(file).format
    except OSError:
        seen = BY_NAME.get(suffix, Format.OTHER)
    if program_kind(file.name, seen) and (says_program(file.name) or seen is Format.NOTEBOOK):
        return Work.PROGRAM
    document = seen in DOCUMENTS or (seen is Format.EMPTY and BY_NAME.get(suffix) in DOCUMENTS)
    material = {word.casefold() for word in LETTERS.findall(file.stem)} & MATERIAL
    return Work.DOCUMENT if document and not material else None


def _student(name: str) -> str:
    """Whose a loose file is: its name without the endings of programs and what was put behind them."""
    path = PurePath(name)
    stem = path.stem
    while says_program(name) and PurePath(stem).suffix.lower() in KINDS:
        stem = PurePath(stem).stem
    return stem


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
    if BY_NAME.get(entry.suffix.lower()) in DOCUMENTS:
        return "taken for course material; if a student handed it in, put it into a folder of the student's name"
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
    kind = _own_kind(path)
    beside = [p for p in sorted(path.parent.glob("*.py")) if p != path and not p.is_symlink()]
    whole = _submission(path.stem, path.parent, [path, *beside])
    wanted = {path.name, *(_needed(path, beside))}
    files = tuple(
        replace(f, kind=kind, note=_own_note(f.name, kind)) if f.name == path.name else f
        for f in whole.files
        if f.name in wanted
    )
    return Submission(path.stem, path.parent, files, _digest(path.parent, files))


def _own_note(name: str, kind: FileKind) -> str:
    return "the file to check" if rightly_named(name, kind) else RUN_AS[kind]


def _own_kind(path: Path) -> FileKind:
    """What one's own file is run as, whatever it is called; UserError where it is no program."""
    expected = "Expected a notebook (.ipynb) or module (.py), found"
    if not path.is_file():
        raise UserError(f"{expected} no file {path}.")
    try:
        seen = look(path)
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror}. Change its permissions.") from error
    kind = program_kind(path.name, seen.format)
    if kind is None:
        raise UserError(f"{expected} {NAMES[seen.format]}: {path}. {ADVICE[seen.format]}")
    return kind


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
        return code(read_program(path, path.name, KINDS.get(path.suffix.lower(), FileKind.NOTEBOOK)))
    except UnreadableSubmission:
        return ""


def _submission(student: str, root: Path, paths: Iterable[Path]) -> Submission:
    listed = list(paths)
    kept = listed[:MOST_FILES]
    seen = {p: found for p in kept if (found := _seen(p))}
    kinds = _programs({_name(root, p): s.format for p, s in seen.items()})
    programs = {p: _read(root, p, kinds[name]) for p in seen if (name := _name(root, p)) in kinds}
    files = [SourceFile(_name(root, p), FileKind.IGNORED, f"more than {MOST_FILES} files") for p in listed[MOST_FILES:]]
    files += [_other(root, p, seen.get(p), alone=not programs) for p in kept if p not in programs]
    formats = {_name(root, p): s.format for p, s in seen.items()}
    files += [_with_format(f, formats[f.name]) for f in _sorted_out(programs)]
    ordered = tuple(sorted(files, key=lambda f: f.name))
    return Submission(student, root, ordered, _digest(root, ordered))


def _seen(path: Path) -> Seen | None:
    """What a file is; None for what is no file, is none of the student's or may not be read."""
    if path.is_symlink() or path.name.startswith(APPLE_DOUBLE):
        return None
    try:
        return look(path) if path.is_file() else None
    except OSError:
        return None


def _programs(formats: Mapping[str, Format]) -> Mapping[str, FileKind]:
    """Which files are programs, by name: also those under a wrong name that nothing rightly named speaks against.

    A notebook called `lab.json` is data where there is another notebook, and a text that holds Python where there is
    any program.
    """
    found = {name: kind for name, format_ in formats.items() if (kind := program_kind(name, format_))}
    sure = {name: kind for name, kind in found.items() if says_program(name)}
    if FileKind.NOTEBOOK in sure.values():
        return sure
    notebooks = {name: kind for name, kind in found.items() if kind is FileKind.NOTEBOOK}
    return {**sure, **notebooks} or found


def _read(root: Path, path: Path, kind: FileKind) -> Program:
    """A program with nothing but its code, for looking at imports and comparing copies; without, if unreadable."""
    name = _name(root, path)
    try:
        source = code(read_program(path, name, kind))
    except UnreadableSubmission:
        source = ""
    return Program(name, kind, (source,), (), (), {})


def _with_format(file: SourceFile, format_: Format) -> SourceFile:
    """A program with what it is in truth, where its name says something else."""
    if file.kind not in {FileKind.NOTEBOOK, FileKind.MODULE}:
        return file
    if rightly_named(file.name, file.kind):
        own = PROPER_FORMATS[file.kind]
        return file if format_ in own else replace(file, note=NAMES[format_], format=format_)
    return replace(file, note=RUN_AS[file.kind], format=format_)


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


def _other(root: Path, path: Path, seen: Seen | None, *, alone: bool) -> SourceFile:
    """A file that is no program; `alone` where there is no program beside it."""
    name = _name(root, path)
    if left_out := not_taken(name, path):
        return left_out
    if path.name.startswith(APPLE_DOUBLE):
        return SourceFile(name, FileKind.IGNORED, "left by macOS beside a file of that name")
    if path.stat().st_size > LARGEST_DATA:
        return SourceFile(name, FileKind.IGNORED, f"larger than {LARGEST_DATA >> 20} MiB")
    if not (alone and seen):
        return SourceFile(name, FileKind.DATA, "put beside the programs", seen.format if seen else None)
    link = f": {seen.link}" if seen.link else ""
    return SourceFile(name, FileKind.DATA, f"{NAMES[seen.format]}{link}", seen.format)


def not_taken(name: str, path: Path) -> SourceFile | None:
    """What is no file, or none that may be read here; None for all others."""
    link = SourceFile(name, FileKind.IGNORED, "a link or special file; hand in the file itself")
    try:
        if path.is_symlink():
            return link
        if path.is_dir():
            # It stands for itself where it is empty and called like a program.
            next(path.iterdir(), None)
            return SourceFile(name, FileKind.IGNORED, NAMES[Format.FOLDER], Format.FOLDER)
        if not path.is_file():
            return link
        with path.open("rb"):
            return None
    except OSError as error:
        return SourceFile(name, FileKind.NOT_OPENED, f"cannot be opened: {error.strerror}")


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
