from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.checks.base import Check, passed
from grader.grading.scoring import grade, judge_stage
from grader.records import (
    Architecture,
    CellRun,
    CellStatus,
    DataFacts,
    Ending,
    Facts,
    FitFacts,
    LabelFacts,
    Measurement,
    Outcome,
    StageMatch,
    TrainingRun,
    Verdict,
)
from tests.builders import (
    NORM,
    ONE_HOT,
    STAGES,
    TEST,
    TRAIN,
    activation,
    bands,
    criterion,
    dense,
    dropout,
    evidence,
    execution,
    graded,
    matched,
    perfect_run,
    perfect_runs,
    rebuilt,
    recompiled,
    refit,
    rubric,
)

Runs = dict[str, TrainingRun]
OUTPUT = (dense(10), activation("softmax"))
HE_OUTPUT = (dense(10, "he_normal"), activation("softmax"))


def test_a_faultless_submission_earns_exactly_ten() -> None:
    grade = graded()
    assert grade.total == Fraction(10) == grade.max
    assert {c.outcome for c in grade.criteria} == {Outcome.PASSED}
    assert not grade.review


def planted(stage: str, change: Callable[[TrainingRun], TrainingRun]) -> Runs:
    runs = perfect_runs()
    return {**runs, stage: change(runs[stage])}


def without_norm(run: TrainingRun) -> TrainingRun:
    return rebuilt(run, *[dense(), activation("elu")] * 4, *OUTPUT)


def late_norm(run: TrainingRun) -> TrainingRun:
    return rebuilt(run, *[dense(), activation("elu"), NORM] * 4, *OUTPUT)


def half_norm(run: TrainingRun) -> TrainingRun:
    return rebuilt(run, *[dense(), NORM, activation("elu"), dense(), activation("elu")] * 2, *OUTPUT)


def early_dropout(run: TrainingRun) -> TrainingRun:
    return rebuilt(run, *[dense(), dropout(), activation("elu")] * 4, *OUTPUT)


def output_dropout(run: TrainingRun) -> TrainingRun:
    return rebuilt(run, *[dense(), activation("elu")] * 4, *OUTPUT, dropout(0.5))


def partly_he(run: TrainingRun) -> TrainingRun:
    he, glorot = (dense(initializer="he_normal"), activation("sigmoid")), (dense(), activation("sigmoid"))
    return rebuilt(run, *he * 2, *glorot * 2, *HE_OUTPUT)


def one_layer_short(run: TrainingRun) -> TrainingRun:
    return rebuilt(run, *[dense(), activation("sigmoid")] * 3, *OUTPUT)


def integer_labels(run: TrainingRun) -> TrainingRun:
    return refit(run, labels=LabelFacts((19_800,), "uint8", "classes", 1.0))


