"""Whatever wrote a notebook or module, its code comes out; what cannot be read is told with what to do."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import UnreadableSubmission
from grader.intake.program import LARGEST_FILE, code, read_program
from grader.records import FileKind, Program

CASES = Path(__file__).parents[1] / "bad_input"
CODE: dict[str, Any] = {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": [], "execution_count": None}
TEXT = {"cell_type": "markdown", "metadata": {}, "source": "# Naive"}


def read(path: Path) -> Program:
    kind = FileKind.NOTEBOOK if path.suffix == ".ipynb" else FileKind.MODULE
    return read_program(path, path.name, kind)


def case(name: str) -> Path:
    """The one file of a case of bad input."""
    (path,) = (CASES / name).iterdir()
    return path


def notebook(folder: Path, *cells: Any, **changes: Any) -> Program:
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | changes
    (folder / "lab.ipynb").write_text(json.dumps(whole), encoding="utf-8")
    return read(folder / "lab.ipynb")


def module(folder: Path, content: bytes) -> Program:
    (folder / "lab.py").write_bytes(content)
    return read(folder / "lab.py")


# ---------------------------------------------------------------- the cases of bad input


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("broken-json", r"expected JSON, found something else at line \d+. Open it in Jupyter, choose Save"),
        ("not-a-notebook", "is a link and no notebook. Hand in the file and not the way to it"),
        ("r-notebook", "is written in R; this lab is graded in Python"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(name: str, words: str) -> None:
    with pytest.raises(UnreadableSubmission, match=words) as caught:
        read(case(name))
    assert str(caught.value).startswith("lab.ipynb ")


def test_a_notebook_of_an_old_format_is_brought_up_to_date() -> None:
    program = read(case("nbformat-3"))
    assert "keras" in code(program)
    assert program.notebook["nbformat"] == 4


def test_a_kernel_that_does_not_exist_here_does_not_matter() -> None:
    assert "keras" in code(read(case("unknown-kernel")))


def test_a_notebook_without_code_has_no_cells() -> None:
    assert read(case("no-code-cells")).cells == ()


def test_a_file_name_of_blanks_and_other_letters_is_a_name() -> None:
    assert "keras" in code(read(case("unicode-file-name")))


@pytest.mark.parametrize("name", ["latin-1-declared", "latin-1-undeclared"])
def test_umlauts_of_a_windows_editor_are_umlauts(name: str) -> None:
    assert "größere Netze, später mehr" in code(read(case(name)))


def test_line_ends_of_windows_are_line_ends() -> None:
    assert "\r" not in code(read(case("crlf")))


def test_a_module_that_does_not_parse_is_a_program_all_the_same() -> None:
    assert len(read(case("syntax-error")).cells) == 1


# ---------------------------------------------------------------- notebooks


def test_code_cells_come_with_the_markdown_above_them_and_their_tags(tmp_path: Path) -> None:
    tagged = CODE | {"metadata": {"tags": ["stage:init"]}, "source": ["a = 1\n", "b = 2"]}
    more = TEXT | {"source": "more"}
    program = notebook(tmp_path, TEXT, CODE, TEXT, more, CODE | {"source": "  \n"}, tagged, CODE)
    assert program.cells == ("x = 1", "a = 1\nb = 2", "x = 1")
    assert program.headings == ("# Naive\n", "# Naive\nmore\n", "")
    assert program.tags == ((), ("stage:init",), ())


def test_what_is_handed_to_the_kernel_is_a_valid_notebook_without_outputs(tmp_path: Path) -> None:
    stale = CODE | {"outputs": [{"output_type": "stream", "name": "stdout", "text": "0.99"}], "execution_count": 7}
    picture = TEXT | {"attachments": {"a.png": {"image/png": "eA=="}}}
    raw = {"cell_type": "raw", "metadata": {}, "source": "raw"}
    program = notebook(tmp_path, stale, picture, raw)
    nbformat.validate(nbformat.from_dict(program.notebook))
    assert "0.99" not in json.dumps(program.notebook)


ODD: dict[str, dict[str, Any]] = {
    "no metadata": {"metadata": None},
    "metadata that are a list": {"metadata": []},
    "metadata that are a number": {"metadata": 5},
    "no kernel": {"metadata": {"kernelspec": None, "language_info": None}},
    "no language": {"metadata": {"language_info": {"name": None}}},
    "a kernel that is text": {"metadata": {"kernelspec": "python"}},
    "a language with a version": {"metadata": {"language_info": {"name": "Python3"}}},
    "a later format": {"nbformat": 5},
    "a format that is text": {"nbformat": "4", "nbformat_minor": "x"},
    "no format": {"nbformat": None},
}


@pytest.mark.parametrize("oddity", sorted(ODD))
def test_what_a_run_does_not_need_may_be_anything(oddity: str, tmp_path: Path) -> None:
    assert notebook(tmp_path, CODE, **ODD[oddity]).cells == ("x = 1",)


ODD_CELLS: dict[str, dict[str, Any]] = {
    "no metadata": {"metadata": None},
    "a tag that is text": {"metadata": {"tags": "x"}},
    "no tags": {"metadata": {"tags": None}},
    "tags that are none": {"metadata": {"tags": [1, None]}},
    "no outputs": {"outputs": None},
    "an id that is a number": {"id": 5},
}


@pytest.mark.parametrize("oddity", sorted(ODD_CELLS))
def test_what_a_cell_does_not_need_may_be_anything(oddity: str, tmp_path: Path) -> None:
    program = notebook(tmp_path, CODE | ODD_CELLS[oddity], CODE | ODD_CELLS[oddity])
    assert program.cells == ("x = 1", "x = 1")
    assert program.tags == ((), ())


@pytest.mark.parametrize("source", [None, 5, [1, 2], {}])
def test_a_source_that_is_no_text_is_no_code(source: Any, tmp_path: Path) -> None:
    assert notebook(tmp_path, CODE | {"source": source}).cells == ()


def test_half_an_emoji_is_replaced_since_no_file_can_hold_it(tmp_path: Path) -> None:
    program = notebook(tmp_path, CODE | {"source": "print('\ud83d')"}, TEXT | {"source": "\udc00"})
    assert program.cells == ("print('?')",)
    json.dumps(program.notebook, ensure_ascii=False).encode()


@pytest.mark.parametrize("cells", [None, 5, "text", ["text"], [5], [None]])
def test_cells_that_are_none_are_told(cells: Any, tmp_path: Path) -> None:
    with pytest.raises(UnreadableSubmission, match=r"is not a valid notebook .* Open it in Jupyter and save it again"):
        notebook(tmp_path, cells=cells)


@pytest.mark.parametrize("content", ["[]", "5", "null", '"text"', "{}", '{"a": 1}', "[" * 100_000])
def test_what_is_no_notebook_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "lab.ipynb").write_text(content)
    with pytest.raises(UnreadableSubmission, match=r"lab.ipynb is not a notebook: .* Open it in Jupyter"):
        read(tmp_path / "lab.ipynb")


@pytest.mark.parametrize("content", [b"", b" \n", b"\0\0\0\0"])
def test_an_empty_notebook_is_told_with_what_to_look_at(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "lab.ipynb").write_bytes(content)
    with pytest.raises(UnreadableSubmission, match=r"^lab.ipynb is an empty file .* larger than 0 bytes"):
        read(tmp_path / "lab.ipynb")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF and no notebook. Hand in the notebook itself"),
        (
            b"\n<!DOCTYPE html><html><head><title>lab.ipynb - Colab</title>",
            "is a web page .* on GitHub press Download raw",
        ),
        (b"<!-- saved from url=(0030)https://github.com/x --><html>", "is a web page .* That is what a browser saves"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related;", "is a web page"),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml word/document.xml", "is a document of a word processor"),
        (b"PK\x03\x04" + b"\0" * 26 + b"lab.ipynb", "is a zip and no notebook"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "is a picture"),
        (b"https://colab.research.google.com/drive/1AbC", "is a link and no notebook"),
        (b"Rar!\x1a\x07", "is an archive"),
    ],
)
def test_what_is_called_a_notebook_and_is_something_else_is_called_by_its_name(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "lab.ipynb").write_bytes(content)
    with pytest.raises(UnreadableSubmission, match=words) as caught:
        read(tmp_path / "lab.ipynb")
    assert "JSON" not in str(caught.value)


def test_a_pdf_called_a_script_is_no_script_with_errors_in_it(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSubmission, match=r"lab\.py is a PDF and no Python script"):
        module(tmp_path, b"%PDF-1.7\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_of_the_byte_order_is_passed_over(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "lab.ipynb").write_text(json.dumps({"cells": [CODE]}), encoding=encoding)
    assert read(tmp_path / "lab.ipynb").cells == ("x = 1",)
    assert module(tmp_path, "x = 'ü'".encode(encoding)).cells == ("x = 'ü'",)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSubmission, match=r"lab.py cannot be opened: No such file or directory\."):
        read(tmp_path / "lab.py")


def test_a_folder_under_a_programs_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "lab.py").mkdir()
    with pytest.raises(UnreadableSubmission, match="cannot be opened"):
        read(tmp_path / "lab.py")


def test_a_file_too_large_to_be_read_is_told_what_to_do(tmp_path: Path) -> None:
    with (tmp_path / "lab.ipynb").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(UnreadableSubmission, match=r"larger than 200 MiB\. Clear its outputs and save it"):
        read(tmp_path / "lab.ipynb")


# ---------------------------------------------------------------- modules


def test_a_module_is_one_cell(tmp_path: Path) -> None:
    program = module(tmp_path, b"x = 1\n\ny = 2\n")
    assert (program.cells, program.headings, program.tags) == (("x = 1\n\ny = 2\n",), ("",), ((),))


def test_a_module_of_blanks_has_no_cells(tmp_path: Path) -> None:
    assert module(tmp_path, b" \n\n").cells == ()


@pytest.mark.parametrize(
    "codec", ["idna", "undefined", "hex", "rot13", "unicode_escape", "utf-7", "no-such-codec", "punycode"]
)
def test_a_declared_codec_of_whatever_kind_raises_nothing(codec: str, tmp_path: Path) -> None:
    program = module(tmp_path, f"# coding: {codec}\nx = '+2AA- \\ud800 \xff'\n".encode("latin-1"))
    code(program).encode()
    assert code(program).startswith(f"# coding: {codec}")


# ---------------------------------------------------------------- anything

HERE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "cell_type", "source", "metadata", "tags", "worksheets", "nbformat", "input", "level"]
            ),
            inner | st.sampled_from(["code", "markdown", "heading", "raw"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


def readable(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        program = read(path)
    except UnreadableSubmission:
        return False
    json.dumps(program.notebook, ensure_ascii=False).encode()
    assert len(program.cells) == len(program.headings) == len(program.tags)
    return True


@HERE
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_are_a_module(content: bytes, tmp_path: Path) -> None:
    assert readable(tmp_path / "lab.py", b"#" + content)


@HERE
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_are_no_notebook_and_raise_nothing_else(content: bytes, tmp_path: Path) -> None:
    assert not readable(tmp_path / "lab.ipynb", content)


@HERE
@given(whole=JSON, cells=st.lists(JSON, max_size=3), old=st.booleans())
def test_arbitrary_json_raises_nothing_but_that_it_is_unreadable(
    whole: Any, cells: list[Any], old: bool, tmp_path: Path
) -> None:
    readable(tmp_path / "lab.ipynb", json.dumps(whole).encode())
    sheets = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    readable(tmp_path / "lab.ipynb", json.dumps(sheets if old else {"cells": cells}).encode())
