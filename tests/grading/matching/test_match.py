"""Every training run lands on the stage it was meant for, right or wrong, in whatever order the notebook has them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.grading.matching.features import features_against
from grader.grading.matching.match import match
from grader.grading.scoring import judge_stage
from grader.records import StageMatch, TrainingRun
from tests.builders import (
    NORM,
    STAGES,
    activation,
    bands,
    dense,
    dropout,
    evidence,
    perfect_run,
    perfect_runs,
    rebuilt,
    recompiled,
    refit,
    rubric,
)


def matched(runs: Sequence[TrainingRun]) -> dict[str, StageMatch]:
    """The match of each stage, with the marks as `Assignment.judge` computes them."""
    facts = evidence(runs)
    marks = {(r.id, s.id): judge_stage(r, s.id, facts, rubric(), bands()) for r in runs for s in rubric().stages}
    return {m.stage: m for m in match(rubric().stages, runs, marks)}


def answers(runs: Sequence[TrainingRun]) -> dict[str, str | None]:
    return {stage: found.run for stage, found in matched(runs).items()}


def but(**changes: TrainingRun | None) -> list[TrainingRun]:
    """The perfect six with some replaced or left out, in notebook order."""
    return [run for run in (perfect_runs() | changes).values() if run]


def own(run: TrainingRun, id_: str, **changes: Any) -> TrainingRun:
    return replace(run, id=id_, **changes)


PERFECT: Mapping[str, str | None] = {s: f"run-{s}" for s in STAGES}
SOFTMAX = (dense(10), activation("softmax"))
SIGMOID = [dense(), activation("sigmoid")]
RELU = [dense(), activation("relu")]


def network(run: TrainingRun, *block: Any, last: Any = SOFTMAX) -> TrainingRun:
    return rebuilt(run, *block * 4, *last)


# ---------------------------------------------------------------- the six


@given(st.permutations(list(perfect_runs().values())))
@settings(max_examples=30, deadline=None)
def test_the_perfect_six_answer_their_stages_in_any_order(runs: list[TrainingRun]) -> None:
    assert answers(runs) == PERFECT


def test_a_perfect_match_is_no_close_call_and_has_no_rivals() -> None:
    for found in matched(but()).values():
        assert (found.close_call, found.others) == ("", ())
        assert found.because == "it has everything that distinguishes this stage"


@pytest.mark.parametrize("missing", STAGES)
def test_a_stage_that_is_missing_stays_empty_and_the_others_keep_theirs(missing: str) -> None:
    found = matched(but(**{missing: None}))
    assert {s: m.run for s, m in found.items()} == {**PERFECT, missing: None}
    assert "none has what makes this stage" in found[missing].because


def test_without_any_run_every_stage_is_empty() -> None:
    assert {m.because for m in matched([]).values()} == {"no training run was recorded"}


# ---------------------------------------------------------------- wrong attempts

ELU = activation("elu")
WRONG: dict[str, tuple[str, TrainingRun]] = {
    "batch norm after the activation": ("batchnorm", network(perfect_run("batchnorm"), dense(), ELU, NORM)),
    "batch norm on one layer": (
        "batchnorm",
        rebuilt(perfect_run("batchnorm"), dense(), NORM, ELU, *[dense(), ELU] * 3, *SOFTMAX),
    ),
    "batch norm with sgd": ("batchnorm", recompiled(perfect_run("batchnorm"), optimizer="sgd")),
    "batch norm with sigmoid": ("batchnorm", network(perfect_run("batchnorm"), dense(), NORM, activation("sigmoid"))),
    "dropout before the activation": ("dropout", network(perfect_run("dropout"), dense(), dropout(), ELU)),
    "dropout at another rate": ("dropout", network(perfect_run("dropout"), dense(), ELU, dropout(0.5))),
    "dropout on one layer": ("dropout", rebuilt(perfect_run("dropout"), *[dense(), ELU] * 4, dropout(), *SOFTMAX)),
    "dropout with rmsprop": ("dropout", recompiled(perfect_run("dropout"), optimizer="rmsprop")),
    "he_normal on some layers": (
        "init",
        rebuilt(perfect_run("init"), *[dense(50, "he_normal"), activation("sigmoid")] * 2, *SIGMOID * 2, *SOFTMAX),
    ),
    "he_normal on the output alone": (
        "init",
        network(perfect_run("init"), *SIGMOID, last=(dense(10, "he_normal"), SOFTMAX[1])),
    ),
    "he_uniform": ("init", network(perfect_run("init"), dense(50, "he_uniform"), activation("sigmoid"))),
    "glorot_normal": ("init", network(perfect_run("init"), dense(50, "glorot_normal"), activation("sigmoid"))),
    "relu with he_normal": ("activation", network(perfect_run("activation"), dense(50, "he_normal"), RELU[1])),
    "relu on half of the layers": (
        "activation",
        rebuilt(perfect_run("activation"), *RELU * 2, *SIGMOID * 2, *SOFTMAX),
    ),
    "adagrad": ("optimizer", recompiled(perfect_run("optimizer"), optimizer="adagrad")),
    "three hidden layers": ("naive", rebuilt(perfect_run("naive"), *SIGMOID * 3, *SOFTMAX)),
    "adam in the naive stage": ("naive", recompiled(perfect_run("naive"), optimizer="adam")),
    "tanh in the naive stage": ("naive", network(perfect_run("naive"), dense(), activation("tanh"))),
    "one epoch": ("activation", refit(perfect_run("activation"), epochs_asked=1, epochs_done=1)),
}

NOTHING_OF_IT: dict[str, tuple[str, TrainingRun]] = {
    "dropout left out": ("dropout", network(perfect_run("dropout"), dense(), ELU)),
    "sigmoid kept": ("activation", network(perfect_run("activation"), dense(), activation("sigmoid"))),
    "sgd left in the adam stage": ("optimizer", recompiled(perfect_run("optimizer"), optimizer="sgd")),
}


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_a_wrong_attempt_lands_on_the_stage_it_was_meant_for(fault: str) -> None:
    stage, run = WRONG[fault]
    assert answers(but(**{stage: run})) == PERFECT


@pytest.mark.parametrize(
    ("fault", "feature"), [("batch norm with sgd", "optimizer"), ("batch norm with sigmoid", "activation")]
)
def test_the_match_says_what_differs(fault: str, feature: str) -> None:
    stage, run = WRONG[fault]
    assert f"though its {feature} differs" in matched(but(**{stage: run}))[stage].because


@pytest.mark.parametrize("fault", sorted(NOTHING_OF_IT))
def test_a_run_without_what_makes_the_stage_fills_no_stage_and_a_person_is_asked(fault: str) -> None:
    stage, run = NOTHING_OF_IT[fault]
    found = matched(but(**{stage: run}))
    assert {s: m.run for s, m in found.items()} == {**PERFECT, stage: None}
    assert [m.close_call for m in found.values() if m.close_call]


@pytest.mark.parametrize("fault", sorted(NOTHING_OF_IT))
@pytest.mark.parametrize("said", ["marker", "heading", "names"])
def test_it_is_an_attempt_where_the_student_says_so(fault: str, said: str) -> None:
    stage, run = NOTHING_OF_IT[fault]
    words = {"dropout": "5. Dropout", "activation": "2. Nonlinearity", "optimizer": "Optimizers"}[stage]
    found = matched(but(**{stage: replace(run, **{said: stage if said == "marker" else words})}))
    assert {s: m.run for s, m in found.items()} == PERFECT
    assert ("is it meant for this stage?" in found[stage].close_call) is (said == "names")


def test_a_run_that_has_nothing_of_a_stage_leaves_it_empty() -> None:
    stray = network(own(perfect_run("batchnorm"), "stray"), dense(), NORM, ELU, dropout())
    assert answers([recompiled(stray, optimizer="rmsprop")])["naive"] is None


# ---------------------------------------------------------------- more runs than stages


def test_an_extra_tuned_run_is_not_taken_where_the_six_are_there() -> None:
    tuned = rebuilt(own(perfect_run("optimizer"), "tuned", cell=20), *[dense(200), activation("relu")] * 2, *SOFTMAX)
    found = matched([*but(), tuned])
    assert {s: m.run for s, m in found.items()} == PERFECT
    assert found["optimizer"].others == ("tuned",)


def test_a_network_of_another_size_at_the_end_is_not_taken_for_a_stage_that_was_tried_with_a_mistake() -> None:
    tanh = network(perfect_run("dropout"), dense(), activation("sigmoid"), dropout())
    best = rebuilt(own(perfect_run("dropout"), "best", cell=30), *[dense(200), ELU, dropout()] * 2, *SOFTMAX)
    assert answers([*but(dropout=tanh), best]) == PERFECT


def test_a_network_of_another_size_at_the_end_that_is_the_only_one_of_a_stage_is_asked_about() -> None:
    best = rebuilt(own(perfect_run("dropout"), "best", cell=30), *[dense(200), ELU, dropout()] * 2, *SOFTMAX)
    found = matched([*but(dropout=None), best])["dropout"]
    assert found.run == "best"
    assert "hidden layers of 200, 200 units, other than all before it" in found.close_call


@pytest.mark.parametrize("said", ["heading", "names", "marker"])
def test_a_network_of_another_size_that_is_said_to_be_the_stage_is_nobodys_question(said: str) -> None:
    best = rebuilt(own(perfect_run("dropout"), "best", cell=30), *[dense(200), ELU, dropout()] * 2, *SOFTMAX)
    found = matched([*but(dropout=None), replace(best, **{said: "dropout"})])["dropout"]
    assert (found.run, found.close_call) == ("best", "")


@pytest.mark.parametrize("first", [True, False])
def test_of_two_attempts_the_one_with_more_marks_is_taken(first: bool) -> None:
    worse = refit(own(perfect_run("activation"), "short"), epochs_asked=5, epochs_done=5)
    runs = [worse, *but()] if first else [*but(), worse]
    assert answers(runs) == PERFECT
    assert "short" in matched(runs)["activation"].others


def test_of_two_equal_attempts_one_is_taken_and_the_other_named_for_a_person() -> None:
    twin = own(perfect_run("batchnorm"), "twin", cell=30, plotted=())
    found = matched([*but(), twin])["batchnorm"]
    assert {found.run, *found.others} == {"run-batchnorm", "twin"}
    assert "the same network was trained in cell" in found.close_call


def test_two_equal_attempts_that_earn_the_same_ask_nobody() -> None:
    again = own(perfect_run("batchnorm"), "again", cell=30)
    assert matched([*but(), again])["batchnorm"].close_call == ""


def test_of_two_runs_that_fit_one_stage_equally_the_one_at_its_place_is_taken() -> None:
    """SGD was left in the Adam stage, so both are a non-saturating activation with SGD."""
    wrong = recompiled(perfect_run("optimizer"), optimizer="sgd")
    found = matched(but(optimizer=wrong))
    assert (found["activation"].run, found["optimizer"].run) == ("run-activation", None)
    assert "that of cell 6 (4 hidden layers, elu, SGD) would have fitted as well" in found["activation"].close_call


# ---------------------------------------------------------------- hints


def test_a_marker_wins_over_everything_the_run_shows() -> None:
    found = matched([replace(perfect_run("naive"), marker="dropout")])
    assert found["dropout"].run == "run-naive"
    assert found["dropout"].because == "its cell is marked `stage: dropout`"
    assert found["dropout"].close_call == ""
    assert found["naive"].run is None


def test_of_two_runs_with_one_marker_the_one_with_more_marks_is_taken() -> None:
    marked = [replace(r, marker="dropout") for r in (perfect_run("naive"), perfect_run("dropout"))]
    assert answers(marked)["dropout"] == "run-dropout"


def test_a_marker_that_names_no_stage_is_passed_over() -> None:
    assert answers(but(naive=replace(perfect_run("naive"), marker="tuned"))) == PERFECT


def test_a_heading_decides_between_runs_that_look_alike() -> None:
    plain = network(perfect_run("dropout"), dense(), ELU)
    first, second = own(plain, "first", heading="## 5. Dropout"), own(plain, "second", heading="## 3. Optimizers")
    found = answers([first, second])
    assert (found["dropout"], found["optimizer"]) == ("first", "second")


def test_a_section_is_taken_at_its_word_and_what_contradicts_it_is_flagged() -> None:
    swapped = but(
        batchnorm=replace(perfect_run("batchnorm"), heading="Dropout"),
        dropout=replace(perfect_run("dropout"), heading="Batch normalization"),
    )
    found = matched(swapped)
    assert (found["batchnorm"].run, found["dropout"].run) == ("run-dropout", "run-batchnorm")
    assert "but has no batch normalization; is it meant for this stage?" in found["batchnorm"].close_call
    assert "but has no dropout; is it meant for this stage?" in found["dropout"].close_call


def test_a_heading_over_the_whole_notebook_moves_nothing() -> None:
    title = (
        "# Assessment 2: weight initialization, activation, optimizer, batch normalization, dropout; a naive baseline"
    )
    assert answers([replace(r, heading=title) for r in but()]) == PERFECT


def test_the_match_says_that_the_heading_names_the_stage() -> None:
    found = matched(but(dropout=replace(perfect_run("dropout"), heading="5. Dropout")))["dropout"]
    assert found.because.endswith("it stands under '5. Dropout'")


# ---------------------------------------------------------------- runs that count less


def test_a_wrapped_run_answers_a_stage_only_if_no_direct_one_does() -> None:
    wrapped = own(perfect_run("dropout"), "wrapped", wrapped=True)
    assert answers([wrapped, *but()]) == PERFECT
    found = matched([wrapped, *but(dropout=None)])["dropout"]
    assert found.run == "wrapped"
    assert "scikit-learn wrapper only" in found.close_call


def test_a_model_that_was_only_compiled_answers_a_stage_only_if_no_trained_one_does() -> None:
    compiled = own(perfect_run("dropout"), "compiled", fit=None, evaluations=(), plotted=())
    assert answers([compiled, *but()]) == PERFECT
    assert answers([compiled, *but(dropout=None)])["dropout"] == "compiled"


@pytest.mark.parametrize("changes", [{"finished": False}, {"finished": False, "error": "ValueError"}])
def test_a_run_that_did_not_end_answers_a_stage_only_if_no_finished_one_does(changes: dict[str, Any]) -> None:
    broken = own(perfect_run("init"), "broken", **changes)
    assert answers([broken, *but()]) == PERFECT
    assert answers([broken, *but(init=None)])["init"] == "broken"


@pytest.mark.parametrize("empty", ["batchnorm", "dropout"])
def test_a_run_that_combines_remedies_answers_the_stage_that_would_stay_empty_and_is_flagged(empty: str) -> None:
    both = network(own(perfect_run(empty), "both"), dense(), NORM, ELU, dropout())
    assert answers([*but(), both]) == PERFECT
    found = matched([*but(**{empty: None}), both])
    assert {s: m.run for s, m in found.items()} == {**PERFECT, empty: "both"}
    assert found[empty].close_call != ""


def test_a_network_that_could_not_be_read_takes_no_stage_from_a_readable_run() -> None:
    unreadable = rebuilt(own(perfect_run("optimizer"), "own class"))
    assert answers([unreadable, *but()]) == PERFECT


# ---------------------------------------------------------------- any runs at all

LIKE_ANOTHER = {"tanh in the naive stage"}
"""Attempts that look like another stage's, and are told from it by the order of the notebook alone."""
POOL = [*perfect_runs().values(), *(own(run, fault) for fault, (_, run) in sorted(WRONG.items()))]


