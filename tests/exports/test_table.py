"""Somebody else's CSV: cells change, and every other byte stays."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.errors import UserError
from grader.exports.table import Table

CELLS = st.text(st.sampled_from("ab ,;\"\n\r\t'=ü"), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=5)


def values(table: Table) -> list[list[str]]:
    return [[cell.value for cell in row] for row in table.rows]


@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_what_csv_writes_is_read_as_csv_reads_it(rows: list[list[str]], ending: str, quoting: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows([["h,eader", "x", "y"], *rows])  # type: ignore[arg-type] # typeshed wants a literal
    table = Table.of(text.getvalue().encode())
    assert table.delimiter == ","
    assert values(table) == list(csv.reader(io.StringIO(text.getvalue(), newline="")))


@given(st.text(st.sampled_from('a,"\n\r '), max_size=20))
def test_even_a_broken_file_is_read_as_csv_reads_it(text: str) -> None:
    table = Table.of(f"h,{text}".encode())
    assert values(table) == list(csv.reader(io.StringIO(f"h,{text}", newline="")))


@given(ROWS, st.data())
def test_a_changed_cell_changes_no_byte_around_it(rows: list[list[str]], data: st.DataObject) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([["h", "x"], *rows])
    content = text.getvalue().encode()
    table = Table.of(content)
    filled = [i for i, cells in enumerate(table.rows) if cells and i > 0]
    assume(filled)
    row = data.draw(st.sampled_from(filled))
    column = data.draw(st.integers(0, len(table.rows[row]) - 1))
    new = data.draw(CELLS)
    changed = table.with_cells({(row, column): new})
    cell = table.rows[row][column]
    assert changed.startswith(table.text[: cell.start].encode())
    assert changed.endswith(table.text[cell.end :].encode())
    expected = values(table)
    expected[row][column] = new
    assert [r or [""] for r in values(Table.of(changed))] == [r or [""] for r in expected]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa;b\r\n1;2\r\n",
        "ä;ö\r\n".encode("cp1252"),
        b"\x81\x8d;b\n",
        b"\xff\xfe" + "a\tb\n1\t2\n".encode("utf-16-le"),
        b'"a","b"\n"1","2"',
        b"a,b\n\n1,2\n\n",
        b"a,b\r1,2\r",
    ],
    ids=["BOM", "Windows", "no known encoding", "UTF-16", "all quoted", "blank lines", "old Mac"],
)
def test_a_file_without_changes_comes_back_byte_for_byte(content: bytes) -> None:
    assert Table.of(content).with_cells({}) == content


def test_a_cell_keeps_its_quotes_or_gets_them_where_it_needs_them() -> None:
    table = Table.of(b'g,h\r\n"","",,\r\n')
    assert table.with_cells({(1, 0): "7.5", (1, 2): "7,5", (1, 3): 'a "b"'}) == b'g,h\r\n"7.5","","7,5","a ""b"""\r\n'


def test_what_an_encoding_cannot_hold_is_written_as_html_has_it() -> None:
    assert Table.of("ä;b\n".encode("cp1252")).with_cells({(0, 1): "→"}) == "ä;&#8594;\n".encode("cp1252")


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot read it"), (b"", "empty file"), (b"PK\x03\x04rest", "found a spreadsheet or zip")],
)
def test_what_is_no_csv_file_is_said(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "book.csv").write_bytes(content)
    with pytest.raises(UserError, match=words):
        Table.read(tmp_path / "book.csv")
