from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.similarity.words import MOST_WORDS, words
from tests.similarity import copies
from tests.similarity.honest import lab


def normal(*cells: str, own: tuple[str, ...] = ()) -> list[str]:
    return [word.text for word in words([cells], own)]


@pytest.mark.parametrize("seed", range(12))
def test_a_lab_with_all_names_changed_and_all_comments_gone_reads_the_same(seed: int) -> None:
    cells = lab(Random(seed))
    assert normal(*copies.renamed(cells, Random(seed))) == normal(*cells)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 'relu'  # fast\n\n\ny = 2", 'x = "relu"; y = 2'),
        ("import numpy as np\nnp.random.seed(3)", "from numpy.random import seed as s\ns(3)"),
        ("import tensorflow as tf\nm = tf.keras.layers.Dense(50)", "from keras.layers import Dense\nm = Dense(50)"),
        ("import keras.layers\nkeras.layers.Dense(50)", "from keras.layers import Dense\nDense(50)"),
        ("f(x, epochs=3, verbose=0)", "f(x, verbose=0, epochs=3)"),
        ("def f(a):\n    '''Doc.'''\n    return a", "def g(b: int) -> int:\n    return b"),
        ("total = (1 + 2)", "total = 1 + 2"),
        ("if __name__ == '__main__':\n    run()", "run()"),
        ("x: int = 3", "y = 3"),
        ("print('Accuracy of the test set')", "print('Test result:')"),
        ("%matplotlib inline\n!pip install keras\nx = 1", "y = 1"),
        ("%%time\nx = 1", "x = 1"),
        ("class A:\n    def fill(self):\n        self.level = 1", "class B:\n    def pour(me):\n        me.height = 1"),
        ("def f(units):\n    pass\nf(units=3)", "def g(n):\n    pass\ng(n=3)"),
    ],
)
def test_the_same_work_written_otherwise_reads_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x.fit(a)", "x.predict(a)"),
        ("f(epochs=3)", "f(epochs=4)"),
        ("from keras.layers import Dense\nDense(5)", "from keras.layers import ReLU\nReLU(5)"),
        ("f(a, b)", "f(a)"),
        ("x = 'relu'", "x = 'elu'"),
    ],
)
def test_other_work_reads_otherwise(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_a_name_from_a_module_of_ones_own_can_be_renamed_like_any_other() -> None:
    there, here = "from common import plot\nplot(3)", "from shared import curves\ncurves(3)"
    assert normal(there, own=("common",)) == normal(here, own=("shared",))
    assert normal(there) != normal(here)


def test_what_a_star_import_may_have_brought_keeps_its_name() -> None:
    assert normal("from keras.layers import *\nDense(50)") == normal("from keras.layers import Dense\nDense(50)")


def test_lines_that_are_no_python_are_left_out_and_the_others_keep_their_numbers() -> None:
    found = words([["x = 1\nThis explains it: see below\ny = 2"]])
    assert [word.line for word in found if word.text in {"1", "2"}] == [1, 3]


def test_a_cell_in_another_language_is_left_out() -> None:
    assert normal("%%bash\nls = 3") == []


def test_words_know_their_program_cell_and_line() -> None:
    found = words([["a = 1"], ["b = 2", "\n\nc = 3"]])
    assert (found[-1].text, found[-1][1:]) == ("3", (1, 1, 3))


@pytest.mark.parametrize(
    "cell",
    [
        "(" * 5000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "[" * 150 + "]" * 150,
        "x = " + "1 + " * 20_000 + "1",
        "a\0b = 1",
        "'''",
        "if x:\n" * 300,
        "\ud800 = 1",
        "%",
        "%%",
        "x = 1 \\",
    ],
)
def test_hostile_code_is_read_or_left_out(cell: str) -> None:
    assert normal(cell, "x = 1")[-3:] == ["Assign", "n", "1"]


def test_a_flood_of_code_is_cut() -> None:
    assert len(normal(*["x = f(1, 2, 3)\n" * 1000] * 20)) == MOST_WORDS


@given(st.lists(st.text(st.sampled_from("ab=()[]:.,'\"\n\\ %!?#@0\t{}def \u00e9\0"), max_size=60), max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_left_out(cells: list[str]) -> None:
    for word in words([cells]):
        assert 1 <= word.line <= cells[word.cell].count("\n") + 1
