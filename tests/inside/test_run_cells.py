"""A notebook runs cell by cell in a real kernel: what goes wrong in one cell is noted, and the next one runs."""

from pathlib import Path

import pytest

from grader.evidence.trace import (
    AdvisoryEvent,
    CellBegin,
    CellEnd,
    End,
    Environment,
    Fault,
    FitBegin,
    FitEnd,
    Load,
    Plot,
)
from grader.inside.environment import other_images
from tests.inside.conftest import NUMBERS, RANDOM, TOUR
from tests.inside.running import Ran, run

pytestmark = pytest.mark.slow
SHAPES = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))


def cell(tour: Ran, name: str) -> CellEnd:
    return tour.cell(NUMBERS[name])


def printed(tour: Ran, name: str) -> str:
    return tour.printed(NUMBERS[name])


def advisories(tour: Ran) -> list[str]:
    return [e.message for e in tour.of(AdvisoryEvent)]


def lines(tour: Ran, name: str) -> list[tuple[float | None, ...]]:
    return [line for e in tour.of(Plot) if e.cell == NUMBERS[name] for line in e.lines]


# ---------------------------------------------------------------- from cell to cell


def test_every_cell_has_its_turn_and_the_end_is_told(tour: Ran) -> None:
    assert [e.number for e in tour.of(CellBegin)] == list(NUMBERS.values())
    assert [e.number for e in tour.of(CellEnd)] == list(NUMBERS.values())
    assert isinstance(tour.events[-1], End)
    assert tour.events[-1].ending == "completed"


def test_the_versions_are_told_before_the_first_cell(tour: Ran) -> None:
    assert isinstance(tour.events[0], Environment)
    assert tour.events[0].keras.startswith("3.")


def test_nothing_that_a_student_does_is_a_fault_of_the_recorder(tour: Ran) -> None:
    assert tour.of(Fault) == []


RAISED = {
    "does not parse": "SyntaxError: ",
    "raises": "ZeroDivisionError: division by zero",
    "unknown history": "KeyError: 'nothing'",
    "missing history": "KeyError: 'val_acc'",
    "wrong argument": "ValueError: Argument(s) not recognized",
    "cifar": "FileNotFoundError: this lab asks for MNIST; the data set cifar10 is not available here.",
    "sys.exit": "SystemExit: 3",
    "a long message": "ValueError: yyy",
    "epochs of None": "TypeError: ",
    "epochs of text": "TypeError: ",
    "batch of text": "TypeError: ",
    "a split of text": "TypeError: ",
    "no features": "",
    "an unknown argument": "TypeError: ",
}


@pytest.mark.parametrize("name", sorted(RAISED))
def test_a_cell_that_raises_is_noted_with_what_it_raised(name: str, tour: Ran) -> None:
    assert cell(tour, name).status == "error"
    assert cell(tour, name).error.startswith(RAISED[name])


@pytest.mark.parametrize("name", sorted(TOUR.keys() - RAISED.keys()))
def test_the_other_cells_run_whatever_went_wrong_before_them(name: str, tour: Ran) -> None:
    assert (cell(tour, name).status, cell(tour, name).error) == ("ok", "")


def test_a_cell_runs_up_to_where_it_raises(tour: Ran) -> None:
    assert printed(tour, "raises") == "before\n"


def test_a_cell_after_one_that_exits_or_does_not_parse_is_still_there(tour: Ran) -> None:
    assert printed(tour, "after sys.exit") == "still here\n"
    assert printed(tour, "after what does not parse") == "after\n"


def test_cells_that_do_not_parse_count_so_that_later_numbers_are_right(tour: Ran) -> None:
    assert next(e.cell for e in tour.of(Load)) == NUMBERS["load_data"]
    assert {e.cell for e in tour.of(FitBegin)} >= {NUMBERS["old history"], NUMBERS["a metric of many values"]}


def test_a_notebook_is_the_main_module_and_no_file(tour: Ran) -> None:
    assert printed(tour, "who") == "__main__ False\n"


# ---------------------------------------------------------------- what is kept of its output


