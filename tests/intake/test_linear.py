"""What is handed in is read in time that grows as it does, whatever it is made of: eightfold, not 64-fold."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.errors import UnreadableSubmission
from grader.intake.copies import Candidate, older_copies
from grader.intake.formats import look
from grader.intake.imports import Files, wanted
from grader.intake.layouts import entry
from grader.intake.program import LARGEST_CODE, MOST_CELLS, read_program
from grader.intake.roles import roles
from grader.records import FileKind

SMALL, LARGE = 4_000, 32_000
"""Characters."""
MOST = 3.0 * LARGE / SMALL
"""How much longer the larger may take; a quadratic way would take 64 times as long."""
NOTICED = 0.1
"""Seconds; what takes less is no trouble, and too short to be compared."""
PIECES = (
    *(
        "from ",
        "import ",
        "a",
        "a.",
        ".",
        "(",
        ")",
        ",",
        ";",
        "\n",
        " ",
        "\t",
        "#",
        "%run ",
        "-a ",
        "'",
        '"',
        "import_module(",
    ),
    *(
        "run_path('",
        "<",
        ">",
        "<style",
        "</script>",
        "&#9",
        "http://",
        "{",
        "}",
        "[",
        "]",
        "copy ",
        "_",
        "-",
        "\\",
        "\0",
        "é",
    ),
    *('"nbformat"', '"cells"', "From:", "<html", "\r", "x = 1\n", "f'{a}'", ".fit(", "__name__", "if "),
)
TEXTS = st.tuples(*(st.lists(st.sampled_from(PIECES), max_size=3).map("".join) for _ in range(3)))


def seconds(work: Callable[[], object]) -> float:
    """Of the processor; the best of three, since other work only adds."""
    took = []
    for _ in range(3):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
        if took[-1] < NOTICED:
            break
    return min(took)


def insist_on_linear(of_size: Callable[[int], Callable[[], object]]) -> None:
    longer = seconds(of_size(LARGE))
    assert longer < NOTICED or longer < MOST * seconds(of_size(SMALL))


def imports(text: str) -> Callable[[], object]:
    files = Files([f"{folder}m{n}.py" for folder in ("", "a/", "a/b/") for n in range(100)])
    return lambda: files.needed("a/m1.py", wanted(text))


def of_file(text: str, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("what", ["imports", "typed", "looked at", "script"])
@given(text=TEXTS)
@example(text=("", "<", ""))
@example(text=("", "<style", ""))
@example(text=("", "&#9", ""))
@example(text=("import ", "a.", "b"))
@example(text=("from ", ".", "!"))
@example(text=("from ", " ", "!"))
@example(text=("from ", "a", " import b,b,b"))
@example(text=("from " + "a" * 2000 + " import ", "b,", ""))
@example(text=("", "from a import (", ""))
@example(text=("%run ", "-a ", "\n"))
@example(text=("%run ", "a/", "b"))
@example(text=("", "From:", ""))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_text_of_whatever_is_repeated_takes_time_in_proportion(
    what: str, text: tuple[str, str, str], tmp_path: Path
) -> None:
    start, middle, end = text

    def of_size(size: int) -> Callable[[], object]:
        whole = start + middle * (size // max(1, len(middle))) + end
        if what == "imports":
            return imports(whole)
        path = of_file(whole, tmp_path, "lab.html" if what == "typed" else "lab.py")
        if what == "typed":
            return lambda: entry(path, "online text")
        return (lambda: look(path)) if what == "looked at" else (lambda: read(path))

    insist_on_linear(of_size)


def read(path: Path) -> object:
    try:
        return read_program(path, path.name, FileKind.MODULE)
    except UnreadableSubmission as error:
        return error


FILES: dict[str, Callable[[int, int], str]] = {
    "all alike under one name": lambda n, lines: "x = 1\n" * lines + f"y = {n}\n",
    "all different under one name": lambda n, lines: "".join(f"x{n} = {line}\n" for line in range(lines)),
    "each needs all": lambda n, lines: "".join(f"import lab{other}\n" for other in range(lines)) + f"n = {n}",
    "each needs the next": lambda n, _: f"import lab{n + 1}\nprint({n})",
    "all empty": lambda _, __: "",
}


@pytest.mark.parametrize("files", sorted(FILES))
@pytest.mark.parametrize("name", ["lab ({}).py", "lab{}.py"])
def test_many_files_take_time_in_proportion(files: str, name: str) -> None:
    def of_size(size: int) -> Callable[[], object]:
        count = size // 80
        made = [Candidate(name.format(n), FileKind.MODULE, FILES[files](n, 50), 0.0) for n in range(count)]
        return lambda: (older_copies(made), roles(made))

    insist_on_linear(of_size)


# ---------------------------------------------------------------- bounds


def refused(path: Path, kind: FileKind = FileKind.NOTEBOOK) -> str:
    with pytest.raises(UnreadableSubmission) as error:
        read_program(path, path.name, kind)
    return str(error.value)


@pytest.mark.parametrize("version", [3, 4])
def test_a_notebook_of_more_cells_than_anybody_writes_is_told_and_the_last_one_allowed_is_read(
    version: int, tmp_path: Path
) -> None:
    def notebook(cells: int) -> Path:
        made = [{"cell_type": "code", "input": "x", "source": "x", "language": "python", "outputs": []}] * cells
        whole = {"worksheets": [{"cells": made}], "nbformat": 3} if version < 4 else {"cells": made, "nbformat": 4}
        return of_file(json.dumps(whole | {"metadata": {}, "nbformat_minor": 0}), tmp_path, "lab.ipynb")

    assert f"has {MOST_CELLS + 1:,} cells" in refused(notebook(MOST_CELLS + 1))
    assert len(read_program(notebook(MOST_CELLS), "lab.ipynb", FileKind.NOTEBOOK).cells) == MOST_CELLS


def test_more_code_than_anybody_writes_is_told(tmp_path: Path) -> None:
    assert "of code" in refused(of_file("a=1;" * (LARGEST_CODE // 4 + 1), tmp_path, "lab.py"), FileKind.MODULE)
    read_program(of_file("a=1;" * (LARGEST_CODE // 4), tmp_path, "lab.py"), "lab.py", FileKind.MODULE)


@pytest.mark.parametrize("part", ["{},", "[],", "1,"])
def test_a_notebook_that_is_made_of_tiny_parts_is_told_before_it_fills_the_memory(part: str, tmp_path: Path) -> None:
    content = '{"cells":[], "x":[' + part * 10_000_000 + "1]}"
    assert "Clear its outputs" in refused(of_file(content, tmp_path, "lab.ipynb"))


def test_a_sign_by_an_endless_number_in_a_typed_text_is_no_failure(tmp_path: Path) -> None:
    assert "typed into the LMS" in entry(of_file("&#" + "9" * 5000 + ";", tmp_path, "a.html"), "text").note


def test_what_a_typed_text_shows_is_counted_without_tags_and_styles(tmp_path: Path) -> None:
    text = "<p>see <b>it</b> 1 &lt; 2</p><STYLE>a{b}</STYLE> end<script>if (a<b) c</script> 3 > 2"
    assert "(22 characters)" in entry(of_file(text, tmp_path, "a.html"), "text").note
