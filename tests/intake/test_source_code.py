"""Students' code is read as Python reads it, and no text of theirs keeps the grader busy."""

import time
from collections.abc import Callable

import pytest

from grader.evidence.names import names
from grader.evidence.outline import outline
from grader.evidence.told import told
from grader.grading.matching.words import section
from grader.intake.source_code import LONGEST, comments, tree
from grader.records import FileKind, Program
from tests.builders import rubric

BUSY = 10.0
"""Seconds of the processor; the slowest of these takes a tenth, and took minutes by patterns that go back."""


def program(cell: str, markdown: str = "", cells: int = 1) -> Program:
    return Program("lab.ipynb", FileKind.NOTEBOOK, (cell,) * cells, (markdown,) * cells, ((),) * cells, {})


def test_a_line_that_begins_with_a_percent_sign_may_be_python() -> None:
    source = 'h_dropout = m.fit(x)\nprint("acc %.3f"\n      % acc)\n'
    assert tree(source) is not None
    assert "h_dropout" in names(program(source), 1, 1)


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!pip install x", "files = !ls", "t = %time f()", "?m"])
def test_what_only_a_notebook_understands_hides_nothing_else(magic: str) -> None:
    source = f"# 5. Dropout\n\n{magic}\nh_dropout = m.fit(x)\n"
    assert [s.line for s in outline(program(source)).fits] == [4]
    assert "h_dropout" in names(program(source), 1, 4).splitlines()
    assert comments(source) == ((1, 0, "# 5. Dropout"),)


@pytest.mark.parametrize("sign", ["\x0c", "\x85", "\u2028"])
def test_lines_are_counted_as_python_counts_them(sign: str) -> None:
    source = (
        f"text = '{sign}'\n# 1. Naive\nm.fit(x)\n\n# 2. Dropout\nm_dropout = m.fit(x)"
        if sign > "\x7f"
        else (f"import keras\n{sign}\n# 1. Naive\nm.fit(x)\n\n# 2. Dropout\nm_dropout = m.fit(x)")
    )
    line = source[: source.index("m_dropout")].count("\n") + 1
    assert told(program(source), [(1, line)])[0][0].splitlines()[0] == "2. Dropout"
    assert "m_dropout" in names(program(source), 1, line)


def named_and_titled(cell: str, markdown: str = "") -> None:
    found = program(cell, markdown)
    above = told(found, [(1, 10**6)])[0][0]
    section(above, rubric().stages)
    names(found, 1, 1)
    outline(found)


HOSTILE: dict[str, Callable[[], tuple[str, str]]] = {
    "a title of blanks": lambda: ("x = 1", "# a" + " " * 20_000 + "x"),
    "headings of HTML": lambda: ("x = 1", "<h1>" * 50_000),
    "stars": lambda: ("x = 1", "**" * 50_000 + "\n" + "_" * 50_000),
    "comments": lambda: ("# a comment\n" * 15_000, ""),
    "one comment": lambda: ("#" + " -" * 90_000, ""),
    "two megabytes": lambda: ("x = 1  # y\n" * 200_000, ""),
    "statements": lambda: ("m.fit(x)\n" + "f(1)\n" * 30_000, ""),
    "a sum": lambda: ("h = m.fit(" + "+".join("1" * 3000) + ")", ""),
    "a chain": lambda: ("h = m" + ".a" * 3000 + ".fit(x)", ""),
    "functions": lambda: ("".join(f"def f{n}():\n f{n + 1}()\n" for n in range(8000)), ""),
    "brackets": lambda: ("(" * 90_000, ""),
    "assignments": lambda: ("a" * 190_000 + " = !ls", ""),
}


@pytest.mark.parametrize("text", sorted(HOSTILE))
def test_no_text_keeps_the_grader_busy(text: str) -> None:
    began = time.process_time()
    named_and_titled(*HOSTILE[text]())
    assert time.process_time() - began < BUSY


def test_what_is_longer_than_any_cell_is_not_parsed() -> None:
    assert tree("x = 1\n" * LONGEST) is None
