"""The parts of the recorder that need no kernel: models, arrays, old history, and that it is never in the way."""

import copy
import gc
import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from grader.evidence.trace import Array, Blob, Fault, arrays, read
from grader.inside.compat.old_history import OldHistory
from grader.inside.recording.arrays import SAMPLED_ROWS, ArrayRecorder, as_array
from grader.inside.recording.cells import Cells
from grader.inside.recording.numbers import accuracy_in
from grader.inside.recording.record import Recorder
from grader.inside.trace import LARGEST_BLOB, Trace, plain


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trace.jsonl"


@pytest.fixture
def trace(path: Path) -> Any:
    with path.open("wb") as sink:
        yield Trace(sink.fileno())


def network() -> Any:
    return keras.Sequential([keras.layers.Dense(1)])


# ---------------------------------------------------------------- models


def test_a_model_keeps_its_number(trace: Trace) -> None:
    recorder, one, two = Recorder(trace, keras, Cells()), network(), network()
    assert [recorder._number(m) for m in (one, two, one, two)] == [1, 2, 1, 2]


def test_a_model_never_has_the_number_of_one_that_is_gone_or_of_one_that_is_there(trace: Trace) -> None:
    """Students build one model after the other in one variable, and the first ones are collected meanwhile."""
    recorder = Recorder(trace, keras, Cells())
    first, second = network(), network()
    assert [recorder._number(first), recorder._number(second)] == [1, 2]
    del first
    gc.collect()
    assert recorder._number(network()) == 3
    assert recorder._number(second) == 2


# ---------------------------------------------------------------- what evaluate returned

METRICS: dict[str, tuple[list[Any], str]] = {
    "accuracy alone": (["accuracy"], "accuracy"),
    "under its old name": (["acc"], "acc"),
    "under a name of its own": ([keras.metrics.CategoricalAccuracy(name="my_acc")], "my_acc"),
    "after another metric": (["mse", "accuracy"], "accuracy"),
    "after one of the same kind": (["top_k_categorical_accuracy", "accuracy"], "accuracy"),
    "after one with many values": ([keras.metrics.F1Score(), "accuracy"], "accuracy"),
    "after precision and recall": ([keras.metrics.Precision(), keras.metrics.Recall(), "accuracy"], "accuracy"),
}


@pytest.mark.parametrize("which", sorted(METRICS))
def test_the_accuracy_is_found_among_all_that_evaluate_returned(which: str) -> None:
    metrics, name = METRICS[which]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(7, "softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=metrics)
    data = np.random.default_rng(0).random((50, 4)), np.eye(7)[np.arange(50) % 7]
    by_name = model.evaluate(*data, verbose=0, return_dict=True)
    assert accuracy_in(keras, model, model.evaluate(*data, verbose=0)) == pytest.approx(by_name[name])
    assert accuracy_in(keras, model, by_name) == pytest.approx(by_name[name])


@pytest.mark.parametrize("metrics", [None, ["mse"], [keras.metrics.TopKCategoricalAccuracy()]])
def test_where_no_accuracy_was_asked_for_none_is_claimed(metrics: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=metrics)
    assert accuracy_in(keras, model, model.evaluate(np.zeros((5, 4)), np.zeros((5, 2)), verbose=0)) is None


# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        5,
        object(),
        [],
        np.zeros(0),
        np.zeros((0, 784)),
        np.zeros((5, 0)),
        np.float32(3),
        [[1], [1, 2]],
        np.array(["a"]),
        np.array([None]),
        np.array([1 + 2j]),
        {"x": 1},
        (n for n in range(3)),
        tf.data.Dataset.from_tensor_slices([1.0]),
    ],
    ids=lambda value: type(value).__name__,  # no address: it differs between test processes
)
def test_what_is_no_array_of_numbers_is_passed_over(value: Any, trace: Trace) -> None:
    assert as_array(value) is None
    assert ArrayRecorder(trace).describe(value) == ""


@pytest.mark.parametrize(
    "value", [[[1, 2]], (1.5,), np.zeros((3, 2)), tf.zeros((3, 2)), [np.zeros(2), np.zeros(2)], [True]]
)
def test_what_keras_takes_for_an_array_is_one(value: Any) -> None:
    assert as_array(value) is not None


def test_an_array_is_sampled_evenly_from_its_first_row_to_its_last(trace: Trace, path: Path) -> None:
    ArrayRecorder(trace).describe(np.arange(10_000.0)[:, None])
    blob = next(e for e in read(path) if isinstance(e, Blob))
    found = arrays(blob)
    assert (len(found["rows"]), found["rows"][0], found["rows"][-1]) == (SAMPLED_ROWS, 0, 9_999)
    assert found["mean"] == pytest.approx(4_999.5)
    assert found["std"] == pytest.approx(np.arange(10_000).std())


