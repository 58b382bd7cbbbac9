"""What a file is by its content, whatever it is called: a notebook, a PDF, a web page, a link, nothing at all."""

from __future__ import annotations

import ast
import codecs
import re
from pathlib import Path, PurePath
from typing import NamedTuple

from grader.intake.source_code import tree
from grader.records import FileKind, Format

HEAD = 1 << 16
"""Bytes that tell what a file is."""
LARGEST_PROGRAM = 200 << 20
LARGEST_TEXT = 64 << 10
"""Bytes of a text that is parsed to see whether it is Python."""
SHORT = 2_000
"""Characters of a text that may be nothing but a link."""
FEW_WORDS = 25
"""Words beside a link; with more of them it is a text that holds one."""
ADDRESS = re.compile(r"https?://[^\s\"'<>]{1,500}")
IMPORTS = re.compile(r"^[ \t]*(?:import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b)", re.MULTILINE)
WEB_PAGE = re.compile(rb"<!doctype html|<html[\s>]|<head[\s>]", re.IGNORECASE)
SAVED_PAGE = re.compile(rb"^(?:From|MIME-Version):.*?(?:multipart/related|snapshot-content)", re.IGNORECASE | re.DOTALL)
"""A page with its pictures in one file (MHTML)."""
PROGRAMS = {".ipynb": FileKind.NOTEBOOK, ".py": FileKind.MODULE}
PROPER = {FileKind.NOTEBOOK: Format.NOTEBOOK, FileKind.MODULE: Format.PYTHON}
ADDED = frozenset({".txt", ".json", ".ipynb", ".py", ".download", ".bak", ".html", ".orig", ".ipynb~", ".py~", ".text"})
"""What systems and people put behind a program's own ending, where that may still be a program."""
MAGIC = (
    (b"{\\rtf", Format.DOCUMENT),
    (b"Rar!", Format.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Format.ARCHIVE),
    (b"\x1f\x8b", Format.ARCHIVE),
    (b"BZh", Format.ARCHIVE),
    (b"\xfd7zXZ", Format.ARCHIVE),
    (b"\x89PNG", Format.PICTURE),
    (b"\xff\xd8\xff", Format.PICTURE),
    (b"GIF8", Format.PICTURE),
    (b"II*\x00", Format.PICTURE),
    (b"MM\x00*", Format.PICTURE),
    (b"\x89HDF", Format.MODEL),
)
BY_NAME = {
    ".docx": Format.DOCUMENT,
    ".doc": Format.DOCUMENT,
    ".odt": Format.DOCUMENT,
    ".rtf": Format.DOCUMENT,
    ".pages": Format.DOCUMENT,
    ".xlsx": Format.SPREADSHEET,
    ".xls": Format.SPREADSHEET,
    ".xlsm": Format.SPREADSHEET,
    ".ods": Format.SPREADSHEET,
    ".numbers": Format.SPREADSHEET,
    ".pptx": Format.SLIDES,
    ".ppt": Format.SLIDES,
    ".odp": Format.SLIDES,
    ".key": Format.SLIDES,
    ".pdf": Format.PDF,
    ".rar": Format.ARCHIVE,
    ".7z": Format.ARCHIVE,
    ".tar": Format.ARCHIVE,
    ".tgz": Format.ARCHIVE,
    ".zip": Format.ZIP,
    ".keras": Format.MODEL,
    ".h5": Format.MODEL,
    ".hdf5": Format.MODEL,
    ".pyc": Format.BYTECODE,
    ".pyo": Format.BYTECODE,
    ".r": Format.R,
    ".rmd": Format.R,
    ".qmd": Format.R,
    ".url": Format.LINK,
    ".webloc": Format.LINK,
    ".gdoc": Format.LINK,
    ".gsheet": Format.LINK,
    ".gslides": Format.LINK,
    ".desktop": Format.LINK,
    ".html": Format.WEB_PAGE,
    ".htm": Format.WEB_PAGE,
    ".mhtml": Format.WEB_PAGE,
    ".jpg": Format.PICTURE,
    ".jpeg": Format.PICTURE,
    ".png": Format.PICTURE,
    ".heic": Format.PICTURE,
    ".webp": Format.PICTURE,
    ".mp4": Format.VIDEO,
    ".mov": Format.VIDEO,
    ".mkv": Format.VIDEO,
}
PACKED_OFFICE = (
    (b"word/", Format.DOCUMENT),
    (b"xl/", Format.SPREADSHEET),
    (b"ppt/", Format.SLIDES),
    (b"opendocument.text", Format.DOCUMENT),
    (b"opendocument.spreadsheet", Format.SPREADSHEET),
    (b"opendocument.presentation", Format.SLIDES),
)


class Seen(NamedTuple):
    """What a file is; `link` is the address that it holds, where it holds little else."""

    format: Format
    link: str = ""