@given(st.lists(st.sampled_from(POOL), unique_by=lambda r: r.id, max_size=8))
@settings(max_examples=25, deadline=None)
def test_no_run_answers_two_stages_and_none_that_has_everything_is_left_beside_an_empty_stage(
    runs: list[TrainingRun],
) -> None:
    found = answers(runs)
    taken = [run for run in found.values() if run]
    assert len(taken) == len(set(taken))
    assert set(taken) <= {r.id for r in runs}
    empty = [s for s in rubric().stages if found[s.id] is None]
    assert all(features_against(s, r) for s in empty for r in runs if r.id not in taken)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_runs_never_changes_which_one_answers_which_stage(data: st.DataObject) -> None:
    """One attempt at each stage, right or wrong, or none."""
    runs = []
    for stage in STAGES:
        wrong = [run for fault, (of, run) in WRONG.items() if of == stage and fault not in LIKE_ANOTHER]
        runs.append(data.draw(st.sampled_from([None, perfect_run(stage), *wrong])))
    handed_in = [run for run in runs if run]
    assert answers(data.draw(st.permutations(handed_in))) == answers(handed_in)


# ---------------------------------------------------------------- past fit, inside wrappers, from trained weights


def test_a_wrapper_answers_a_stage_only_if_no_other_run_does_however_imperfect() -> None:
    imperfect = recompiled(perfect_run("dropout"), optimizer="sgd")
    wrapped = own(perfect_run("dropout"), "grid", wrapped=True)
    assert answers([imperfect, wrapped])["dropout"] == "run-dropout"
    alone = matched([wrapped])["dropout"]
    assert alone.run == "grid"
    assert "inside a scikit-learn wrapper only" in alone.close_call


