"""What was handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from grader.records.identities import UNKNOWN, Identity


class FileKind(StrEnum):
    """What intake took a file for."""

    NOTEBOOK = "notebook"
    MODULE = "module"
    HELPER = "helper"
    """A module that another file imports: put beside it, not run by itself."""
    DATA = "data"
    """Anything else that a program may open: put beside it."""
    DUPLICATE = "duplicate"
    """An older copy of a program that counts: not run."""
    IGNORED = "ignored"
    ENTRY = "entry"
    """A text or link typed into the LMS: not run, for a person to read."""
    REFUSED = "refused"
    """An entry of a zip that was not unpacked, since it is damaged, encrypted or dangerous."""
    NOT_OPENED = "not opened"
    """The machine of whoever grades may not read it: nobody's fault but its own."""


class Format(StrEnum):
    """What a file is by its content, where that is no program in its own form."""

    EMPTY = "empty"
    PDF = "pdf"
    DOCUMENT = "document"
    """Of a word processor."""
    SPREADSHEET = "spreadsheet"
    SLIDES = "slides"
    PICTURE = "picture"
    VIDEO = "video"
    WEB_PAGE = "web page"
    LINK = "link"
    ARCHIVE = "archive"
    """Packed in a way that is not unpacked here."""
    ZIP = "zip"
    """One that could not be unpacked, or whatever else packs its files as zips do."""
    BYTECODE = "bytecode"
    R = "r"
    MODEL = "model"
    """Saved weights or a saved network."""
    NOTEBOOK = "notebook"
    PYTHON = "python"
    TEXT = "text"
    FOLDER = "folder"
    """A folder under a program's name."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a submission; `name` is relative to the submission, `note` says why it was taken so."""

    name: str
    kind: FileKind
    note: str = ""
    format: Format | None = None
    """What it is by its content; None where that makes no difference."""
    unsure: bool = False
    """A person should see whether it was taken rightly."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything one student handed in; `root` is the folder that the file names are relative to."""

    student: str
    root: Path
    files: tuple[SourceFile, ...]
    digest: str
    """sha256 over names and contents of the files that matter to a run."""
    identity: Identity = UNKNOWN
    doubts: tuple[str, ...] = ()
    """Why a person should see how this was taken in."""
    fault: str = ""
    """What the grader failed at while it took this in, in words; empty where it did not. Then nothing is run."""

    @property
    def programs(self) -> tuple[SourceFile, ...]:
        """The files to run, in the order to run them."""
        return tuple(f for f in self.files if f.kind in {FileKind.NOTEBOOK, FileKind.MODULE})

    @property
    def not_opened(self) -> tuple[SourceFile, ...]:
        """The files that could not be read here, whatever they are."""
        return tuple(f for f in self.files if f.kind is FileKind.NOT_OPENED)

    @property
    def beside(self) -> tuple[SourceFile, ...]:
        """The files a program may import or open."""
        return tuple(f for f in self.files if f.kind in {FileKind.HELPER, FileKind.DATA})


@dataclass(frozen=True, slots=True)
class Program:
    """A notebook or module read into code cells; a module is one cell."""

    name: str
    kind: FileKind
    cells: tuple[str, ...]
    """The sources of the code cells that are not blank; cell number 1 is the first, `In [1]` when executed."""
    headings: tuple[str, ...]
    """For each of `cells`, the markdown since the cell before it (empty for a module)."""
    tags: tuple[tuple[str, ...], ...]
    """For each of `cells`, its metadata tags."""
    notebook: Mapping[str, object]
    """The notebook as JSON (nbformat 4) that is handed to the kernel."""