def test_the_same_content_handed_over_again_is_the_same_array(trace: Trace, path: Path) -> None:
    recorder = ArrayRecorder(trace)
    ids = [recorder.describe(np.ones((300, 4))) for _ in range(3)] + [recorder.describe(np.zeros((300, 4)))]
    assert len(set(ids)) == 2
    assert [e.id for e in read(path) if isinstance(e, Array)] == sorted(set(ids), key=ids.index)


def test_the_same_numbers_in_another_type_are_another_array(trace: Trace) -> None:
    recorder = ArrayRecorder(trace)
    assert recorder.describe(np.ones((3, 4))) != recorder.describe(np.ones((3, 4), np.uint8))


# ---------------------------------------------------------------- the trace


def test_a_failure_of_the_recorder_is_an_event_and_no_exception(trace: Trace, path: Path) -> None:
    with trace.guarded("compile"):
        _ = 1 / 0
    (fault,) = read(path)
    assert isinstance(fault, Fault)
    assert fault.where == "compile"
    assert "ZeroDivisionError" in fault.detail


def test_a_student_who_makes_warnings_errors_does_not_reach_the_recorder(trace: Trace, path: Path) -> None:
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        with trace.guarded("fit"):
            warnings.warn("careful", stacklevel=1)
            assert ArrayRecorder(trace).describe(np.array([np.inf, 1e300]))
    assert [e for e in read(path) if isinstance(e, Fault)] == []


def test_an_interrupt_is_no_failure_of_the_recorder(trace: Trace) -> None:
    with pytest.raises(KeyboardInterrupt), trace.guarded("fit"):
        raise KeyboardInterrupt


def test_arrays_beyond_the_bound_are_not_recorded(trace: Trace, path: Path) -> None:
    assert trace.blob({"w0000": np.zeros(LARGEST_BLOB // 8 + 1)}) == ""
    assert path.read_bytes() == b""


def test_the_largest_arrays_that_are_recorded_are_read(trace: Trace, path: Path) -> None:
    trace.blob({f"w{n:04}": np.zeros(LARGEST_BLOB // 4 // 8) for n in range(4)})
    (blob,) = read(path)
    assert isinstance(blob, Blob)
    assert len(arrays(blob)) == 4


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (float("nan"), None),
        (np.float64("inf"), None),
        (np.bool_(True), True),
        (np.array(2), 2),
        (np.array(np.nan), None),
        (np.arange(3), [0, 1, 2]),
        ((1, [np.nan]), [1, [None]]),
        ({1: np.int8(2)}, {"1": 2}),
        (b"x", "b'x'"),
        (None, None),
    ],
    ids=repr,
)
def test_values_of_any_library_are_written_as_json(value: Any, written: Any) -> None:
    assert plain(value) == written


@given(
    st.recursive(
        st.none() | st.floats() | st.text() | st.binary(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_any_value_is_written_as_json(value: Any) -> None:
    json.dumps(plain(value), allow_nan=False)


# ---------------------------------------------------------------- history under old names


def history(**values: Any) -> tuple[OldHistory, list[str]]:
    told: list[str] = []
    return OldHistory(values, told.append), told


@pytest.mark.parametrize(
    ("there", "asked"),
    [("accuracy", "acc"), ("val_accuracy", "val_acc"), ("acc", "accuracy"), ("val_acc", "val_accuracy")],
)
def test_an_accuracy_is_found_under_its_other_name_and_the_name_is_told(there: str, asked: str) -> None:
    found, told = history(**{there: [0.5]})
    assert found[asked] == [0.5]
    assert told == [f"history.history[{asked!r}] is {there!r} in this Keras; write history.history[{there!r}] instead"]


def test_the_name_that_is_there_is_told_nothing() -> None:
    found, told = history(accuracy=[0.5], acc=[0.4])
    assert (found["acc"], told) == ([0.4], [])


@pytest.mark.parametrize("key", ["acc", "val_accuracy", "nothing", ""])
def test_a_name_that_is_not_there_in_any_spelling_is_a_key_error(key: str) -> None:
    found, told = history(loss=[0.5])
    with pytest.raises(KeyError) as caught:
        found[key]
    assert (caught.value.args, told) == ((key,), [])


def test_copies_and_pickles_are_plain_dictionaries() -> None:
    found, _ = history(loss=[0.5])
    for other in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert type(other) is dict
        assert other == {"loss": [0.5]}
