"""What was trained counts, not what was asked for; what the grader ends, and Keras's EarlyStopping, is free."""

from decimal import Decimal
from typing import Any

import pytest

from grader.checks.accuracy import MeasuredAccuracy, VanishingGradient
from grader.checks.epochs import Epochs
from grader.inside.protocol import BY_KERAS, BY_NOBODY_KNOWN, BY_PROGRAM
from grader.records import Ending, Outcome, TrainingRun, Verdict
from tests.builders import band, evidence, execution, facts, graded, perfect_run, perfect_runs, refit

CHECK = Epochs(at_least=100)


def ended(by: str = BY_PROGRAM, done: int = 1, **changes: Any) -> TrainingRun:
    monitor = changes.pop("monitor", "")
    return refit(perfect_run("naive", **changes), epochs_done=done, ended_by=by, monitor=monitor)


def verdict(run: TrainingRun, check: Epochs = CHECK) -> Verdict:
    return check.judge(facts(run, "naive"))


def test_one_epoch_of_a_hundred_by_a_callback_is_one_epoch() -> None:
    found = verdict(ended())
    assert found.outcome is Outcome.FAILED
    assert found.found == "100 epochs asked for, 1 done: the program itself ended the training"
    assert "EarlyStopping" in found.help
    assert not found.review


def test_what_keras_ends_by_early_stopping_costs_nothing() -> None:
    found = verdict(ended(BY_KERAS, 37, monitor="val_loss", history={"val_loss": (0.5, 0.3, 0.31)}))
    assert (found.outcome, found.review) == (Outcome.PASSED, "")
    assert found.found == "100 epochs asked for, 37 done; Keras's EarlyStopping ended it"


def test_a_rubric_may_not_let_early_stopping_pass() -> None:
    assert verdict(ended(BY_KERAS, 37), Epochs(at_least=100, early_stopping=False)).outcome is Outcome.FAILED


def test_early_stopping_at_once_is_shown_to_a_person() -> None:
    assert "after 2 epochs" in verdict(ended(BY_KERAS, 2)).review


@pytest.mark.parametrize(
    ("monitor", "values"),
    [("val_loss", (0.9, 0.7, 0.5)), ("val_accuracy", (0.5, 0.7, 0.9)), ("loss", (2.0, None, 1.0))],
)
def test_early_stopping_of_what_still_gets_better_is_shown_to_a_person(
    monitor: str, values: tuple[float | None, ...]
) -> None:
    found = verdict(ended(BY_KERAS, 20, monitor=monitor, history={monitor: values}))
    assert found.outcome is Outcome.PASSED
    assert "still got better" in found.review


@pytest.mark.parametrize("values", [(), (0.5,), (0.5, 0.3, 0.301), (0.5, 0.3, 0.295)])
def test_early_stopping_of_what_has_stopped_is_not(values: tuple[float, ...]) -> None:
    assert not verdict(ended(BY_KERAS, 20, monitor="val_loss", history={"val_loss": values})).review


def test_a_loss_that_is_no_number_any_more_ends_a_training_as_it_should() -> None:
    assert verdict(ended(done=3, history={"loss": (2.0, 9.0, None)})).outcome is Outcome.PASSED


def test_a_callback_that_waits_for_a_target_may_be_free_where_the_network_has_learnt_nearly_all() -> None:
    check = Epochs(at_least=100, learnt=Decimal("0.99"))
    assert verdict(ended(done=40, history={"accuracy": (0.8, 0.991)}), check).outcome is Outcome.PASSED
    assert verdict(ended(done=40, history={"accuracy": (0.8, 0.97)}), check).outcome is Outcome.FAILED
    assert verdict(ended(done=40, history={"accuracy": (0.8, 0.991)})).outcome is Outcome.FAILED


@pytest.mark.parametrize("error", ["StopIteration: ", "KeyboardInterrupt: "])
def test_an_exception_that_ends_fit_ends_the_training(error: str) -> None:
    found = verdict(refit(perfect_run("naive", finished=False, error=error), epochs_done=1))
    assert found.outcome is Outcome.FAILED
    assert f"fit raised {error}" in found.found


def test_what_a_limit_of_the_graders_ends_costs_nothing_here() -> None:
    cut = refit(perfect_run("naive", finished=False), epochs_done=12)
    assert verdict(cut).outcome is Outcome.PASSED
    interrupted = refit(perfect_run("naive", finished=False, error="KeyboardInterrupt: "), epochs_done=12)
    late = evidence([interrupted], executions=(execution(Ending.TIMED_OUT),))
    assert CHECK.judge(facts(interrupted, "naive", evidence=late)).outcome is Outcome.PASSED


def test_a_history_that_does_not_say_who_ended_it_is_taken_as_it_was_asked() -> None:
    assert verdict(ended(BY_NOBODY_KNOWN, 12)).outcome is Outcome.PASSED


def test_epochs_of_one_step_are_no_passes_over_the_images() -> None:
    run = refit(perfect_run("naive"), steps_done=100, steps_due=5_400)
    found = verdict(run)
    assert found.outcome is Outcome.FAILED
    assert "in 100 steps, where as many passes over all training images take 5,400" in found.found
    assert "steps_per_epoch" in found.help


@pytest.mark.parametrize(("done", "due"), [(5_400, 5_400), (5_500, 5_400), (None, 5_400), (7, None), (2_750, 5_400)])
def test_steps_of_honest_epochs_cost_nothing(done: int | None, due: int | None) -> None:
    assert verdict(refit(perfect_run("naive"), steps_done=done, steps_due=due)).outcome is Outcome.PASSED


def test_the_few_rows_of_quick_mode_are_no_fault_of_the_program() -> None:
    run = refit(perfect_run("naive"), epochs_done=2, capped=True, steps_done=10, steps_due=108)
    assert verdict(run).outcome is Outcome.PASSED


CUT = {"ended_by": BY_PROGRAM, "epochs_done": 1}
FEW = {"steps_done": 100, "steps_due": 5_400}


@pytest.mark.parametrize("changes", [CUT, FEW])
def test_not_having_learnt_in_what_was_hardly_a_training_shows_nothing(changes: dict[str, Any]) -> None:
    run = refit(perfect_run("naive"), **changes)
    found = VanishingGradient(full_up_to=Decimal("0.25"), none_from=Decimal("0.5")).judge(facts(run, "naive"))
    assert found.outcome is Outcome.NOT_ASSESSED
    assert "does not show that it never learns" in found.review
    low = MeasuredAccuracy(floor=Decimal("0.15")).judge(facts(run, "naive"))
    assert low.outcome is Outcome.NOT_ASSESSED
    assert band("naive").low < 0.15


def test_not_having_learnt_in_few_epochs_that_were_asked_for_is_what_it_is() -> None:
    run = refit(perfect_run("naive"), epochs_asked=5, epochs_done=5)
    check = VanishingGradient(full_up_to=Decimal("0.25"), none_from=Decimal("0.5"))
    assert check.judge(facts(run, "naive")).outcome is Outcome.PASSED


def test_all_six_stages_ended_after_one_epoch_lose_their_epochs_and_nothing_is_said_twice() -> None:
    cut = {stage: refit(run, epochs_done=1, ended_by=BY_PROGRAM) for stage, run in perfect_runs().items()}
    lost = {c.id for c in graded(cut).criteria if c.score < c.max_score}
    assert lost == {"naive.training", "naive.vanishing"} | {f"{stage}.kept" for stage in cut if stage != "naive"}
