"""The events of a program become training runs: refits joined, evaluations and drawn curves attached."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evidence.fits import Lookup, series_name
from grader.evidence.runs import MOST_RUNS, training_runs
from grader.evidence.trace import AnyEvent, CompileEvent
from grader.inside.protocol import BY_KERAS, BY_PROGRAM, MOST_DRAWN
from grader.records import DataFacts, FileKind, LabelFacts, Program, TrainingRun
from tests.evidence.events import ADAM, SGD, begin, compiled, end, epochs, evaluated, fitted, network, plot, program

TRAIN = DataFacts((19_800, 784), "uint8", "mnist", "train", "raw")
TEST = DataFacts((10_000, 784), "uint8", "mnist", "test", "raw")
LABELS = LabelFacts((19_800, 10), "float64", "one-hot", 1.0)
KNOWN = {"x": TRAIN, "test": TEST}
LOOKUP = Lookup(KNOWN.get, lambda _images, labels: LABELS if labels == "y" else None)
NOTEBOOK = program("build", "train", "evaluate", "plot")


def runs(events: Iterable[AnyEvent], of: Program = NOTEBOOK) -> list[TrainingRun]:
    return [traced.run for traced in training_runs(of, events, LOOKUP)]


def only(events: Iterable[AnyEvent], of: Program = NOTEBOOK) -> TrainingRun:
    (run,) = runs(events, of)
    return run


def facts(run: TrainingRun) -> Any:
    assert run.fit is not None
    return run.fit


# ---------------------------------------------------------------- one fit


def test_a_compile_and_a_fit_are_one_run() -> None:
    run = only([compiled(), *fitted()])
    assert (run.id, run.cell, run.finished, run.error) == ("lab.ipynb#1", 2, True, "")
    assert (facts(run).epochs_asked, facts(run).epochs_done, facts(run).batch_size) == (2, 2, 32)
    assert (facts(run).images, facts(run).labels) == (TRAIN, LABELS)
    assert run.history == {"accuracy": (0.5, 0.6)}
    assert (run.initial_weights, run.final_weights) == ("before 1", "after 1")


def test_a_fit_of_a_model_that_was_compiled_elsewhere_is_a_run() -> None:
    assert only(fitted()).compile.optimizer == "sgd"


def test_a_model_that_was_compiled_and_never_fitted_is_an_untrained_run_after_the_trained_ones() -> None:
    first, second = runs([compiled(1), compiled(2), *fitted(1, model=2)])
    assert (first.trained, second.trained) == (True, False)
    assert second.cell == 1


@pytest.mark.parametrize(
    ("split", "trained", "held_out"),
    [(0.3, 13_860, 5_940), (0.2, 15_840, 3_960), (0.1, 17_820, 1_980), (1 / 3, 13_200, 6_600)],
)
def test_a_split_holds_out_as_many_rows_as_keras_does(split: float, trained: int, held_out: int) -> None:
    found = facts(only(fitted(validation_split=split)))
    assert (found.validation, found.training_rows, found.validation_rows) == ("split", trained, held_out)


def test_validation_data_are_named_and_win_over_a_split() -> None:
    found = facts(only(fitted(validation_split=0.3, validation_given=True, validation_x="test")))
    assert (found.validation, found.training_rows, found.validation_rows) == ("data", 19_800, 10_000)
    assert found.validation_images == TEST


def test_a_fit_without_validation_says_none() -> None:
    assert facts(only(fitted())).validation == "none"


def test_an_array_that_was_not_recorded_leaves_the_rows_unknown() -> None:
    found = facts(only(fitted(x="a generator")))
    assert (found.images, found.training_rows) == (None, 0)


def test_quick_mode_is_told_by_the_epochs_that_were_asked_for() -> None:
    found = facts(only(fitted(epochs=1, epochs_asked=100, accuracies=(0.5,))))
    assert (found.capped, found.epochs_asked, found.epochs_done) == (True, 100, 1)


def test_epochs_before_the_first_are_not_asked_for_again() -> None:
    assert facts(only(fitted(epochs=10, epochs_asked=10, initial_epoch=6))).epochs_asked == 4


def test_who_ended_a_fit_before_its_last_epoch_is_kept() -> None:
    stopped = end().model_copy(update={"ended_by": BY_KERAS, "monitor": "val_acc"})
    found = facts(only([begin(epochs=100, epochs_asked=100), *epochs(1, 0.5), stopped]))
    assert (found.ended_by, found.monitor, found.epochs_done) == (BY_KERAS, "val_accuracy", 1)


def test_of_two_fits_that_ended_early_the_one_by_the_program_counts() -> None:
    ends = [end(n).model_copy(update={"ended_by": by}) for n, by in ((1, BY_KERAS), (2, BY_PROGRAM), (3, BY_KERAS))]
    events = [e for one in ends for e in (begin(one.fit, epochs=9, epochs_asked=9), *epochs(one.fit, 0.5), one)]
    assert facts(only(events)).ended_by == BY_PROGRAM


def test_a_fit_that_did_all_its_epochs_was_ended_by_nobody() -> None:
    assert facts(only(fitted())).ended_by == ""


def test_an_early_end_of_which_nothing_is_said_is_the_programs() -> None:
    assert facts(only(fitted(epochs=3, epochs_asked=3))).ended_by == BY_PROGRAM


def test_steps_are_counted_beside_those_that_passes_over_all_rows_take() -> None:
    done = [end(n).model_copy(update={"steps": 1} if n == 1 else {"steps": 866}) for n in (1, 2)]
    events = [e for one in done for e in (begin(one.fit, validation_split=0.3), *epochs(one.fit, 0.5, 0.6), one)]
    assert (facts(only(events)).steps_done, facts(only(events)).steps_due) == (867, 4 * 433)


@pytest.mark.parametrize("changes", [{"x": "a generator"}, {"batch_size": 20_000}])
def test_where_nobody_knows_how_many_steps_there_should_be_none_are_due(changes: dict[str, Any]) -> None:
    assert facts(only(fitted(**changes))).steps_due is None


def test_validation_of_one_step_is_on_one_batch() -> None:
    assert facts(only(fitted(validation_split=0.3, validation_most=32))).validation_rows == 32


# ---------------------------------------------------------------- fits that do not come to their end


def test_a_fit_that_was_cut_off_is_unfinished_and_keeps_its_epochs() -> None:
    run = only([begin(), *epochs(1, 0.5)])
    assert (run.finished, run.error, run.final_weights) == (False, "", "")
    assert run.history == {"accuracy": (0.5,)}


def test_a_fit_that_raised_keeps_what_it_raised() -> None:
    run = only([begin(), *epochs(1, 0.5), end(1, "ValueError: wrong shape")])
    assert (run.finished, run.error, run.final_weights) == (False, "ValueError: wrong shape", "")


def test_a_fit_that_raised_at_once_and_was_repeated_is_one_faultless_run() -> None:
    run = only([compiled(), begin(1), end(1, "ValueError: wrong shape"), *fitted(2)])
    assert (run.finished, run.error, run.initial_weights, run.final_weights) == (True, "", "before 1", "after 2")
    assert facts(run).epochs_asked == 2


def test_a_second_fit_that_raises_at_once_takes_nothing_from_the_first() -> None:
    run = only([*fitted(1), begin(2, cell=3), end(2, "ValueError: wrong shape")])
    assert (run.finished, run.error, run.final_weights, run.cell) == (True, "", "after 1", 2)
    assert facts(run).epochs_asked == 2


def test_a_fit_without_epochs_is_a_run_of_none() -> None:
    run = only([begin(epochs=0, epochs_asked=0), end()])
    assert (facts(run).epochs_done, run.finished) == (0, True)


# ---------------------------------------------------------------- several fits


def test_a_refit_continues_the_run() -> None:
    run = only([compiled(), *fitted(1), *fitted(2, accuracies=(0.7, 0.8), cell=3)])
    assert (facts(run).epochs_asked, facts(run).epochs_done) == (4, 4)
    assert run.history == {"accuracy": (0.5, 0.6, 0.7, 0.8)}
    assert (run.cell, run.initial_weights, run.final_weights) == (3, "before 1", "after 2")


def test_a_model_compiled_the_same_way_again_goes_on() -> None:
    assert facts(only([compiled(), *fitted(1), compiled(), *fitted(2)])).epochs_done == 4


def test_a_model_compiled_with_another_optimizer_begins_a_new_run() -> None:
    first, second = runs([compiled(), *fitted(1), compiled(compile=ADAM), *fitted(2, compile=ADAM)])
    assert (first.compile.optimizer, second.compile.optimizer) == ("sgd", "adam")
    assert facts(second).epochs_done == 2


def test_a_model_compiled_in_another_way_before_it_was_trained_is_one_run() -> None:
    run = only([compiled(), compiled(compile=ADAM), *fitted(compile=ADAM)])
    assert run.compile.optimizer == "adam"


def test_a_learning_rate_that_a_callback_has_lowered_is_no_other_way_of_compiling() -> None:
    run = only([compiled(), *fitted(1), *fitted(2, compile=SGD | {"learning_rate": 0.0001}), compiled()])
    assert (facts(run).epochs_done, run.compile.learning_rate) == (4, 0.001)


def test_a_trained_model_that_is_given_more_layers_begins_a_new_run() -> None:
    larger = network(50, 50, 10)
    first, second = runs([*fitted(1), compiled(architecture=larger), *fitted(2, architecture=larger)])
    assert (len(first.architecture.blocks), len(second.architecture.blocks)) == (2, 3)


def test_a_model_that_learns_its_input_shape_in_the_first_fit_goes_on() -> None:
    built = json.loads(network())
    built["config"]["layers"].insert(0, {"class_name": "InputLayer", "config": {"batch_shape": [None, 784]}})
    assert facts(only([*fitted(1), *fitted(2, architecture=json.dumps(built))])).epochs_done == 4


def test_two_models_are_two_runs_in_the_order_in_which_they_began() -> None:
    events = [compiled(1), compiled(2), begin(1, model=2), *epochs(1, 0.1), *fitted(2, model=1), end(1)]
    assert [r.history["accuracy"] for r in runs(events)] == [(0.5, 0.6), (0.1,)]


def test_a_run_counts_as_wrapped_only_if_every_fit_of_it_was() -> None:
    assert only(fitted(wrapped=True)).wrapped
    assert not only([*fitted(1, wrapped=True), *fitted(2)]).wrapped


def test_of_endless_runs_the_first_thousand_are_looked_at() -> None:
    events = [event for n in range(1, MOST_RUNS + 50) for event in fitted(n, model=n)]
    assert len(runs(events)) == MOST_RUNS


def test_events_of_fits_and_models_that_never_began_are_passed_over() -> None:
    assert runs([*epochs(7, 0.5), end(7), evaluated(7), plot((0.5,))]) == []


# ---------------------------------------------------------------- evaluations


def test_an_evaluation_belongs_to_the_last_run_of_its_model() -> None:
    first, second = runs(
        [*fitted(1), evaluated(accuracy=0.1), compiled(compile=ADAM), *fitted(2, compile=ADAM), evaluated(accuracy=0.9)]
    )
    assert (first.claimed_accuracy, second.claimed_accuracy) == (0.1, 0.9)


def test_an_evaluation_before_the_training_is_of_the_untrained_network() -> None:
    early = [compiled(), evaluated(accuracy=0.1), begin(), evaluated(accuracy=0.2), *epochs(1, 0.5), end(), evaluated()]
    run = only(early)
    assert [e.untrained for e in run.evaluations] == [True, True, False]
    assert only(early[:-1]).claimed_accuracy is None


def test_an_evaluation_after_steps_of_ones_own_is_of_a_trained_network() -> None:
    run = only([begin(epochs=0, epochs_asked=0, custom="GradientTape"), evaluated(), end()])
    assert not run.evaluations[0].untrained


def test_an_evaluation_of_another_model_is_not_this_runs() -> None:
    trained, other = runs([*fitted(1), compiled(2), evaluated(2)])
    assert trained.evaluations == ()
    assert other.evaluations[0].images == TEST


def test_an_evaluation_on_unknown_images_claims_nothing() -> None:
    run = only([*fitted(), evaluated(x="")])
    assert len(run.evaluations) == 1
    assert run.claimed_accuracy is None


# ---------------------------------------------------------------- curves


@pytest.mark.parametrize(
    "key", ["accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy"]
)
def test_accuracy_is_one_series_under_all_its_names(key: str) -> None:
    assert series_name(key) == "accuracy"
    assert series_name(f"val_{key}") == "val_accuracy"
    run = only([begin(), *epochs(1, 0.5, 0.6, key=key), end()])
    assert (run.history, run.compile.metrics) == ({"accuracy": (0.5, 0.6)}, (key,))


@pytest.mark.parametrize("key", ["loss", "val_loss", "top_k_categorical_accuracy", "lr", "mse"])
def test_other_series_keep_their_names(key: str) -> None:
    assert series_name(key) == key


def test_of_two_accuracies_in_an_epoch_one_is_the_curve() -> None:
    both = [e.model_copy(update={"logs": {"accuracy": 0.5, "categorical_accuracy": 0.5}}) for e in epochs(1, 0.5, 0.6)]
    assert only([begin(), *both, end()]).history == {"accuracy": (0.5, 0.5)}


def drawn(
    *lines: tuple[float | None, ...], accuracies: tuple[float | None, ...] = (0.51234567, 0.6)
) -> tuple[str, ...]:
    return only([*fitted(accuracies=accuracies), plot(*lines)]).plotted


def test_a_line_that_shows_the_runs_numbers_is_its_curve_whatever_it_is_called() -> None:
    assert drawn((0.5123457, 0.6)) == ("accuracy",)


def test_a_line_in_per_cent_is_the_curve_too() -> None:
    assert drawn((51.234567, 60.0)) == ("accuracy",)


def test_a_line_with_a_gap_where_the_history_has_none_is_the_curve() -> None:
    assert drawn((0.5, None), accuracies=(0.5, None)) == ("accuracy",)
    assert drawn((0.5, 0.6), accuracies=(0.5, None)) == ()


@pytest.mark.parametrize(
    "line", [(0.5, 0.61), (0.51234567,), (0.51234567, 0.6, 0.7), (0.6, 0.51234567), (None, None), ()]
)
def test_a_line_of_other_numbers_is_not_the_curve(line: tuple[float | None, ...]) -> None:
    assert drawn(line) == ()


def test_loss_alone_is_seen_as_loss_alone() -> None:
    assert only([begin(), *epochs(1, 2.5, 2.4, key="loss"), end(), plot((2.5, 2.4))]).plotted == ("loss",)


def test_the_curve_of_another_run_is_not_this_runs() -> None:
    first, second = runs([*fitted(1, model=1), *fitted(2, model=2, accuracies=(0.1, 0.2)), plot((0.1, 0.2))])
    assert (first.plotted, second.plotted) == ((), ("accuracy",))


def test_a_curve_drawn_before_its_run_went_on_counts() -> None:
    assert only([*fitted(1), plot((0.5, 0.6)), *fitted(2)]).plotted == ("accuracy",)


def test_of_endless_lines_those_that_the_recorder_would_write_are_looked_at() -> None:
    noise = [plot(*[(0.0, float(n))] * 100) for n in range(MOST_DRAWN // 100)]
    assert only([*fitted(), *noise, plot((0.5, 0.6))]).plotted == ()
    assert only([*fitted(), *noise[1:], plot((0.5, 0.6))]).plotted == ("accuracy",)


# ---------------------------------------------------------------- where it stands


def test_a_comment_in_its_cell_names_the_stage() -> None:
    assert only(fitted(), program("build", "#stage : BatchNorm\nmodel.fit(x, y)")).marker == "batchnorm"


def test_of_several_comments_the_last_one_above_the_fit_names_the_stage() -> None:
    cell = "# stage: naive\nfit()\n# stage: init\nfit()\n# stage: dropout"
    first, second = runs([*fitted(1, model=1, line=2), *fitted(2, model=2, line=4)], program("build", cell))
    assert (first.marker, second.marker) == ("naive", "init")


def test_a_tag_of_its_cell_names_the_stage_unless_a_comment_does() -> None:
    tags = ((), ("hidden", "stage:dropout"))
    assert only(fitted(), program("build", "fit()", tags=tags)).marker == "dropout"
    assert only(fitted(), program("build", "# stage: init\nfit()", tags=tags)).marker == "init"


def test_a_comment_in_another_cell_names_nothing() -> None:
    assert only(fitted(), program("# stage: init", "fit()")).marker == ""


def test_the_heading_is_the_markdown_nearest_above() -> None:
    assert only(fitted(), program("a", "b", "c", headings=("# Naive", "", "# Later"))).heading == "# Naive"
    assert only(fitted(), program("a", "b", headings=("# Naive", "# Init"))).heading == "# Init\n# Naive"


def test_the_source_shows_the_cell_that_built_the_network_and_the_one_that_trained_it() -> None:
    cells = ("old = Dense(5)", "m = Dense(50)", "print()", "m.fit()")
    assert only(fitted(cell=4), program(*cells)).source == "m = Dense(50)\n\nm.fit()"
    assert only(fitted(cell=2), program(*cells)).source == "m = Dense(50)"


def test_of_a_long_script_the_source_shows_the_lines_around_the_fit() -> None:
    script = "\n".join(f"line {n}" for n in range(1, 501))
    source = only(fitted(cell=1, line=300), program(script, kind=FileKind.MODULE)).source.splitlines()
    assert (source[0], source[-1]) == ("line 241", "line 305")


@pytest.mark.parametrize("cell", [0, 99])
def test_a_cell_that_the_program_does_not_have_has_no_source(cell: int) -> None:
    run = only(fitted(cell=cell, line=99))
    assert (run.source, run.marker) == ("", "")


# ---------------------------------------------------------------- anything

IDS = st.integers(0, 3)
EVENTS = st.lists(
    st.one_of(
        st.builds(compiled, IDS, compile=st.sampled_from([SGD, ADAM])),
        st.builds(begin, IDS, IDS, compile=st.sampled_from([SGD, ADAM])),
        st.builds(lambda fit, a: epochs(fit, a)[0], IDS, st.none() | st.floats(0, 1)),
        st.builds(end, IDS, st.sampled_from(["", "ValueError"])),
        st.builds(evaluated, IDS),
        st.builds(plot, st.tuples(st.none() | st.floats(0, 1))),
    ),
    max_size=30,
)


@given(EVENTS)
def test_events_in_any_order_make_runs_that_hang_together(events: list[AnyEvent]) -> None:
    found = runs(events)
    assert [r.id for r in found] == [f"lab.ipynb#{n}" for n in range(1, len(found) + 1)]
    for run in found:
        assert run.trained or not run.history
        assert not (run.finished and run.error)
        assert set(run.plotted) <= set(run.history)
        assert run.fit is None or len(run.history.get("accuracy", ())) == run.fit.epochs_done


def test_a_compile_event_without_details_is_taken_as_it_is() -> None:
    run = only([compiled(compile=CompileEvent().model_dump())])
    assert (run.compile.optimizer, run.compile.learning_rate, run.compile.momentum) == ("", None, 0.0)


# ---------------------------------------------------------------- past fit, and beyond reason


def test_a_loop_of_ones_own_is_a_run_with_its_weights() -> None:
    run = only([begin(custom="GradientTape", x="", epochs=0, epochs_asked=0), end()])
    assert (run.custom, run.trained, run.final_weights) == ("GradientTape", True, "after 1")


def test_a_loop_that_goes_on_in_another_cell_is_one_run() -> None:
    loops = [e for n in (1, 2) for e in (begin(n, custom="GradientTape", epochs=0, epochs_asked=0), end(n))]
    assert only(loops).final_weights == "after 2"


@pytest.mark.parametrize("before", [True, False])
def test_a_step_of_ones_own_beside_a_fit_is_no_training_of_its_own(before: bool) -> None:
    step = [begin(2, custom="train_on_batch", x="", epochs=0, epochs_asked=0), end(2)]
    run = only([*step, *fitted()] if before else [*fitted(), *step])
    assert (run.custom, run.final_weights, facts(run).images) == ("", "after 1", TRAIN)
    assert only([begin(), end(), *step]).custom == "train_on_batch"


def test_the_images_of_a_loop_are_those_that_its_model_answered_for() -> None:
    (traced,) = training_runs(NOTEBOOK, [begin(custom="GradientTape", x=""), end(), evaluated()], LOOKUP)
    assert traced.images == "test"
    (traced,) = training_runs(NOTEBOOK, [*fitted(), evaluated()], LOOKUP)
    assert traced.images == "x"


def test_epochs_beyond_reason_are_no_quick_mode() -> None:
    shortened = facts(only(fitted(epochs=1_000, epochs_asked=10_000)))
    assert (shortened.epochs_asked, shortened.shortened, shortened.capped) == (10_000, True, False)
    quick = facts(only(fitted(epochs=2, epochs_asked=10_000)))
    assert (quick.shortened, quick.capped) == (False, True)


# ---------------------------------------------------------------- whose weights answered


def asked(model: int, weights: str) -> AnyEvent:
    return evaluated(model, weights=weights)


def test_an_answer_counts_for_the_run_whose_weights_gave_it() -> None:
    """The best epoch was saved, loaded and evaluated: a model of another number, with the weights of an epoch."""
    best = epochs(1, 0.5, 0.6)[0].model_copy(update={"weights": "best"})
    loaded = compiled(7)
    run = only([begin(), best, end(), loaded, asked(7, "best")])
    assert [(e.cell, e.untrained) for e in run.evaluations] == [(3, False)]


def test_an_answer_by_a_copy_that_was_never_compiled_counts() -> None:
    assert len(only([*fitted(), asked(9, "after 1")]).evaluations) == 1


def test_an_answer_by_weights_that_no_run_had_stays_with_its_model_or_nobody() -> None:
    first, second = runs([*fitted(), compiled(2), asked(2, "from elsewhere"), asked(3, "from elsewhere")])
    assert (first.evaluations, len(second.evaluations), second.trained) == ((), 1, False)


def test_a_model_with_its_own_weights_answers_for_itself_though_another_run_had_them_too() -> None:
    same = [begin(2, 2), *epochs(2, 0.5, 0.6), end(1).model_copy(update={"fit": 2})]
    first, second = runs([*fitted(), *same, asked(1, "after 1")])
    assert (len(first.evaluations), len(second.evaluations)) == (1, 0)


def test_what_was_handed_over_batch_by_batch_is_known_at_the_end() -> None:
    late = end().model_copy(update={"x": "x", "y": "y", "validation_x": "test", "batch_size": 64})
    found = facts(only([begin(x="", y="", validation_given=True), *epochs(1, 0.5, 0.6), late]))
    assert (found.images, found.labels, found.validation_images, found.batch_size) == (TRAIN, LABELS, TEST, 64)


def test_of_images_that_come_anew_each_epoch_nobody_says_which_pixels_were_never_lit() -> None:
    (arrays,), (batches,) = (training_runs(NOTEBOOK, fitted(yields=yields), LOOKUP) for yields in (False, True))
    assert (arrays.handed, batches.handed) == (("x",), ("",))


def test_what_could_not_be_looked_at_has_no_batch_size() -> None:
    assert facts(only(fitted(x="", y=""))).batch_size is None


def test_a_metric_that_is_the_accuracy_is_the_accuracy_whatever_it_is_called() -> None:
    logs = [e.model_copy(update={"logs": {"auc": 0.9, "hits": 0.5, "val_hits": 0.25}}) for e in epochs(1, 0.5)]
    run = only([begin(accuracy="hits"), *logs, end()])
    assert (run.history["accuracy"], run.history["val_accuracy"]) == ((0.5,), (0.25,))
    assert run.compile.metrics == ("auc", "hits")
