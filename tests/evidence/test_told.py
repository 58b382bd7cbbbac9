"""What a student says of each training, wherever it stands: keys of tables, remarks, functions, prints, plots."""

import pytest

from grader.evidence.loop_entries import loop_entries
from grader.evidence.told import told
from grader.records import FileKind, Program


def program(*cells: str, markdown: tuple[str, ...] = ()) -> Program:
    above = (*markdown, *("",) * (len(cells) - len(markdown)))
    return Program("lab.ipynb", FileKind.NOTEBOOK, cells, above, ((),) * len(cells), {})


def titles(of: Program, *positions: tuple[int, int]) -> list[list[str]]:
    return [heading.splitlines() for heading, _ in told(of, positions)]


def names(of: Program, *positions: tuple[int, int]) -> list[list[str]]:
    return [found.splitlines() for _, found in told(of, positions)]


LOOP = "for name, options in configs.items():\n    build(**options).fit()\n"
TABLES = {
    "a dictionary": ("configs = {'Naive': dict(), 'Dropout': dict(drop=0.2)}\n", LOOP),
    "one filled line by line": ("configs = {}\nconfigs['Naive'] = 1\nconfigs['Dropout'] = 2\n", LOOP),
    "pairs": ("", "for title, build in [('Naive', a), ('Dropout', b)]:\n    build().fit()\n"),
    "pairs in a list of their own": (
        "runs = [('Naive', 1)]\nruns.append(('Dropout', 2))\n",
        "for t, n in runs:\n    f()\n",
    ),
    "dictionaries": ("", "for c in [{'drop': 0, 'name': 'Naive'}, {'drop': 1, 'name': 'Dropout'}]:\n    f(c)\n"),
    "texts beside a list": ("", "for t, b in zip(['Naive', 'Dropout'], builders):\n    b().fit()\n"),
    "counted pairs": ("", "for n, (t, b) in enumerate([('Naive', a), ('Dropout', b)]):\n    b().fit()\n"),
}


@pytest.mark.parametrize("table", TABLES)
def test_the_entry_that_a_loop_was_at_is_the_title_of_its_training(table: str) -> None:
    before, loop = TABLES[table]
    assert titles(program(before, loop), (2, 2), (2, 2)) == [["Naive"], ["Dropout"]]


def test_a_list_of_functions_names_each_training() -> None:
    loop = "for build in [build_naive, build_dropout]:\n    build().fit()\n"
    assert names(program(loop), (1, 2), (1, 2)) == [["build_naive"], ["build_dropout"]]


def test_two_trainings_in_each_round_are_both_of_its_entry() -> None:
    of = program(TABLES["a dictionary"][0], LOOP)
    assert titles(of, *[(2, 2)] * 4) == [["Naive"], ["Naive"], ["Dropout"], ["Dropout"]]


@pytest.mark.parametrize("trainings", [1, 3])
def test_where_there_are_not_as_many_trainings_as_entries_the_table_says_nothing(trainings: int) -> None:
    of = program(TABLES["a dictionary"][0], LOOP)
    assert titles(of, *[(2, 2)] * trainings) == [[]] * trainings


@pytest.mark.parametrize("over", ["range(6)", "make()", "configs", "sorted(['Naive', 'Dropout'])"])
def test_a_loop_over_what_is_not_written_down_has_no_entries(over: str) -> None:
    assert loop_entries(program(f"for x in {over}:\n    f(x)\n"), 1, 2) == ()


REMARKS = """
# Naive MLP
net = build()
# optimizer
net.fit()

# Dropout
net = build()
net.fit()
"""


def test_a_remark_that_begins_a_paragraph_is_told_of_the_training_below_it() -> None:
    assert titles(program(REMARKS), (1, 5), (1, 9)) == [["~ Naive MLP"], ["~ Dropout"]]