def test_a_marked_wrapper_is_what_its_mark_says() -> None:
    wrapped = own(perfect_run("dropout"), "grid", wrapped=True, marker="dropout")
    assert answers([perfect_run("dropout"), wrapped])["dropout"] == "grid"


def test_a_run_that_goes_on_from_another_ones_weights_is_taken_and_said() -> None:
    found = matched(but(optimizer=perfect_run("optimizer", started_from="run-activation")))
    assert found["optimizer"].run == "run-optimizer"
    assert "cell 6 went on from the weights that cell 5 had trained" in found["optimizer"].close_call
    assert found["activation"].close_call == ""


def test_a_loop_of_ones_own_is_taken_and_flagged() -> None:
    run = refit(perfect_run("batchnorm", custom="GradientTape"), epochs_asked=0, epochs_done=0, images=None)
    found = matched(but(batchnorm=run))
    assert found["batchnorm"].run == "run-batchnorm"
    assert "a loop of its own (GradientTape)" in found["batchnorm"].close_call


def test_a_second_try_at_one_stage_is_no_try_at_another() -> None:
    """Of three tries at dropout the best is graded, the others are listed, and Adam's stage stays empty."""
    tries = [own(perfect_run("dropout"), f"try-{n}") for n in range(3)]
    found = matched(tries)
    assert {s for s, m in found.items() if m.run} == {"dropout"}
    assert len(found["dropout"].others) == 2


