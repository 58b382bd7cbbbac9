"""A file is what its content says, whatever it is called."""

from pathlib import Path

import pytest

from grader.intake.formats import look, program_kind
from grader.records import FileKind, Format
from tests.intake.downloads import notebook, raw_zip, zipped

SCRIPT = "import keras\nmodel = keras.Sequential()\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("lab.ipynb", b"", Format.EMPTY),
        ("lab.ipynb", b" \r\n\t\n", Format.EMPTY),
        ("lab.ipynb", b"\0" * 4096, Format.EMPTY),
        ("report", b"%PDF-1.7\n", Format.PDF),
        ("lab.ipynb", b"\n  %PDF-1.4", Format.PDF),
        ("lab.docx", zipped({"[Content_Types].xml": "", "word/document.xml": ""}), Format.DOCUMENT),
        ("lab.ipynb", zipped({"[Content_Types].xml": "", "word/document.xml": ""}), Format.DOCUMENT),
        ("lab.ipynb", zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), Format.SPREADSHEET),
        ("lab", raw_zip([(b"mimetype", b"application/vnd.oasis.opendocument.text")]), Format.DOCUMENT),
        ("lab.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.DOCUMENT),
        ("lab.rtf", b"{\\rtf1\\ansi", Format.DOCUMENT),
        ("lab.ipynb", zipped({"lab.ipynb": "{}"}), Format.ZIP),
        ("lab.rar", b"Rar!\x1a\x07\x01\0", Format.ARCHIVE),
        ("lab.7z", b"7z\xbc\xaf\x27\x1c\0", Format.ARCHIVE),
        ("IMG_1.HEIC", b"\0\0\0\x18ftypheic", Format.PICTURE),
        ("lab.ipynb", b"\x89PNG\r\n\x1a\n", Format.PICTURE),
        ("demo.mov", b"\0\0\0\x14ftypqt  ", Format.VIDEO),
        ("lab.ipynb", b"\n\n<!DOCTYPE html>\n<html lang=en>", Format.WEB_PAGE),
        ("lab.html", b"<html>x</html>", Format.WEB_PAGE),
        ("lab.ipynb", b"From: <Saved by Blink>\nContent-Type: multipart/related;", Format.WEB_PAGE),
        ("lab.url", b"[InternetShortcut]\r\nURL=https://colab.research.google.com/x\r\n", Format.LINK),
        ("lab.webloc", b"<?xml version='1.0'?><plist><string>https://x.org</string></plist>", Format.LINK),
        ("Lab 2.gdoc", b'{"url":"https://docs.google.com/open?id=1"}', Format.LINK),
        ("link.txt", b"My notebook: https://colab.research.google.com/drive/1AbC\n", Format.LINK),
        ("lab.pyc", b"\xa7\r\r\n" + b"\0" * 12 + b"\xe3", Format.BYTECODE),
        ("lab.Rmd", b"---\ntitle: lab\n---\n```{r}\nlibrary(keras)\n```", Format.R),
        ("model.keras", zipped({"config.json": "{}"}), Format.MODEL),
        ("lab.json", notebook("x = 1").encode(), Format.NOTEBOOK),
        ("lab.json", notebook("x = 1").encode("utf-16"), Format.NOTEBOOK),
        ("config.json", b'{"cells": 3, "epochs": 100}', Format.TEXT),
        ("lab.txt", SCRIPT.encode(), Format.PYTHON),
        ("answers.txt", b"I import nothing from anybody, and this is no Python.", Format.TEXT),
        ("from.txt", b"import this letter into your heart\nfrom me to you", Format.TEXT),
        ("mnist.npy", b"\x93NUMPY\x01\0", Format.OTHER),
    ],
)
def test_a_file_is_what_its_content_says(name: str, content: bytes, expected: Format, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert look(tmp_path / name).format is expected


def test_a_link_is_told_with_its_address_and_a_text_that_holds_one_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "link.txt").write_text("https://colab.research.google.com/drive/1AbC")
    (tmp_path / "essay.txt").write_text("word " * 40 + "https://example.org")
    assert look(tmp_path / "link.txt").link == "https://colab.research.google.com/drive/1AbC"
    assert look(tmp_path / "essay.txt").format is Format.TEXT


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("lab.ipynb", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("LAB.IPYNB", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.ipynb.txt", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.ipynb.json", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.ipynb.ipynb", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.ipynb (1)", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.ipynb_", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.json", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.txt", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.py", Format.NOTEBOOK, FileKind.NOTEBOOK),
        ("lab.py", Format.TEXT, FileKind.MODULE),
        ("lab.py.txt", Format.PYTHON, FileKind.MODULE),
        ("lab", Format.PYTHON, FileKind.MODULE),
        ("lab.ipynb", Format.PYTHON, FileKind.MODULE),
        ("lab.ipynb", Format.EMPTY, FileKind.NOTEBOOK),
        ("lab.ipynb", Format.PDF, FileKind.NOTEBOOK),
        ("lab.ipynb.txt", Format.TEXT, None),
        ("lab.pdf", Format.PDF, None),
        ("lab.ipynb - Colab.html", Format.WEB_PAGE, None),
        ("data.json", Format.TEXT, None),
        ("readme", Format.TEXT, None),
        ("weights.npy", Format.OTHER, None),
    ],
)
def test_what_is_run_is_told_by_content_where_the_name_is_wrong(
    name: str, content: Format, kind: FileKind | None
) -> None:
    assert program_kind(name, content) is kind