@pytest.mark.parametrize("name", ["a million letters", "many prints"])
def test_output_is_cut_where_it_is_too_much_and_the_rest_is_counted(name: str, tour: Ran) -> None:
    kept, whole = (
        len(printed(tour, name)),
        1_000_001 if "million" in name else sum(len(f"line {n}\n") for n in range(30_000)),
    )
    assert kept == 256 << 10
    assert cell(tour, name).left_out == whole - kept


def test_every_cell_has_the_whole_allowance(tour: Ran) -> None:
    assert "hello" in printed(tour, "shell")
    assert cell(tour, "shell").left_out == 0


def test_a_message_without_end_is_cut(tour: Ran) -> None:
    assert len(cell(tour, "a long message").error) == 500
    assert len(str(cell(tour, "a long message").outputs)) < 100_000


def test_warnings_are_output_and_nothing_more(tour: Ran) -> None:
    assert "careful" in str(cell(tour, "warnings").outputs)
    assert printed(tour, "warnings") == "on\n"


# ---------------------------------------------------------------- old names


def test_np_utils_is_there_under_every_way_to_import_it(tour: Ran) -> None:
    assert printed(tour, "np_utils") == "[[0.0, 1.0, 0.0]] (1, 3) (1, 3)\n[[1.0, 0.0]]\n"


def test_an_old_module_is_todays_module_under_its_old_name(tour: Ran) -> None:
    assert printed(tour, "old layers") == "True True\n"


def test_old_arguments_of_optimizers_are_todays(tour: Ran) -> None:
    assert printed(tour, "old arguments") == "0.01 0.9 0.002\n"


def test_history_answers_to_the_old_names_and_the_new_ones(tour: Ran) -> None:
    assert printed(tour, "old history") == "True 2 ['accuracy', 'loss']\n"
    assert printed(tour, "new history") == "True\n"


def test_history_is_a_dictionary_like_any_other(tour: Ran) -> None:
    assert printed(tour, "history as a table") == "['accuracy', 'loss'] True\n"


@pytest.mark.parametrize(
    "words",
    [
        "keras.utils.np_utils was removed in Keras 3; import from keras.utils instead",
        "tensorflow.keras.utils.np_utils was removed in Keras 3; import from tensorflow.keras.utils instead",
        "keras.layers.core was removed in Keras 3; import from keras.layers instead",
        "SGD(lr=…) was removed in Keras 3; write SGD(learning_rate=…) instead",
        "Adam(lr=…) was removed in Keras 3; write Adam(learning_rate=…) instead",
        "SGD(decay=…) was removed in Keras 3; write SGD(learning_rate=keras.optimizers.schedules.InverseTimeDecay(…))",
        "input() has nobody to answer it here and got an empty line; write the value into the program",
        other_images.FASHION,
        "history.history['acc'] is 'accuracy' in this Keras; write history.history['accuracy'] instead",
        "history.history['accuracy'] is 'acc' in this Keras; write history.history['acc'] instead",
    ],
)
def test_each_old_name_is_told_once_with_what_to_write_instead(words: str, tour: Ran) -> None:
    assert [a.startswith(words) for a in advisories(tour)].count(True) == 1


# ---------------------------------------------------------------- the data set


def test_load_data_gives_the_official_arrays(tour: Ran) -> None:
    assert printed(tour, "load_data") == "(60000, 28, 28) (60000,) (10000, 28, 28) (10000,) uint8 35867\n"


def test_every_alias_of_load_data_gives_them_whatever_path_it_names(tour: Ran) -> None:
    assert printed(tour, "load_data of tf.keras with a path") == "True True\n"


def test_each_load_is_recorded_and_a_refused_one_too(tour: Ran) -> None:
    loads = [(e.cell, e.dataset, e.shapes) for e in tour.of(Load)]
    assert loads == [
        (NUMBERS["load_data"], "mnist", SHAPES),
        *[(NUMBERS["load_data of tf.keras with a path"], "mnist", SHAPES)] * 2,
        (NUMBERS["fashion"], "fashion-mnist", ()),
        (NUMBERS["cifar"], "cifar10", ()),
    ]