def look(path: Path) -> Seen:
    """What the file is by its content, and by its name where content does not tell.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        kind = _by_content(head, path.suffix.lower())
        if kind is not None:
            return Seen(kind, _link(head) if kind is Format.LINK else "")
        if _begins_like_json(head) and path.stat().st_size <= LARGEST_PROGRAM:
            whole = as_utf8(head + file.read())
            if b'"nbformat"' in whole and (b'"cells"' in whole or b'"worksheets"' in whole):
                return Seen(Format.NOTEBOOK)
    return _text(head, path.suffix.lower())


def program_kind(name: str, seen: Format) -> FileKind | None:
    """What to run a file as; None for what is no program.

    A right name and a right content need no more. Content decides between the two kinds of program, and whether a name
    with something behind its ending (`lab.ipynb.txt`) or without one (`lab`) is that of a program.
    """
    named = PROGRAMS.get(PurePath(name).suffix.lower())
    content = {Format.NOTEBOOK: FileKind.NOTEBOOK, Format.PYTHON: FileKind.MODULE}.get(seen)
    if named and (content is None or named is FileKind.MODULE or content is named):
        # A module may hold anything that is no notebook; what cannot be run is told when it is to be run.
        return content if content is FileKind.NOTEBOOK else named
    if content and (named or _has_another_ending(name)):
        return content
    return None


def rightly_named(name: str, kind: FileKind) -> bool:
    """Whether the name ends as that of such a program does, and no other ending stands before it."""
    path = PurePath(name)
    return PROGRAMS.get(path.suffix.lower()) is kind and PurePath(path.stem).suffix.lower() not in PROGRAMS


def says_program(name: str) -> bool:
    """Whether a program's ending stands anywhere in the name: `lab.ipynb.txt`, not `lab.json`."""
    return any(suffix.lower().split(" ")[0].rstrip("~_") in PROGRAMS for suffix in PurePath(name).suffixes)


def _has_another_ending(name: str) -> bool:
    suffix = PurePath(name).suffix.lower()
    return suffix in ADDED or not suffix or says_program(name)


def _by_content(head: bytes, suffix: str) -> Format | None:
    """What the first bytes say; None where they are a text or say nothing."""
    start = as_utf8(head).lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        return Format.EMPTY
    if (start.startswith(b"<") and WEB_PAGE.search(start[:4096])) or SAVED_PAGE.match(start[:2048]):
        return Format.WEB_PAGE
    if start.startswith(b"%PDF"):
        return Format.PDF
    if start.startswith(b"[InternetShortcut]") or BY_NAME.get(suffix) is Format.LINK:
        return Format.LINK
    if BY_NAME.get(suffix) is Format.BYTECODE and head[2:4] == b"\r\n":
        return Format.BYTECODE
    return _by_magic(head, suffix)


def _by_magic(head: bytes, suffix: str) -> Format | None:
    if head.startswith(b"PK\x03\x04"):
        inside = next((kind for sign, kind in PACKED_OFFICE if sign in head), Format.ZIP)
        return BY_NAME.get(suffix, inside)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return BY_NAME.get(suffix, Format.DOCUMENT)
    if head[4:8] == b"ftyp":
        return Format.PICTURE if head[8:12] in {b"heic", b"heix", b"mif1", b"avif"} else Format.VIDEO
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.PICTURE
    return next((kind for magic, kind in MAGIC if head.startswith(magic)), None)


def _text(head: bytes, suffix: str) -> Seen:
    """What a text is, and the rest by its name."""
    try:
        text = as_utf8(head).decode("utf-8-sig")
    except UnicodeDecodeError:
        return Seen(BY_NAME.get(suffix, Format.OTHER))
    if "\0" in text:
        return Seen(BY_NAME.get(suffix, Format.OTHER))
    address = _link(head)
    if address and len(text) <= SHORT and len(text.split()) <= FEW_WORDS and not IMPORTS.search(text):
        return Seen(Format.LINK, address)
    if len(head) <= LARGEST_TEXT and _is_python(text):
        return Seen(Format.PYTHON)
    named = BY_NAME.get(suffix)
    return Seen(named if named in {Format.R, Format.WEB_PAGE} else Format.TEXT)


def _is_python(text: str) -> bool:
    """Python that imports something; prose and tables are none."""
    if not IMPORTS.search(text):
        return False
    parsed = tree(text)
    return parsed is not None and any(isinstance(node, ast.Import | ast.ImportFrom) for node in parsed.body)


def _begins_like_json(head: bytes) -> bool:
    return as_utf8(head).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _link(head: bytes) -> str:
    found = ADDRESS.search(as_utf8(head).decode("utf-8", "replace"))
    return found[0] if found else ""


def as_utf8(content: bytes) -> bytes:
    """PowerShell writes UTF-16, marked by its first two bytes."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content
