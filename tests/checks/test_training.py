import pytest

from grader.checks.epochs import Epochs
from grader.checks.training import BatchSize, Loss, Optimizer, Validation
from grader.records import LabelFacts, Outcome
from tests.builders import TEST, TRAIN, facts, perfect_run, recompiled, refit

ADAM = Optimizer(kind="adam", learning_rate=0.001)


def test_a_rate_in_single_precision_is_the_rate_that_was_written() -> None:
    assert ADAM.judge(facts(perfect_run("optimizer"), "optimizer")).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changes", "outcome", "found"),
    [
        ({"optimizer": "sgd"}, Outcome.FAILED, "SGD (learning rate 0.001)"),
        ({"learning_rate": 0.01}, Outcome.PARTIAL, "Adam (learning rate 0.01)"),
        ({"learning_rate": None}, Outcome.PARTIAL, "Adam (a learning rate schedule)"),
        ({"momentum": 0.9}, Outcome.PARTIAL, "Adam (learning rate 0.001, momentum 0.9)"),
        ({"optimizer": "", "learning_rate": None}, Outcome.FAILED, "no optimizer"),
    ],
)
def test_the_kind_of_optimizer_is_half_and_its_settings_the_other(
    changes: dict[str, object], outcome: Outcome, found: str
) -> None:
    verdict = ADAM.judge(facts(recompiled(perfect_run("optimizer"), **changes), "optimizer"))
    assert verdict.outcome is outcome
    assert verdict.found == found
    assert verdict.help == "Compile with optimizer=keras.optimizers.Adam(learning_rate=0.001)."


def test_a_rate_that_cannot_be_read_is_not_assessed() -> None:
    run = recompiled(perfect_run("optimizer"), learning_rate=None, rate_unknown=True)
    verdict = ADAM.judge(facts(run, "optimizer"))
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "a learning rate that is not known" in verdict.found


def test_the_kind_alone_counts_where_no_rate_is_asked_for() -> None:
    run = recompiled(perfect_run("init"), learning_rate=0.5, momentum=0.9)
    assert Optimizer(kind="sgd").judge(facts(run, "init")).outcome is Outcome.PASSED


def test_the_sparse_loss_with_class_numbers_is_the_same_loss() -> None:
    run = recompiled(perfect_run("init"), loss="sparse_categorical_crossentropy")
    classes = refit(run, labels=LabelFacts((19_800,), "uint8", "classes"))
    assert Loss().judge(facts(classes, "init")).outcome is Outcome.PASSED
    assert Loss().judge(facts(run, "init")).found == "sparse_categorical_crossentropy with one-hot labels"


def test_another_loss_fails_by_name() -> None:
    run = recompiled(perfect_run("init"), loss="binary_crossentropy")
    verdict = Loss().judge(facts(run, "init"))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "binary_crossentropy"


def test_batches_of_which_nobody_knows_the_size_are_not_assessed() -> None:
    run = refit(perfect_run("naive"), batch_size=None)
    verdict = BatchSize(size=256).judge(facts(run, "naive"))
    assert (verdict.outcome, verdict.found) == (
        Outcome.NOT_ASSESSED,
        "batches of the program's own making, whose size is not known",
    )


@pytest.mark.parametrize(
    ("own", "outcome", "found"),
    [
        ("categorical_crossentropy", Outcome.PASSED, "ce, which computes categorical_crossentropy"),
        ("mean_squared_error", Outcome.FAILED, "mean_squared_error"),
        ("", Outcome.NOT_ASSESSED, "ce, a loss of the program's own that computes none of Keras's"),
    ],
)
def test_a_loss_of_the_programs_own_is_what_it_computes(own: str, outcome: Outcome, found: str) -> None:
    verdict = Loss().judge(facts(recompiled(perfect_run("init"), loss="ce", own_loss=own), "init"))
    assert (verdict.outcome, verdict.found) == (outcome, found)


def test_an_optimizer_that_is_not_of_keras_is_not_assessed() -> None:
    verdict = Optimizer(kind="sgd").judge(facts(recompiled(perfect_run("init"), optimizer="lookahead"), "init"))
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "none of Keras's optimizers" in verdict.review


def test_one_epoch_is_not_enough() -> None:
    verdict = Epochs(at_least=100).judge(facts(refit(perfect_run("naive"), epochs_asked=1, epochs_done=1), "naive"))
    assert verdict.found == "1 epoch asked for, 1 done"
    assert "epochs=100" in verdict.help


def test_validation_on_the_test_images_passes_with_a_word_of_advice() -> None:
    run = refit(perfect_run("naive"), validation="data", validation_images=TEST)
    verdict = Validation().judge(facts(run, "naive"))
    assert verdict.outcome is Outcome.PASSED
    assert "no unseen images left" in verdict.found


@pytest.mark.parametrize(("rows", "found"), [(1, "validation on 1 image alone"), (19, "validation on 19 images alone")])
def test_validation_on_a_handful_of_images_is_none(rows: int, found: str) -> None:
    verdict = Validation().judge(facts(refit(perfect_run("naive"), validation_rows=rows), "naive"))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == found
    assert "at least 100 images" in verdict.help


def test_validation_on_data_of_unknown_size_passes() -> None:
    run = refit(perfect_run("naive"), validation="data", validation_rows=0)
    assert Validation().judge(facts(run, "naive")).outcome is Outcome.PASSED


def test_validation_on_training_images_passes_plainly() -> None:
    run = refit(perfect_run("naive"), validation="data", validation_images=TRAIN)
    assert Validation().judge(facts(run, "naive")).found == "5,940 images for validation"


@pytest.mark.parametrize("check", [BatchSize(size=256), Epochs(at_least=100), Validation()])
def test_a_model_that_was_never_trained_fails_what_needs_training(check: BatchSize | Epochs | Validation) -> None:
    verdict = check.judge(facts(perfect_run("naive", fit=None), "naive"))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "the model was compiled but never trained"


def test_a_check_of_a_stage_nobody_answers_has_nothing_to_judge() -> None:
    verdict = Loss().judge(facts(perfect_run("naive"), "naive", matches={}))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.found == "no training run was found for this stage"


def test_a_loop_that_the_grader_does_not_follow_is_left_open_but_for_its_optimizer() -> None:
    run = recompiled(perfect_run("optimizer", custom="GradientTape"), loss="")
    for check in (BatchSize(size=32), Epochs(at_least=100), Validation(), Loss()):
        verdict = check.judge(facts(run, "optimizer"))
        assert verdict.outcome is Outcome.NOT_ASSESSED
        assert "a loop of its own (GradientTape)" in verdict.review
    assert Optimizer(kind="adam").judge(facts(run, "optimizer")).outcome is Outcome.PASSED