def test_the_folds_of_a_cross_validation_fill_no_other_stage() -> None:
    folds = [own(perfect_run("optimizer"), f"fold-{n}", wrapped=True) for n in range(5)]
    assert {s for s, run in answers(folds).items() if run} <= {"optimizer", "activation"}


# ---------------------------------------------------------------- what makes a stage counts before what it inherits


def far(run: TrainingRun, *block: Any, optimizer: str = "sgd") -> TrainingRun:
    return recompiled(network(run, *block), optimizer=optimizer)


def test_batch_norm_and_dropout_on_the_naive_network_are_batch_norm_and_dropout() -> None:
    norm = far(perfect_run("batchnorm"), dense(), NORM, activation("sigmoid"))
    drop = far(perfect_run("dropout"), dense(), activation("sigmoid"), dropout())
    found = matched([perfect_run("naive"), norm, drop])
    assert {s: m.run for s, m in found.items() if m.run} == {
        "naive": "run-naive",
        "batchnorm": "run-batchnorm",
        "dropout": "run-dropout",
    }
    assert {m.close_call for m in found.values()} == {""}
    assert {s: m.run for s, m in matched([norm]).items() if m.run} == {"batchnorm": "run-batchnorm"}


def test_a_network_without_hidden_layers_answers_nothing() -> None:
    softmax = rebuilt(own(perfect_run("naive"), "softmax regression"), *SOFTMAX)
    assert answers([softmax]) == dict.fromkeys(STAGES)
    assert answers([softmax, perfect_run("naive")]) == {**dict.fromkeys(STAGES), "naive": "run-naive"}


