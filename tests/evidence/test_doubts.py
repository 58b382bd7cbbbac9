"""What a record says against itself, its weights or its program is noticed; what honest students do is not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.evidence.doubts import contradictions, of_equal_weights, reaches_for_the_record, seen_the_test, unfounded
from grader.intake.source_code import LONGEST
from grader.records import Measurement, TrainingRun
from tests.builders import ONE_HOT, TRAIN, perfect_run, recompiled, refit
from tests.evidence.events import program

TRAINS = program("model = build()", "model.fit(x, y)")
ONES = {"w0000": np.ones((3, 3), np.float32)}
TWOS = {"w0000": np.full((3, 3), 2, np.float32)}


def run(measured: float = 0.9, *validation: float, **changes: Any) -> TrainingRun:
    """A run whose validation accuracy was this over the epochs, and whose weights reach `measured`."""
    history = {"val_accuracy": validation or (0.5, 0.88, 0.91)}
    given = {"measurement": Measurement(measured, "raw"), "history": history} | changes
    return perfect_run("optimizer", **given)


def validated(measured: float = 0.9, *validation: float, scaling: str = "raw", **changes: Any) -> TrainingRun:
    """The same, validated by other images, scaled this way."""
    given = run(measured, *validation, **changes)
    return refit(given, validation="data", validation_images=replace(TRAIN, scaling=scaling))


def against(of: TrainingRun, initial: Any = ONES, final: Any = TWOS) -> list[str]:
    return list(contradictions(of, initial, final))


# ---------------------------------------------------------------- history and weights


def test_weights_that_reach_what_the_history_says_are_believed() -> None:
    assert against(run()) == []


def test_the_best_weights_of_an_early_epoch_are_believed() -> None:
    assert against(run(0.90, 0.89, 0.3, 0.2)) == []


@pytest.mark.parametrize("measured", [0.3, 0.99])
def test_weights_that_reach_something_else_are_not_those_of_the_training(measured: float) -> None:
    (reason,) = against(run(measured, 0.70, 0.75, 0.80))
    assert "lies between 0.7000 and 0.8000" in reason
    assert f"reach {measured:.4f} on the test images" in reason


@pytest.mark.parametrize(
    "fit",
    [
        {"validation_rows": 100},
        {"labels": None},
        {"labels": replace(ONE_HOT, right=0.1)},
        {"images": None},
        {"validation": "none"},
    ],
    ids=["too few", "labels unknown", "wrong labels", "images unknown", "not validated"],
)
def test_a_validation_that_measures_something_else_proves_nothing(fit: dict[str, Any]) -> None:
    assert against(refit(run(0.3), **fit)) == []


def test_without_a_history_or_a_measurement_nothing_is_compared() -> None:
    assert against(run(0.3, history={})) == []
    assert against(run(measurement=Measurement(None, reason="no"))) == []


def test_validation_images_scaled_otherwise_than_the_training_images_prove_nothing() -> None:
    assert against(validated(0.9, 0.1, 0.12, scaling="unit")) == []
    assert len(against(validated(0.9, 0.1, 0.12, scaling="raw"))) == 1


def test_other_digits_or_wrong_labels_in_the_validation_set_are_a_mistake_and_no_forgery() -> None:
    learnt = {"accuracy": (0.6, 0.97), "val_accuracy": (0.0, 0.1)}
    assert against(run(0.7, history=learnt)) == []
    assert len(against(run(0.7, history=learnt | {"accuracy": (0.2, 0.3)}))) == 1


@pytest.mark.parametrize(
    ("metric", "source", "highest"),
    [
        ("binary_accuracy", "", 0.5),
        ("my_acc", "", 0.5),
        ("accuracy", "metrics=[keras.metrics.Accuracy()]", 0.5),
        ("accuracy", "metrics=[BinaryAccuracy(name='accuracy')]", 0.5),
        ("accuracy", "", 0.03),
    ],
)
def test_a_metric_that_counts_something_else_than_right_answers_proves_nothing(
    metric: str, source: str, highest: float
) -> None:
    assert against(recompiled(run(0.9, 0.01, highest, source=source), metrics=(metric,))) == []


@pytest.mark.parametrize("metric", ["accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy"])
def test_a_metric_that_counts_right_answers_is_compared(metric: str) -> None:
    of = run(0.9, 0.01, 0.5, source="metrics=[keras.metrics.CategoricalAccuracy()]")
    assert len(against(recompiled(of, metrics=(metric,)))) == 1


def test_weights_that_no_epoch_has_changed_are_noticed() -> None:
    (reason,) = against(run(), ONES, dict(ONES))
    assert reason == "its weights after 100 epochs are those before: nothing was trained"
    assert against(refit(run(), epochs_done=0), ONES, dict(ONES)) == []
    assert against(run(), {}, ONES) == []


def test_two_runs_never_end_with_the_same_weights() -> None:
    first = run(id="1", final_weights="a", cell=3)
    second, other = (perfect_run("dropout", id=n, final_weights=key) for n, key in (("2", "b"), ("3", "c")))
    stored = {"a": ONES, "b": dict(ONES), "c": TWOS}
    assert list(of_equal_weights([first, second, other], stored)) == [
        ("2", "it ends with the very weights of the run in cell 3")
    ]


def test_the_same_training_done_twice_from_one_seed_ends_with_the_same_weights() -> None:
    first, second = (run(id=key, initial_weights=f"before {key}", final_weights=key) for key in ("a", "b"))
    stored = {"a": ONES, "b": dict(ONES), "before a": TWOS, "before b": dict(TWOS)}
    assert list(of_equal_weights([first, second], stored)) == []
    (found,) = of_equal_weights([first, second], stored | {"before b": ONES})
    assert found[0] == "b"


def test_networks_that_have_diverged_or_were_not_measured_are_no_twins() -> None:
    first, second = run(id="1", final_weights="a"), replace(perfect_run("dropout"), id="2", final_weights="b")
    nothing = {"w0000": np.full((3, 3), np.nan, np.float32)}
    assert list(of_equal_weights([first, second], {"a": nothing, "b": dict(nothing)})) == []
    unmeasured = [replace(r, measurement=Measurement(None)) for r in (first, second)]
    assert list(of_equal_weights(unmeasured, {"a": ONES, "b": ONES})) == []
    assert len(list(of_equal_weights([first, second], {"a": ONES, "b": ONES}))) == 1


# ---------------------------------------------------------------- the test images


def test_a_network_that_knows_the_test_images_better_than_the_training_images_has_seen_them() -> None:
    seen = replace(run(), measurement=Measurement(0.9990, "raw", training_accuracy=0.9450))
    assert "right on 99.90% of the test images and on only 94.50% of the training images" in seen_the_test(seen)


@pytest.mark.parametrize(("test", "training"), [(0.95, 0.97), (0.935, 0.925), (0.1135, 0.1124), (None, None)])
def test_an_honest_network_knows_both_about_as_well(test: float | None, training: float | None) -> None:
    assert seen_the_test(replace(run(), measurement=Measurement(test, "raw", training_accuracy=training))) == ""


# ---------------------------------------------------------------- the program


def test_a_training_in_a_program_that_never_fits_is_none() -> None:
    forger = program("import os", "os.write(7, 'fit=1')")
    assert "nothing in the program calls fit" in unfounded(forger, run(), helpers=())


def test_a_compiled_network_in_a_program_that_never_compiles_is_none() -> None:
    untrained = run(fit=None)
    assert "nothing in the program calls compile" in unfounded(program("os.write(7, line)"), untrained, helpers=())
    assert unfounded(program("model.compile('sgd')"), untrained, helpers=()) == ""


@pytest.mark.parametrize("step", ["optimizer.apply(gradients, w)", "v = adam.stateless_apply(v, g, w)"])
def test_a_loop_that_applies_gradients_in_the_manner_of_keras_3_is_a_training(step: str) -> None:
    assert unfounded(program(step), run(custom="GradientTape"), helpers=()) == ""


def test_a_training_by_a_helper_module_or_a_library_is_one() -> None:
    elsewhere = program("import common", "common.train()")
    assert "nothing in the program calls fit" in unfounded(elsewhere, run(), helpers=(program("x = 1"),))
    assert unfounded(elsewhere, run(), helpers=(TRAINS,)) == ""
    assert unfounded(elsewhere, run(), helpers=None) == ""
    assert unfounded(elsewhere, run(wrapped=True), helpers=()) == ""
    assert unfounded(TRAINS, run(), helpers=()) == ""


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("keras.Model.fit = fake", "keras.Model.fit"),
        ("%matplotlib inline\ntf.keras.Sequential.evaluate = lambda *a: 1", "tf.keras.Sequential.evaluate"),
        ("setattr(keras.Model, 'predict', fake)", "keras.Model.predict"),
        ("model.fit = fake", "model.fit"),
        ("os.environ['GRADER_TRACE_FD']", "'GRADER_TRACE'"),
        ("from inside.trace import Trace", "'inside.trace'"),
        ("open('/proc/self/fd/7', 'w')", "'/proc/self/fd'"),
        ("inspect.getclosurevars(keras.Model.fit)", "'getclosurevars'"),
        ("model.train_function = own", "model.train_function"),
        (
            "class Net(keras.Sequential):\n    def __init__(self):\n        self.train_function = own",
            "self.train_function",
        ),
        ("self.model.optimizer = keras.optimizers.Adam()", "self.model.optimizer"),
        ("group.on_epoch_end(99, logs)", "calls group.on_epoch_end itself"),
        ("model.optimizer.iterations.assign(5500)", "sets model.optimizer.iterations"),
    ],
)
def test_a_cell_that_reaches_for_the_recording_is_named(cell: str, named: str) -> None:
    (reason,) = reaches_for_the_record(program("x = 1", cell))
    assert reason.startswith("lab.ipynb, cell 2: ")
    assert named in reason


@pytest.mark.parametrize(
    "cell",
    [
        "class Mine(keras.Model):\n    def fit(self):\n        self.fit = 1",
        "fit = model.fit(x, y)",
        "history = model.fit\nmodel.history = history",
        "class Log(Callback):\n    def on_epoch_end(self, e, logs=None):\n        super().on_epoch_end(e, logs)",
        "class Rows(PyDataset):\n    def __init__(self):\n        super().__init__()\n        self.on_epoch_end()",
        "args.optimizer = 'adam'\nmodel.train_function = None\nself.train_function = None",
        "class Net:\n    def __init__(self, optimizer):\n        self.optimizer = optimizer",
        "model.optimizer.learning_rate = 0.01\nmodel.optimizer.learning_rate.assign(0.001)",
        "this does not parse (",
        "x = " + "(" * 300,
        "scaler.fit(x)",
    ],
)
def test_what_honest_students_write_is_no_reach_for_the_recording(cell: str) -> None:
    assert list(reaches_for_the_record(program(cell))) == []


def test_a_cell_that_is_too_long_to_be_read_is_named() -> None:
    doubts = list(reaches_for_the_record(program("x = 1\n" * LONGEST)))
    assert len(doubts) == 1
    assert "is not known" in doubts[0]


def test_what_is_nested_too_deep_to_be_written_is_named_all_the_same() -> None:
    (doubt,) = reaches_for_the_record(program("a" + ".b" * 2000 + ".fit = f"))
    assert "it replaces something nested very deep" in doubt


# ---------------------------------------------------------------- words are no calls


@pytest.mark.parametrize(
    "cell",
    [
        "# history = model.fit(X, Y, epochs=100)",
        "text = 'model.fit(x, y)'",
        '"""First build the model, then model.fit(x, y)."""',
        "this is no Python: model.fit(x, y)",
        "scaler.fit(x)",
        "StandardScaler().fit(x)",
        "def fit():\n    pass",
        "print('fit = model.fit')",
    ],
)
def test_fit_in_a_comment_or_a_text_is_no_training(cell: str) -> None:
    assert "nothing in the program calls fit" in unfounded(program(cell), run(), helpers=())


@pytest.mark.parametrize(
    "cell",
    [
        "%time h = model.fit(x, y)\nmodel.fit(x, y)",
        "!pip install x\nmodel.fit_generator(rows)",
        "train = model.fit\ntrain(x, y)",
        "getattr(model, 'fit')(x, y)",
        "exec('model.fit(x, y)')",
        "operator.methodcaller('fit', x, y)(model)",
        "get_ipython().run_cell('model.fit(x, y)')",
        "class M:\n    def go(self):\n        return self.model.fit(x, y)",
        "build()(x).fit(x, y)",
    ],
)
def test_fit_in_whatever_way_it_is_called_is_one(cell: str) -> None:
    assert unfounded(program(cell), run(), helpers=()) == ""


def test_a_metric_that_is_only_talked_about_excuses_nothing() -> None:
    of = run(0.9, 0.01, 0.5, source="m.compile(metrics=['accuracy'])  # not BinaryAccuracy(")
    assert len(against(recompiled(of, metrics=("accuracy",)))) == 1


@pytest.mark.parametrize(
    "cell", ["gc.get_objects()", "keras.Model.fit.__closure__", "sys._getframe(1)", "open('/proc/self/mem')"]
)
def test_what_leads_to_the_recording_by_way_of_python_is_named(cell: str) -> None:
    assert len(list(reaches_for_the_record(program(cell)))) == 1
