"""Somebody else's CSV file: read with its own encoding, delimiter and quoting; cells change, every other byte stays."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from grader.errors import UserError

DELIMITERS = ",;\t"
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what it says, and from where to where it stands in the text, quotes included."""

    value: str
    start: int
    end: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file as its bytes have it; rows may differ in length, a blank line is an empty row."""

    bom: bytes
    encoding: str
    delimiter: str
    text: str
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The table in a file; UserError if it cannot be read or is empty."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(
                f"{path}: expected a CSV file, cannot read it ({error.strerror}); check the path."
            ) from error
        if content.startswith(b"PK\x03\x04"):
            raise UserError(f"{path}: expected a CSV file, found a spreadsheet or zip. Download or save it as CSV.")
        table = cls.of(content)
        if not table.rows:
            raise UserError(f"{path}: expected a CSV file with a heading, found an empty file.")
        return table

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The table in these bytes, whatever they are."""
        bom = next((b for b in BOMS if content.startswith(b)), b"")
        encoding, text = _decoded(content[len(bom) :], BOMS.get(bom))
        delimiter = _delimiter(text)
        return cls(bom, encoding, delimiter, text, tuple(_rows(text, delimiter)))

    def value(self, row: int, column: int) -> str:
        """What a cell says, without blanks around it; empty where the row is too short."""
        cells = self.rows[row]
        return cells[column].value.strip() if column < len(cells) else ""

    @property
    def header(self) -> tuple[str, ...]:
        """The first row, without blanks around the names."""
        return tuple(cell.value.strip() for cell in self.rows[0])

    def column(self, name: str) -> int | None:
        """The first column of that name, in whatever case; None if there is none."""
        names = [n.casefold() for n in self.header]
        return names.index(name.casefold()) if name.casefold() in names else None

    def with_cells(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """The file with these cells, by row and column, saying something else; all other bytes are as they were.

        A cell that was quoted stays quoted; one that was not is quoted if its new text needs it.
        """
        changed = [(self.rows[r][c], text) for (r, c), text in changes.items() if self.rows[r][c].value != text]
        parts, at = list[str](), 0
        for cell, text in sorted(changed, key=lambda change: change[0].start):
            parts += [self.text[at : cell.start], self._written(cell, text)]
            at = cell.end
        whole = "".join([*parts, self.text[at:]])
        return self.bom + whole.encode(self.encoding, errors="xmlcharrefreplace")

    def _written(self, cell: Cell, text: str) -> str:
        if cell.quoted or any(mark in text for mark in (self.delimiter, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text


def _decoded(content: bytes, encoding: str | None) -> tuple[str, str]:
    """Text and encoding; what is neither UTF-8 nor Windows's is taken byte by byte, so that it comes back the same."""
    for candidate in [encoding] if encoding else ["utf-8", "cp1252", "latin-1"]:
        try:
            return candidate, content.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise UserError(f"The file begins as {encoding} and goes on otherwise: it is damaged. Download it again.")


def _delimiter(text: str) -> str:
    """The delimiter that stands most often in the heading, outside quotes."""
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for mark in text:
        if mark == '"':
            quoted = not quoted
        elif not quoted and mark in "\r\n":
            break
        elif not quoted and mark in counts:
            counts[mark] += 1
    return max(DELIMITERS, key=lambda mark: counts[mark])


def _rows(text: str, delimiter: str) -> Iterator[tuple[Cell, ...]]:
    """The rows as Python's csv module would split them."""
    at, row = 0, list[Cell]()
    while at < len(text) or row:
        cell = _cell(text, at, delimiter)
        row.append(cell)
        after = text[cell.end : cell.end + 2]
        if after[:1] == delimiter:
            at = cell.end + 1
            continue
        yield () if len(row) == 1 and cell.start == cell.end else tuple(row)
        row = []
        at = cell.end + (2 if after == "\r\n" else 1)


def _cell(text: str, start: int, delimiter: str) -> Cell:
    """The cell that begins there; it ends at the delimiter, the end of the line or of the text."""
    at, value, quoted = start, "", text[start : start + 1] == '"'
    if quoted:
        at += 1
        while at < len(text):
            if text[at] != '"':
                value, at = value + text[at], at + 1
            elif text[at + 1 : at + 2] == '"':
                value, at = value + '"', at + 2
            else:
                at += 1
                break
    while at < len(text) and text[at] not in (delimiter, "\r", "\n"):
        value, at = value + text[at], at + 1
    return Cell(value, start, at, quoted)