def test_spare_runs_fill_no_stage_that_is_missing() -> None:
    tries = [
        network(own(perfect_run("optimizer"), name, cell=n), dense(), activation(name))
        for n, name in enumerate(("relu", "elu", "tanh"), 3)
    ]
    found = matched(tries)
    assert {s for s, m in found.items() if m.run} == {"activation", "optimizer"}
    assert any("would have fitted as well" in m.close_call for m in found.values())


def test_one_combined_network_trained_five_times_answers_one_stage() -> None:
    combined = network(perfect_run("dropout"), dense(), NORM, ELU, dropout())
    ensemble = [own(combined, f"member-{n}") for n in range(5)]
    found = matched(ensemble)
    assert {s for s, m in found.items() if m.run} == {"dropout"}
    assert found["dropout"].close_call == "the run combines batch normalization and dropout"


def test_he_on_a_base_that_has_relu_and_adam_already_is_the_stage_of_initialization() -> None:
    base = network(perfect_run("optimizer"), dense(), RELU[1])
    he = network(own(perfect_run("optimizer"), "he", cell=9), dense(50, "he_normal"), RELU[1])
    found = answers([base, he])
    assert (found["init"], found["optimizer"]) == ("he", "run-optimizer")


def test_a_trained_run_that_answers_nothing_beside_an_empty_stage_is_the_first_thing_to_see() -> None:
    stray = recompiled(network(own(perfect_run("optimizer"), "stray", cell=9), *SIGMOID), optimizer="rmsprop")
    found = matched([*but(dropout=None), stray])
    assert found["dropout"].run is None
    assert "cell 9 (4 hidden layers, sigmoid, RMSprop; 3 things differ: sigmoid, RMSprop, no dropout)" in (
        found["dropout"].close_call
    )


def test_accuracy_chooses_no_run() -> None:
    """A second try at dropout that ends better and has the wrong rate is not taken for the first one."""
    lucky = network(own(perfect_run("dropout"), "lucky", cell=30), dense(), ELU, dropout(0.5))
    marks = {("lucky", "dropout"): Fraction(9, 2)}
    runs = [*but(), lucky]
    structure = {(r.id, s): judge_stage(r, s, evidence(runs), rubric(), bands()) for r in runs for s in STAGES}
    found = {m.stage: m.run for m in match(rubric().stages, runs, structure | marks, structure)}
    assert found["dropout"] == "run-dropout"


def test_a_network_of_ones_own_under_its_own_title_answers_no_stage() -> None:
    tuned = own(perfect_run("dropout"), "tuned", cell=30, heading="Best model")
    found = matched([*but(dropout=None), tuned])
    assert found["dropout"].run is None
