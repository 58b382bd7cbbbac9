from dataclasses import replace
from fractions import Fraction

import pytest

from grader.checks.execution import DRAWING, CurvesPlotted, EvaluatedOnTestImages
from grader.inside.environment.stand_ins import QUIET, WHY
from grader.records import Advisory, DataFacts, Evaluation, Outcome
from tests.builders import TEST, TRAIN, all_facts, perfect_run, perfect_runs, refit

CURVES = CurvesPlotted()
EVALUATED = EvaluatedOnTestImages(dataset="mnist", rows=10_000)


@pytest.mark.parametrize(
    ("drawn", "lost", "found"),
    [
        (("loss", "val_loss", "accuracy", "val_accuracy"), Fraction(0), "all 6 stages"),
        (("accuracy",), Fraction(1, 2), "init: training accuracy alone"),
        (("val_accuracy", "loss"), Fraction(1, 2), "init: validation accuracy alone"),
        (("val_loss",), Fraction(1, 2), "init: loss alone"),
        ((), Fraction(1), "init: no plot"),
    ],
)
def test_curves_that_lack_something_cost_part_of_their_stage(
    drawn: tuple[str, ...], lost: Fraction, found: str
) -> None:
    verdict = CURVES.judge(all_facts(perfect_runs() | {"init": perfect_run("init", plotted=drawn)}))
    assert verdict.share == 1 - lost / 6
    assert verdict.found == found


def test_a_stage_without_a_run_and_one_without_a_fit_have_no_curves() -> None:
    runs = perfect_runs() | {"init": perfect_run("init", fit=None)}
    del runs["dropout"]
    verdict = CURVES.judge(all_facts(runs))
    assert verdict.share == Fraction(4, 6)
    assert verdict.found == "init: compiled but never trained; dropout: no training run"


@pytest.mark.parametrize(("lines", "outcome"), [(1, Outcome.PARTIAL), (2, Outcome.NOT_ASSESSED)])
def test_two_lines_of_as_many_points_as_epochs_that_nobody_can_read_are_for_a_person_to_see(
    lines: int, outcome: Outcome
) -> None:
    unread = perfect_run("init", plotted=(), unread_curves=lines)
    assert CURVES.judge(all_facts(perfect_runs() | {"init": unread})).outcome is outcome
    known = perfect_run("init", unread_curves=lines)
    assert CURVES.judge(all_facts(perfect_runs() | {"init": known})).outcome is Outcome.PASSED


@pytest.mark.parametrize(("package", "seen"), [("livelossplot", False), ("wandb", True)])
def test_curves_that_a_package_may_have_drawn_that_is_not_here_are_for_a_person_to_see(
    package: str, seen: bool
) -> None:
    told = (Advisory("lab.ipynb", 1, f"{package} {WHY}"),)
    assert DRAWING < QUIET
    verdict = CURVES.judge(all_facts(perfect_runs() | {"init": perfect_run("init", plotted=())}, advisories=told))
    assert (verdict.outcome is Outcome.NOT_ASSESSED, package in verdict.review) == (not seen, not seen)
    assert CURVES.judge(all_facts(perfect_runs(), advisories=told)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (replace(TEST, shape=(5_000, 784)), "init: evaluated on 5,000 rows of MNIST test images"),
        (TRAIN, "init: evaluated on 19,800 rows of MNIST train images"),
        (DataFacts((10_000, 784), "uint8"), "init: evaluated on 10,000 rows of images that are not recognised"),
    ],
)
def test_only_all_official_test_images_count(images: DataFacts, found: str) -> None:
    run = perfect_run("init", evaluations=(Evaluation(9, "evaluate", images, 0.5),))
    verdict = EVALUATED.judge(all_facts(perfect_runs() | {"init": run}))
    assert verdict.share == Fraction(5, 6)
    assert verdict.found == found


def test_an_evaluation_on_the_images_of_another_data_set_that_was_trained_on_is_not_assessed() -> None:
    other = replace(TRAIN, dataset="fashion-mnist")
    run = refit(perfect_run("init", evaluations=(Evaluation(9, "evaluate", other, 0.5),)), images=other)
    verdict = EVALUATED.judge(all_facts(perfect_runs() | {"init": run}))
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "trained on FASHION-MNIST" in verdict.found


@pytest.mark.parametrize(
    ("untrained", "outcome"), [(False, Outcome.NOT_ASSESSED), (True, Outcome.PARTIAL)], ids=["after", "before"]
)
def test_an_evaluation_that_nobody_could_look_into_is_shown_to_a_person(untrained: bool, outcome: Outcome) -> None:
    unseen = Evaluation(9, "predict", DataFacts((), ""), untrained=untrained)
    run = perfect_run("init", evaluations=(unseen,))
    verdict = EVALUATED.judge(all_facts(perfect_runs() | {"init": run}))
    assert verdict.outcome is outcome
    assert ("could not be seen" in verdict.found) is not untrained
    beside = replace(run, evaluations=(unseen, Evaluation(9, "evaluate", TEST, 0.5)))
    assert EVALUATED.judge(all_facts(perfect_runs() | {"init": beside})).outcome is Outcome.PASSED


def test_an_evaluation_before_the_training_is_none_of_the_trained_network() -> None:
    early, late = (Evaluation(3, "evaluate", TEST, 0.1, untrained=untrained) for untrained in (True, False))
    before = perfect_run("init", evaluations=(early,))
    verdict = EVALUATED.judge(all_facts(perfect_runs() | {"init": before}))
    assert verdict.share == Fraction(5, 6)
    assert verdict.found == "init: evaluated before it was trained, and not after"
    both = perfect_run("init", evaluations=(early, late))
    assert EVALUATED.judge(all_facts(perfect_runs() | {"init": both})).outcome is Outcome.PASSED


def test_a_prediction_on_the_test_images_counts_as_evaluation() -> None:
    run = perfect_run("init", evaluations=(Evaluation(9, "predict", TEST),))
    assert EVALUATED.judge(all_facts(perfect_runs() | {"init": run})).outcome is Outcome.PASSED


def test_no_evaluation_names_the_stage() -> None:
    run = perfect_run("init", evaluations=())
    assert EVALUATED.judge(all_facts(perfect_runs() | {"init": run})).found == "init: not evaluated"