FAULTS: dict[str, tuple[str, Callable[[TrainingRun], TrainingRun], Mapping[str, Fraction]]] = {
    "no batch norm": (
        "batchnorm",
        without_norm,
        {"batchnorm.layers": Fraction(1, 2), "batchnorm.placement": Fraction(1, 2)},
    ),
    "batch norm after the activation": ("batchnorm", late_norm, {"batchnorm.placement": Fraction(1, 2)}),
    "batch norm on half the layers": ("batchnorm", half_norm, {"batchnorm.layers": Fraction(1, 4)}),
    "no dropout": (
        "dropout",
        without_norm,
        {"dropout.placement": Fraction(1, 2), "dropout.rate": Fraction(1, 4)},
    ),
    "dropout before the activation": ("dropout", early_dropout, {"dropout.placement": Fraction(1, 2)}),
    "dropout after the output at another rate": (
        "dropout",
        output_dropout,
        {"dropout.placement": Fraction(1, 2), "dropout.rate": Fraction(1, 4)},
    ),
    "he_normal on three of five layers": ("init", partly_he, {"init.he_normal": Fraction(1, 2) * Fraction(2, 5)}),
    "three hidden layers": ("naive", one_layer_short, {"naive.network": Fraction(1, 2) / 3 / 4}),
    "SGD in the Adam stage": (
        "optimizer",
        lambda run: recompiled(run, optimizer="sgd"),
        {"optimizer.adam": Fraction(1, 2)},
    ),
    "Adam with another rate": (
        "optimizer",
        lambda run: recompiled(run, learning_rate=0.01),
        {"optimizer.adam": Fraction(1, 4)},
    ),
    "SGD in the batch norm stage": (
        "batchnorm",
        lambda run: recompiled(run, optimizer="sgd"),
        {"batchnorm.kept": Fraction(1, 4) / 6},
    ),
    "SGD with momentum in the naive stage": (
        "naive",
        lambda run: recompiled(run, momentum=0.9),
        {"naive.compile": Fraction(1, 4) / 4},
    ),
    "mean squared error": (
        "naive",
        lambda run: recompiled(run, loss="mean_squared_error"),
        {"naive.compile": Fraction(1, 8)},
    ),
    "batches of 32 in the naive stage": (
        "naive",
        lambda run: refit(run, batch_size=None),
        {"naive.training": Fraction(1, 12)},
    ),
    "ten epochs": ("activation", lambda run: refit(run, epochs_asked=10), {"activation.kept": Fraction(1, 20)}),
    "no validation": (
        "naive",
        lambda run: refit(run, validation="none", validation_rows=0, training_rows=19_800),
        {"naive.training": Fraction(1, 12)},
    ),
    "a network that learns in the naive stage": (
        "naive",
        lambda run: replace(run, measurement=Measurement(0.375, "raw")),
        {"naive.vanishing": Fraction(1, 8)},
    ),
    "accuracy half way to the floor": (
        "activation",
        lambda run: replace(run, measurement=Measurement(0.85, "raw")),
        {"activation.accuracy": Fraction(1, 4)},
    ),
    "no plot": ("init", lambda run: replace(run, plotted=()), {"curves.accuracy": Fraction(1, 12)}),
    "a plot of the loss": (
        "init",
        lambda run: replace(run, plotted=("loss", "val_loss")),
        {"curves.accuracy": Fraction(1, 24)},
    ),
    "never evaluated": (
        "dropout",
        lambda run: replace(run, evaluations=()),
        {"evaluation.test_images": Fraction(1, 12)},
    ),
    "labels not one-hot": ("dropout", integer_labels, {"data.onehot": Fraction(1, 24)}),
    "trained on all rows": (
        "naive",
        lambda run: refit(
            run, images=replace(TRAIN, shape=(60_000, 784)), training_rows=42_000, validation_rows=18_000
        ),
        {"data.shapes": Fraction(1, 24)},
    ),
    "not flattened": (
        "naive",
        lambda run: refit(run, images=replace(TRAIN, shape=(19_800, 28, 28))),
        {"data.shapes": Fraction(1, 24)},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_planted_fault_costs_exactly_its_marks(fault: str) -> None:
    stage, change, costs = FAULTS[fault]
    grade = graded(planted(stage, change))
    lost = {c.id: c.max_score - c.score for c in grade.criteria if c.score != c.max_score}
    assert lost == costs
    assert grade.total == 10 - sum(costs.values())


def test_every_check_that_loses_marks_says_what_was_expected_found_and_to_do() -> None:
    for stage, change, _ in FAULTS.values():
        grade = graded(planted(stage, change))
        for check in (check for c in grade.criteria for check in c.checks if check.score < check.max_score):
            assert check.verdict.expected
            assert check.verdict.found
            assert check.verdict.help or check.verdict.outcome is Outcome.SKIPPED


def test_a_failed_prerequisite_skips_its_dependant_and_is_named() -> None:
    placement = criterion(graded(planted("batchnorm", without_norm)), "batchnorm.placement")
    assert placement.outcome is Outcome.SKIPPED
    assert placement.checks[0].verdict.found == "not looked at because batchnorm.layers failed"


def test_a_rate_without_any_dropout_is_skipped_not_failed() -> None:
    assert criterion(graded(planted("dropout", without_norm)), "dropout.rate").outcome is Outcome.SKIPPED


def test_what_the_lab_teaches_stands_in_the_help_only_where_marks_are_lost() -> None:
    lost = criterion(graded(planted("batchnorm", late_norm)), "batchnorm.placement").checks[0]
    assert "steep" in lost.verdict.help
    assert criterion(graded(), "batchnorm.placement").checks[0].verdict.help == ""


def test_a_missing_stage_fails_once_and_skips_the_rest_of_it() -> None:
    runs = {stage: run for stage, run in perfect_runs().items() if stage != "dropout"}
    grade = graded(runs)
    outcomes = [c.outcome for c in grade.criteria if c.stage == "dropout"]
    assert outcomes == [Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED, Outcome.SKIPPED]
    first = criterion(grade, "dropout.placement").checks[0].verdict
    assert first.found == "no training run was found for this stage: no run has what it asks for"
    assert "`# stage: dropout`" in first.help
    assert grade.total == 10 - Fraction(3, 2) - 2 * Fraction(1, 12)


def test_a_missing_stage_after_a_time_limit_says_that_the_run_was_stopped() -> None:
    runs = {"naive": perfect_run("naive")}
    grade = graded(runs, executions=(execution(Ending.TIMED_OUT, "Stopped after 30 minutes."),))
    assert "lab.ipynb: timed out" in criterion(grade, "dropout.placement").checks[0].verdict.found
    assert grade.review == ("lab.ipynb was stopped (timed out): Stopped after 30 minutes.",)


def test_a_missing_stage_after_an_error_names_the_cell() -> None:
    cells = (CellRun(1, CellStatus.OK), CellRun(2, CellStatus.ERROR, error="NameError: name 'x' is not defined"))
    grade = graded({}, executions=(replace(execution(Ending.CELL_ERROR), cells=cells),))
    found = criterion(grade, "naive.network").checks[0].verdict.found
    assert found.endswith("(lab.ipynb raised an error, cell 2: NameError: name 'x' is not defined)")


def test_a_submission_that_shows_nothing_earns_nothing() -> None:
    grade = graded({}, loads=(), executions=(execution(Ending.UNREADABLE, "Not a notebook."),))
    assert grade.total == 0
    assert Outcome.NOT_ASSESSED not in {c.outcome for c in grade.criteria}
    assert grade.review == ("Not a notebook",)


def test_a_compiled_model_without_a_fit_earns_what_can_be_seen_without_training() -> None:
    runs = {stage: perfect_run(stage, fit=None, evaluations=(), plotted=()) for stage in STAGES}
    grade = graded(runs)
    assert criterion(grade, "batchnorm.placement").outcome is Outcome.PASSED
    assert criterion(grade, "optimizer.adam").outcome is Outcome.PASSED
    accuracy = criterion(grade, "dropout.accuracy")
    assert accuracy.outcome is Outcome.FAILED
    assert accuracy.checks[0].verdict.found == "the model was compiled but never trained"


def test_a_failure_of_the_grader_is_never_a_zero() -> None:
    grade = graded({}, loads=(), executions=(), faults=("the sandbox broke",))
    assert {c.outcome for c in grade.criteria} == {Outcome.NOT_ASSESSED}
    assert grade.not_assessed == 10
    assert grade.faults == ("the sandbox broke",)
    assert grade.review[0] == "the grader itself failed: the sandbox broke"


def test_a_program_that_ended_in_a_failure_of_the_grader_counts_as_one() -> None:
    grade = graded({}, loads=(), executions=(execution(Ending.GRADER_FAULT, "no scratch space"),))
    assert grade.faults == ("lab.ipynb: no scratch space",)
    assert grade.not_assessed == 10


def test_a_stage_without_a_run_is_not_assessed_where_the_grader_failed() -> None:
    grade = graded({"naive": perfect_run("naive")}, faults=("the trace of b.ipynb was lost",))
    assert criterion(grade, "naive.network").outcome is Outcome.PASSED
    for id_ in ("dropout.placement", "dropout.accuracy", "curves.accuracy", "evaluation.test_images"):
        assert criterion(grade, id_).outcome is Outcome.NOT_ASSESSED


class Broken(Check):
    name: ClassVar[str] = "broken"

    @property
    def expected(self) -> str:
        return "anything"

    def judge(self, facts: Facts) -> Verdict:
        raise ZeroDivisionError(len(facts.stages))


class Fine(Check):
    name: ClassVar[str] = "fine"

    @property
    def expected(self) -> str:
        return "anything"

    def judge(self, facts: Facts) -> Verdict:
        return passed(self.expected, f"{len(facts.stages)} stages")


def test_a_check_that_breaks_is_a_fault_and_leaves_the_other_marks() -> None:
    first, *rest = rubric().criteria
    broken = replace(first, checks=(Broken(), Fine(share=4)))
    runs = perfect_runs()
    found = grade(evidence(runs.values()), replace(rubric(), criteria=(broken, *rest)), matched(runs), bands())
    assert found.faults == ("the check broken of data.load broke: ZeroDivisionError: 6",)
    assert criterion(found, "data.load").outcome is Outcome.NOT_ASSESSED
    assert found.total == 10 - Fraction(1, 4) / 5
    assert found.not_assessed == Fraction(1, 4) / 5


def test_a_network_that_cannot_be_read_is_left_open_and_said_once() -> None:
    runs = planted("init", lambda run: replace(run, architecture=Architecture((), problem="it branches")))
    found = graded(runs)
    assert criterion(found, "init.he_normal").outcome is Outcome.NOT_ASSESSED
    reason = "the network could not be read layer by layer: it branches"
    assert found.review == (f"init.he_normal, init.kept not assessed: {reason}",)


def test_a_close_match_is_a_reason_to_look() -> None:
    runs = perfect_runs()
    matches = (replace(matched(runs)[0], close_call="cell 9 fits as well"), *matched(runs)[1:])
    found = grade(evidence(runs.values()), rubric(), matches, bands())
    assert found.review == ("naive: cell 9 fits as well",)
    assert found.stages == matches


def test_a_forged_claim_is_reviewed_and_the_measured_accuracy_counts() -> None:
    def forged(run: TrainingRun) -> TrainingRun:
        claim = replace(run.evaluations[0], accuracy=0.99)
        return replace(run, evaluations=(claim,), measurement=Measurement(0.80, "raw"))

    found = graded(planted("activation", forged))
    assert criterion(found, "activation.accuracy").score == 0
    assert found.review == (
        "activation.accuracy to be looked at: claims an accuracy of 0.9900, but 0.8000 was measured",
    )


def test_a_tie_is_broken_by_what_a_run_would_earn_under_the_stage_alone() -> None:
    run = perfect_run("batchnorm")
    facts = evidence([run])
    assert judge_stage(run, "batchnorm", facts, rubric(), bands()) == Fraction(7, 4)
    assert judge_stage(run, "dropout", facts, rubric(), bands()) == Fraction(3, 4)


# ---------------------------------------------------------------- whatever the evidence

layers = st.one_of(
    st.builds(dense, st.sampled_from([10, 50, 64]), st.sampled_from(["he_normal", "glorot_uniform"])),
    st.builds(activation, st.sampled_from(["relu", "sigmoid", "softmax", "linear"])),
    st.builds(dropout, st.sampled_from([0.2, 0.5])),
    st.just(NORM),
)
networks = st.builds(
    Architecture, st.lists(layers, max_size=16).map(tuple), problem=st.sampled_from(["", "", "it branches"])
)
images = st.builds(
    DataFacts,
    st.sampled_from([(19_800, 784), (19_800, 28, 28), (0,), ()]),
    st.just("uint8"),
    st.sampled_from(["mnist", "fashion-mnist", "unknown"]),
    st.sampled_from(["train", "test", "mixed", "unknown"]),
    st.sampled_from(["raw", "unit", "other"]),
)
fits = st.builds(
    FitFacts,
    epochs_asked=st.sampled_from([0, 1, 100]),
    epochs_done=st.sampled_from([0, 100]),
    batch_size=st.sampled_from([None, 0, 32, 256]),
    validation=st.sampled_from(["split", "data", "none"]),
    validation_rows=st.integers(0, 20_000),
    training_rows=st.integers(0, 60_000),
    images=st.one_of(st.none(), images),
    labels=st.sampled_from([None, ONE_HOT, LabelFacts((), "object", "other")]),
    validation_images=st.sampled_from([None, TEST]),
    capped=st.booleans(),
)
measurements = st.builds(
    Measurement,
    st.one_of(st.none(), st.floats(0, 1)),
    st.sampled_from(["", "raw", "unit"]),
    st.sampled_from(["", "the weights are NaN"]),
    st.booleans(),
)


@st.composite
def mutated_runs(draw: st.DrawFn) -> Runs:
    runs: Runs = {}
    for stage in draw(st.sets(st.sampled_from(STAGES))):
        runs[stage] = perfect_run(
            stage,
            architecture=draw(networks),
            fit=draw(st.one_of(st.none(), fits)),
            measurement=draw(measurements),
            finished=draw(st.booleans()),
            error=draw(st.sampled_from(["", "ValueError: shapes"])),
            plotted=draw(st.sampled_from([(), ("loss",), ("accuracy", "val_accuracy")])),
        )
    return runs


@settings(max_examples=150, deadline=None)
@given(mutated_runs(), st.sampled_from([(), ("the disk is full",)]))
def test_marks_add_up_and_stay_within_bounds_whatever_is_found(runs: Runs, faults: tuple[str, ...]) -> None:
    found = graded(runs, faults=faults)
    assert found.faults == faults, "no check breaks"
    assert 0 <= found.total <= found.max
    assert found.total == sum(c.score for c in found.criteria)
    assert found.total + found.not_assessed <= found.max
    for result in found.criteria:
        assert result.score == sum(c.score for c in result.checks)
        assert result.max_score == sum(c.max_score for c in result.checks)
        assert all(0 <= c.score <= c.max_score for c in result.checks)
        assert (result.outcome is Outcome.PASSED) == (result.score == result.max_score)


def test_a_match_without_a_run_is_the_same_as_no_match() -> None:
    runs = {"naive": perfect_run("naive")}
    only = (StageMatch("naive", "Naive MLP", "run-naive", "it fits"),)
    without = grade(evidence(runs.values()), rubric(), only, bands())
    assert without.total == graded(runs).total


def test_whoever_does_not_lie_as_the_class_does_is_to_be_looked_at_and_loses_no_mark() -> None:
    doubted = replace(evidence(perfect_runs().values()).submission, doubts=("see whose it is",))
    grade = graded(submission=doubted)
    assert grade.total == 10
    assert "see whose it is" in grade.review
