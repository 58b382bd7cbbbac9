from dataclasses import replace
from fractions import Fraction

import pytest

from grader.checks.data import DatasetLoaded, Flattened, OneHot, Rows
from grader.records import DataFacts, DataLoad, Ending, LabelFacts, Layer, Outcome
from tests.builders import (
    OFFICIAL,
    ONE_HOT,
    TEST,
    TRAIN,
    all_facts,
    execution,
    perfect_run,
    perfect_runs,
    rebuilt,
    recompiled,
    refit,
)

MNIST = DatasetLoaded(dataset="mnist", shapes=OFFICIAL)
FLAT = Flattened(features=784)
CUT = Rows(rows=19_800)
HOT = OneHot(classes=10)
CLASSES = LabelFacts((19_800,), "uint8", "classes", 1.0)


def test_images_recognised_in_fit_prove_the_load_wherever_they_came_from() -> None:
    assert MNIST.judge(all_facts(perfect_runs(), loads=())).outcome is Outcome.PASSED


def test_a_load_with_the_official_shapes_counts_without_any_training() -> None:
    verdict = MNIST.judge(all_facts({}))
    assert verdict.found == "loaded in cell 2"
    assert verdict.outcome is Outcome.PASSED


def test_files_loaded_one_by_one_count_together() -> None:
    loads = tuple(DataLoad("lab.ipynb", 2, "mnist", f"file {i}", (shape,)) for i, shape in enumerate(OFFICIAL))
    assert MNIST.judge(all_facts({}, loads=loads)).outcome is Outcome.PASSED
    assert MNIST.judge(all_facts({}, loads=loads[:2])).outcome is Outcome.FAILED


def test_fashion_mnist_is_another_lab() -> None:
    runs = {"naive": refit(perfect_run("naive"), images=replace(TRAIN, dataset="fashion-mnist"))}
    verdict = MNIST.judge(all_facts(runs))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "this lab asks for MNIST; trained on FASHION-MNIST"


def test_a_refused_data_set_is_named() -> None:
    loads = (DataLoad("lab.ipynb", 2, "cifar10", "load_data"),)
    assert MNIST.judge(all_facts({}, loads=loads)).found == "this lab asks for MNIST; the program asks for CIFAR10"


def test_a_flatten_layer_does_what_reshape_does() -> None:
    square = refit(perfect_run("naive"), images=replace(TRAIN, shape=(19_800, 28, 28)))
    assert FLAT.judge(all_facts({"naive": square})).found == "images of shape (19800, 28, 28) in cell 3"
    flattening = rebuilt(square, Layer("rescale"), Layer("flatten"), *square.architecture.layers)
    assert FLAT.judge(all_facts({"naive": flattening})).outcome is Outcome.PASSED


def test_each_run_has_an_equal_share() -> None:
    runs = perfect_runs()
    runs["dropout"] = refit(runs["dropout"], images=replace(TRAIN, shape=(19_800, 28, 28)))
    assert FLAT.judge(all_facts(runs)).share == Fraction(5, 6)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"validation": "none", "training_rows": 19_800, "validation_rows": 0}, Outcome.PASSED),
        ({"validation": "data", "training_rows": 19_800, "validation_images": TEST}, Outcome.PASSED),
        (
            {
                "validation": "data",
                "images": replace(TRAIN, shape=(13_860, 784)),
                "validation_images": replace(TRAIN, shape=(5_940, 784)),
            },
            Outcome.PASSED,
        ),
        (
            {"images": replace(TRAIN, shape=(60_000, 784)), "training_rows": 42_000, "validation_rows": 18_000},
            Outcome.FAILED,
        ),
        (
            {
                "validation": "data",
                "images": replace(TRAIN, shape=(9_800, 784)),
                "training_rows": 9_800,
                "validation_rows": 10_000,
                "validation_images": TEST,
            },
            Outcome.FAILED,
        ),
    ],
)
def test_rows_are_counted_with_validation_but_without_test_images(changes: dict[str, object], outcome: Outcome) -> None:
    assert CUT.judge(all_facts({"naive": refit(perfect_run("naive"), **changes)})).outcome is outcome


def test_class_numbers_need_the_sparse_loss() -> None:
    run = refit(perfect_run("naive"), labels=CLASSES)
    verdict = HOT.judge(all_facts({"naive": run}))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "integer labels of shape (19800,) with categorical_crossentropy in cell 3"
    sparse = recompiled(run, loss="sparse_categorical_crossentropy")
    assert HOT.judge(all_facts({"naive": sparse})).outcome is Outcome.PASSED
    assert OneHot(classes=10, accept_sparse=False).judge(all_facts({"naive": sparse})).outcome is Outcome.FAILED


def test_what_fit_raised_about_the_labels_is_repeated() -> None:
    run = refit(perfect_run("naive", error="ValueError: shapes"), labels=CLASSES)
    assert "fit raised ValueError: shapes" in HOT.judge(all_facts({"naive": run})).found


def test_labels_over_eleven_columns_are_not_one_hot_over_ten_classes() -> None:
    run = refit(perfect_run("naive"), labels=replace(ONE_HOT, shape=(19_800, 11)))
    assert HOT.judge(all_facts({"naive": run})).outcome is Outcome.FAILED


@pytest.mark.parametrize("check", [FLAT, CUT, HOT])
def test_without_training_no_array_was_handed_to_fit(check: Flattened | Rows | OneHot) -> None:
    verdict = check.judge(all_facts({}, executions=(execution(Ending.KERNEL_DIED),)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "no array was handed to fit (lab.ipynb: kernel died)"


@pytest.mark.parametrize("check", [FLAT, CUT, HOT])
def test_what_cannot_be_looked_into_is_not_assessed(check: Flattened | Rows | OneHot) -> None:
    run = refit(perfect_run("naive"), images=None, labels=None, training_rows=0, validation_rows=0)
    assert check.judge(all_facts({"naive": run})).outcome is Outcome.NOT_ASSESSED


def test_a_run_that_answers_no_stage_is_looked_at_where_none_does() -> None:
    run = refit(perfect_run("naive"), images=DataFacts((100, 28, 28), "uint8"))
    seen = replace(all_facts({"naive": run}), matches={})
    assert FLAT.judge(seen).outcome is Outcome.FAILED


def test_who_asks_for_another_data_set_and_is_given_mnist_is_told_so_and_loses_only_that() -> None:
    loads = (DataLoad("lab.ipynb", 1, "fashion-mnist", "load_data"),)
    verdict = MNIST.judge(all_facts(perfect_runs(), loads=loads))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "this lab asks for MNIST; the program asks for FASHION-MNIST"
    assert verdict.review