def test_a_fresh_title_comes_before_a_remark_and_an_old_one_after_it() -> None:
    of = program("f.fit()", "\n# remark\ng.fit()", markdown=("## Old", "## Fresh"))
    assert titles(of, (1, 1), (2, 3))[1] == ["## Fresh", "~ remark", "## Old"]
    of = program("f.fit()", "\n# remark\ng.fit()", markdown=("## Old",))
    assert titles(of, (1, 1), (2, 3))[1] == ["~ remark", "## Old"]


@pytest.mark.parametrize(
    "comment", ["# x = 1", "# It says what the code below does, at length and in a sentence", "# Done."]
)
def test_code_and_sentences_are_no_remarks(comment: str) -> None:
    assert titles(program(f"\n{comment}\nf.fit()"), (1, 3)) == [[]]


def test_a_title_with_a_colon_is_no_code_though_python_reads_it_as_a_type() -> None:
    assert titles(program("#*** Model2: Dropout ***#\nf.fit()"), (1, 2)) == [["Model2: Dropout"]]


def test_what_made_the_model_since_the_training_before_names_it() -> None:
    of = program("net = build_naive()", "net.fit()", "net = build_dropout()\nnet.fit()")
    assert names(of, (2, 1), (3, 2)) == [["net", "build_naive"], ["net", "build_dropout"]]


def test_a_plot_in_a_later_cell_names_the_training_before_it() -> None:
    of = program("a.fit()", "plt.plot(h, label='train')\nplt.title('Naive')", "b.fit()", "plt.title('Dropout')")
    assert names(of, (1, 1), (3, 1)) == [["a", "Naive"], ["b", "Dropout"]]


def test_prints_are_told_as_before_and_after() -> None:
    of = program("print('Naive')\na.fit()\nprint('Dropout')\nb.fit()")
    assert names(of, (1, 2), (1, 4)) == [["a", "> Dropout", "< Naive"], ["b", "< Dropout"]]


HOSTILE = {
    "one line of very many statements": (program("a;" * 100_000 + "\nm.fit(x, y)"), [(1, 2)]),
    "a thousand trainings at one place below three hundred cells": (
        program(*("print('x')\n" * 200 for _ in range(300)), "for i in r:\n    m.fit(x, y)"),
        [(301, 2)] * 1000,
    ),
    "remarks without end": (program("# a\n\n" * 150_000 + "m.fit()\n" * 1000), [(1, 300_001 + n) for n in range(1000)]),
    "empty cells after it": (program("m.fit(x, y)", *["#"] * 3000), [(1, 1)]),
    "calls of calls of calls": (program(f"t = [a{'()' * 1500}, b]\nfor m in t:\n    m.fit(x, y)"), [(1, 3)] * 2),
    "places that are none": (program("m.fit()"), [(0, 0), (9, 9), (1, 0), (-1, 3)]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_program_is_read_within_bounds(kind: str) -> None:
    """Not timed: without the bounds each of them takes from minutes to hours, or breaks."""
    of, positions = HOSTILE[kind]
    said = told(of, positions)
    assert len(said) == len(positions)
    assert all(len(heading) < 10_000 and len(found) < 1000 for heading, found in said)


def test_a_long_key_is_cut_and_one_of_several_lines_is_one_title() -> None:
    of = program(f"for k in ['{'x' * 50_000}', '''a\n# Dropout''']:\n    build(k).fit()\n")
    first, second = titles(of, (1, 3), (1, 3))
    assert len(first[0]) < 200
    assert second == ["a # Dropout"]


def test_a_print_of_several_lines_is_one_text() -> None:
    of = program("print('''\n--- Dropout ---\n''')\nm.fit()")
    assert names(of, (1, 4)) == [["m", "< --- Dropout ---"]]


def test_names_of_keras_in_the_line_are_no_names_for_the_training() -> None:
    of = program("train(net, keras.optimizers.SGD(0.001), keras.layers.BatchNormalization())")
    assert names(of, (1, 1)) == [["train", "net"]]
