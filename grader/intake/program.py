"""Reads a notebook or a module into code cells, whatever wrote it."""

from __future__ import annotations

import io
import json
import tokenize
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from grader.checks.handed_in import ADVICE, NAMES
from grader.errors import UnreadableSubmission
from grader.i18n.texts import say
from grader.intake.formats import as_utf8, look
from grader.records import FileKind, Format, Program

LARGEST_FILE = 200 << 20
"""Bytes; a notebook with 50 MB of stored output is read, and its output left out."""
MOST_CELLS = 5_000
"""The largest of the bundled class has 60."""
LARGEST_CODE = 400_000
"""Characters of all code cells; the largest of the bundled class has 7,130, matplotlib's longest module 373,000."""
MOST_PARTS, MOST_VALUES = 4_000_000, 10_000_000
"""Brackets and commas of a notebook's JSON: made of nothing else it takes thirty times the memory of its text."""
AGAIN = say("Open it in Jupyter and save it again.")
NO_TEXT = frozenset(
    {
        *(Format.PDF, Format.DOCUMENT, Format.SPREADSHEET, Format.SLIDES, Format.PICTURE, Format.VIDEO),
        *(Format.WEB_PAGE, Format.ARCHIVE, Format.ZIP, Format.BYTECODE, Format.MODEL),
    }
)
"""What no script can be, whatever it is called."""


def read_program(path: Path, name: str, kind: FileKind) -> Program:
    """The program in a file; stored outputs are dropped, old formats brought up to date.

    Raises:
        UnreadableSubmission: with a message for the student.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_FILE else b""
    except OSError as error:
        raise UnreadableSubmission(f"{name} cannot be opened: {error.strerror}.") from error
    if size > LARGEST_FILE:
        raise UnreadableSubmission(
            f"{name} is larger than {LARGEST_FILE >> 20} MiB.", say("Clear its outputs and save it.")
        )
    if kind is not FileKind.NOTEBOOK:
        _insist_on_text(path, name)
        return _bounded(_module(content, name))
    try:
        return _bounded(_notebook(content, name))
    except UnreadableSubmission as error:
        raise _plainer(path, name, error) from error


def _bounded(program: Program) -> Program:
    """The program, if it is no larger than people write: what reads it has no other limit."""
    size = sum(map(len, program.cells))
    if size > LARGEST_CODE:
        raise UnreadableSubmission(
            f"{program.name} has {size:,} characters of code, more than the {LARGEST_CODE:,} that are looked at.",
            say("Put data into a file of its own beside the program, and hand in both."),
        )
    return program


def _insist_on_text(path: Path, name: str) -> None:
    """A PDF called `lab.py` is no script, not even one with errors in it."""
    seen = look(path).format
    if seen in NO_TEXT:
        raise UnreadableSubmission(f"{name} is {NAMES[seen]} and no Python script.", ADVICE[seen])


def _plainer(path: Path, name: str, error: UnreadableSubmission) -> UnreadableSubmission:
    """What the file is by its content, where that says more than why it is no notebook."""
    try:
        seen = look(path).format
    except OSError:
        return error
    if seen in {Format.NOTEBOOK, Format.TEXT, Format.OTHER}:
        return error
    return UnreadableSubmission(f"{name} is {NAMES[seen]} and no notebook.", ADVICE[seen])


def code(program: Program) -> str:
    """All code of a program, for looking at imports and comparing copies."""
    return "\n".join(program.cells)


def _module(content: bytes, name: str) -> Program:
    source = _storable(_decode(content))
    notebook = nbformat.v4.new_notebook(cells=[_code_cell(source, (), 0)])
    cells = (source,) if source.strip() else ()
    return Program(name, FileKind.MODULE, cells, ("",) * len(cells), ((),) * len(cells), notebook)


def _decode(content: bytes) -> str:
    """A module's text by its own declaration (PEP 263), UTF-8 otherwise, Latin-1 where that fails; any line ends."""
    content = as_utf8(content)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        # ValueError: codecs such as `idna` and `undefined` know other failures than UnicodeDecodeError.
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def _notebook(content: bytes, name: str) -> Program:
    plain = _json(content, name)
    if not isinstance(plain, dict) or not ({"cells", "worksheets"} & plain.keys()):
        raise UnreadableSubmission(f"{name} is not a notebook: it has no cells.", AGAIN)
    language = _language(plain)
    if language not in {"", "python"}:
        raise UnreadableSubmission(
            f"{name} is written in {language}; this lab is graded in Python.", say("Hand in a notebook in Python.")
        )
    try:
        # Only the formats before 4 need nbformat; what it would refuse in a newer one is dropped here anyway.
        if "cells" not in plain:
            _insist_on_few(sum(len(sheet["cells"]) for sheet in plain["worksheets"]), name)
        written = plain["cells"] if "cells" in plain else nbformat.reads(json.dumps(plain), as_version=4).cells
        _insist_on_few(len(written), name)
        cells = [_clean(cell, n) for n, cell in enumerate(written)]
    except UnreadableSubmission:
        raise
    except Exception as error:
        # nbformat raises whatever its upgrade steps stumble over.
        raise UnreadableSubmission(f"{name} is not a valid notebook ({type(error).__name__}).", AGAIN) from error
    return _program(name, cells)