def test_the_files_lie_in_the_working_directory_and_nothing_else_does(tour: Ran) -> None:
    names, sizes, *_ = printed(tour, "files").splitlines()
    assert names == str(["mnist.npz", *(f"{n}-ubyte.gz" for n in (
        "t10k-images-idx3", "t10k-labels-idx1", "train-images-idx3", "train-labels-idx1"))])  # fmt: skip
    assert sizes == "10008 (10000, 28, 28)"


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("pyplot", [(0.25, None), (3.0, 4.0), (7.0, 8.0)]),
        ("axes", [(0.125, 0.5)]),
        ("pandas", [(0.1, 0.2), (0.3, 0.4)]),
        ("seaborn", [(0.6, 0.7)]),
        ("points", [(0.5, 0.25, 0.75), (0.1, 0.2)]),
        ("bars", [(0.5, 0.25), (0.1, 0.2), (0.3, 0.4)]),
        ("a line that grows", [(0.5, 0.625), (0.5, 0.75)]),
        ("categories", [(0.0, 1.0)]),
        ("dates", [(19949.0,)]),
        ("an empty figure", []),
    ],
)
def test_a_line_is_recorded_whatever_draws_it(name: str, drawn: list[tuple[float | None, ...]], tour: Ran) -> None:
    assert lines(tour, name) == drawn


# ---------------------------------------------------------------- fits


def test_a_fit_that_refuses_its_arguments_is_recorded_with_what_it_raised(tour: Ran) -> None:
    ends = {e.fit: e.error for e in tour.of(FitEnd)}
    raised = {e.cell: ends[e.fit] for e in tour.of(FitBegin) if ends[e.fit]}
    refused = ("epochs of None", "epochs of text", "batch of text", "a split of text", "no features")
    assert sorted(raised) == [NUMBERS[name] for name in refused]


# ---------------------------------------------------------------- other programs


@pytest.fixture(scope="module")
def dying(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    cells = ["import keras", RANDOM, "import os; os.abort()", "print('never')"]
    return run(tmp_path_factory.mktemp("dying"), mnist, cells)


def test_a_kernel_that_crashes_has_died_and_what_was_before_is_kept(dying: Ran) -> None:
    assert [e.number for e in dying.of(CellEnd)] == [1, 2]
    assert [e.number for e in dying.of(CellBegin)] == [1, 2, 3]
    assert [e.ending for e in dying.of(End)] == ["kernel died"]


def test_the_same_notebook_draws_the_same_random_numbers_again(dying: Ran, tour: Ran) -> None:
    assert dying.printed(2) == tour.printed(2)
    assert len(set(dying.printed(2).split())) == 4


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    folder = tmp_path_factory.mktemp("script")
    (folder / "beside.py").write_text("NAME = 'beside'\n")
    (folder / "json.py").write_text("raise ImportError('a local json')\n")
    source = """
import os, sys
import beside
from keras.datasets import mnist
print(beside.NAME, __name__, os.path.basename(__file__), [os.path.basename(a) for a in sys.argv])
print(sorted(f for f in os.listdir() if f.endswith(".py")), mnist.load_data()[0][0].shape)
if __name__ == "__main__":
    print("main")
exit()
print("never")
"""
    files = {f"week 2/{n}.py": folder / f"{n}.py" for n in ("beside", "json")}
    return run(folder, mnist, [source], name="week 2/lab.py", files=files)


def test_a_script_finds_what_lies_beside_it_in_whatever_folder_that_is(script: Ran) -> None:
    first, second, third = script.printed(1).splitlines()
    assert first == "beside __main__ lab.py ['lab.py']"
    assert second == "['beside.py', 'json.py'] (60000, 28, 28)"
    assert third == "main"


def test_a_script_ends_where_it_exits(script: Ran) -> None:
    assert "never" not in script.printed(1)
    assert script.cell(1).error.startswith("SystemExit")
    assert [e.ending for e in script.of(End)] == ["completed"]


def test_what_a_student_checks_a_notebook_with_does_nothing_and_stops_no_cell(tour: Ran) -> None:
    said = tour.printed(NUMBERS["the grader's own name"]).splitlines()
    assert len(said) == 3
    assert said[0].startswith("grader: this is the grader's own run")
    assert said[-1] == "went on"
