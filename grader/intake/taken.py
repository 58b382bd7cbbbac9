"""What each file of a submission is taken for: a program, under whatever name, data, or nothing, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from grader.checks.handed_in import NAMES
from grader.intake.formats import Seen, look, program_kind, rightly_named, says_program
from grader.records import FileKind, Format, SourceFile

LARGEST_DATA = 64 << 20
APPLE_DOUBLE = "._"
"""How the names of files begin in which macOS keeps what other file systems have no place for."""
RUN_AS = {
    FileKind.NOTEBOOK: "run as a notebook, which it is by its content, whatever its name says",
    FileKind.MODULE: "run as a Python script, which it is by its content, whatever its name says",
}
PROPER = {
    FileKind.NOTEBOOK: {Format.NOTEBOOK, Format.TEXT, Format.OTHER},
    FileKind.MODULE: {Format.PYTHON, Format.TEXT, Format.OTHER, Format.LINK, Format.EMPTY},
}
"""What the content of a rightly named program may look like before it is read."""


def seen(path: Path) -> Seen | None:
    """What a file is; None for what is no file, is none of the student's or may not be read."""
    if path.is_symlink() or path.name.startswith(APPLE_DOUBLE):
        return None
    try:
        return look(path) if path.is_file() else None
    except OSError:
        return None


def programs(formats: Mapping[str, Format]) -> Mapping[str, FileKind]:
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


def with_word(file: SourceFile, format_: Format) -> SourceFile:
    """A program with what it is in truth, where its name says something else."""
    if file.kind not in RUN_AS:
        return file
    if not rightly_named(file.name, file.kind):
        return replace(file, note=RUN_AS[file.kind], format=format_)
    return file if format_ in PROPER[file.kind] else replace(file, note=NAMES[format_], format=format_)


def other(name: str, path: Path, found: Seen | None, *, alone: bool) -> SourceFile:
    """A file that is no program; `alone` where there is no program beside it."""
    if left_out := not_taken(name, path):
        return left_out
    if path.name.startswith(APPLE_DOUBLE):
        return SourceFile(name, FileKind.IGNORED, "left by macOS beside a file of that name")
    if path.stat().st_size > LARGEST_DATA:
        return SourceFile(name, FileKind.IGNORED, f"larger than {LARGEST_DATA >> 20} MiB")
    if not (alone and found):
        return SourceFile(name, FileKind.DATA, "put beside the programs", found.format if found else None)
    link = f": {found.link}" if found.link else ""
    return SourceFile(name, FileKind.DATA, f"{NAMES[found.format]}{link}", found.format)


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