def _insist_on_few(cells: int, name: str) -> None:
    if cells > MOST_CELLS:
        raise UnreadableSubmission(
            f"{name} has {cells:,} cells, more than the {MOST_CELLS:,} that are looked at.",
            say("Hand in a notebook with the cells of this lab."),
        )


def _json(content: bytes, name: str) -> Any:
    if content.count(b"{") + content.count(b"[") > MOST_PARTS or content.count(b",") > MOST_VALUES:
        raise UnreadableSubmission(f"{name} has millions of parts.", say("Clear its outputs and save it."))
    try:
        return json.loads(as_utf8(content).decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableSubmission(
            f"{name} is not a notebook: expected JSON, found something else{where}.",
            say("Open it in Jupyter, choose Save, and hand in the .ipynb file."),
        ) from error


def _language(notebook: Mapping[str, Any]) -> str:
    """The notebook's language in lower case, empty if it does not say; what its kernel is called does not matter."""
    match notebook.get("metadata"):
        case {"kernelspec": {"language": str(language)}} | {"language_info": {"name": str(language)}}:
            return "python" if language.lower().startswith(("python", "ipython")) else language
        case _:
            return ""


def _clean(cell: Mapping[str, Any], number: int) -> Any:
    """The cell with nothing but what a run needs; fields of a wrong type are taken for empty."""
    text = _storable(_source(cell.get("source")))
    if cell.get("cell_type") == "code":
        match cell.get("metadata"):
            case {"tags": list(tags)}:
                return _code_cell(text, tags, number)
        return _code_cell(text, (), number)
    made: Any = nbformat.v4.new_raw_cell if cell.get("cell_type") == "raw" else nbformat.v4.new_markdown_cell
    return made(text, id=f"cell-{number}")


def _source(value: Any) -> str:
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """Half a surrogate pair (a torn emoji) is no character, and no file can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _code_cell(source: str, tags: Iterable[Any], number: int) -> Any:
    metadata = {"tags": [_storable(t) for t in tags if isinstance(t, str)]} if tags else {}
    return nbformat.v4.new_code_cell(source, metadata=metadata, id=f"cell-{number}")


def _program(name: str, cells: list[Any]) -> Program:
    sources, headings, tags = [], [], []
    heading = ""
    for cell in cells:
        if cell.cell_type == "markdown":
            heading += cell.source + "\n"
        elif cell.cell_type == "code" and cell.source.strip():
            sources.append(cell.source)
            headings.append(heading)
            tags.append(tuple(cell.metadata.get("tags", ())))
            heading = ""
    notebook = nbformat.v4.new_notebook(cells=cells)
    return Program(name, FileKind.NOTEBOOK, tuple(sources), tuple(headings), tuple(tags), notebook)
