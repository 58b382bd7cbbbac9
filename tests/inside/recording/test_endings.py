"""Who ended a `fit` early is known by what it is, not by what it is called; and its steps are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from grader.evidence.trace import Array, Evaluated, Fault, FitBegin, FitEnd, read
from grader.inside.patches import Patches
from grader.inside.protocol import BY_KERAS, BY_PROGRAM
from grader.inside.recording.cells import Cells
from grader.inside.recording.record import Recorder
from grader.inside.trace import Trace

Stopping: Any = keras.callbacks.EarlyStopping
X, Y = np.random.default_rng(0).random((40, 4)), np.ones((40, 2))
AT_ONCE = {"monitor": "loss", "min_delta": 9, "patience": 1}
"""Settings that end a training behind its second epoch."""


@pytest.fixture
def recorded(tmp_path: Path, patches: Patches) -> Iterator[Callable[[], list[Any]]]:
    """The recorder in place, as in a kernel, and what it has written."""
    with (tmp_path / "trace").open("wb") as sink:
        patches.install(Recorder(Trace(sink.fileno()), keras, Cells()).changes())
        yield lambda: list(read(tmp_path / "trace"))
        patches.undo()


def network() -> Any:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model


def fit(*callbacks: Any, **options: Any) -> None:
    network().fit(X, Y, batch_size=8, verbose=0, **({"epochs": 5, "callbacks": list(callbacks)} | options))


def only(events: list[Any], kind: type[Any]) -> Any:
    assert [e for e in events if isinstance(e, Fault)] == []
    (one,) = [e for e in events if isinstance(e, kind)]
    return one


class Stop(keras.callbacks.Callback):  # type: ignore[misc]
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (as Keras calls it)
        self.model.stop_training = True


class Tells(Stopping):  # type: ignore[misc]
    """Adds to Keras's own and leaves what it decides."""

    def on_train_end(self, logs: Any = None) -> None:
        super().on_train_end(logs)


class Decides(Stopping):  # type: ignore[misc]
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (as Keras calls it)
        self.stopped_epoch, self.wait, self.model.stop_training = epoch, 99, True


class Poses(Stop):
    stopped_epoch, wait, patience, monitor = 0, 9, 0, "loss"

    @property
    def __class__(self) -> Any:
        return Stopping


def shadowed() -> Any:
    stop = Stopping(**AT_ONCE)
    stop.on_epoch_end = Decides.on_epoch_end.__get__(stop)
    return stop


@pytest.mark.parametrize(
    ("callbacks", "by"),
    [
        (lambda: [Stopping(**AT_ONCE)], BY_KERAS),
        (lambda: [[keras.callbacks.CallbackList([Stopping(**AT_ONCE)])]], BY_KERAS),
        (lambda: [Tells(**AT_ONCE)], BY_KERAS),
        (lambda: [Decides(**AT_ONCE)], BY_PROGRAM),
        (lambda: [type("EarlyStopping", (Stop,), {})()], BY_PROGRAM),
        (lambda: [Poses()], BY_PROGRAM),
        (lambda: [shadowed()], BY_PROGRAM),
        (lambda: [Stop()], BY_PROGRAM),
        (lambda: [Stopping(monitor="loss", patience=50), Stop()], BY_PROGRAM),
    ],
)
def test_keras_is_said_to_have_ended_it_only_where_its_own_class_did(
    callbacks: Callable[[], Any], by: str, recorded: Callable[[], list[Any]]
) -> None:
    fit(*callbacks())
    end = only(recorded(), FitEnd)
    assert (end.ended_by, end.monitor) == (by, "loss" if by == BY_KERAS else "")


def test_what_replaces_the_method_of_keras_is_not_keras(
    recorded: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stopping, "on_epoch_end", Decides.on_epoch_end)
    fit(Stopping(**AT_ONCE))
    assert only(recorded(), FitEnd).ended_by == BY_PROGRAM


def test_a_list_of_keras_is_looked_into(recorded: Callable[[], list[Any]]) -> None:
    model = network()
    given = keras.callbacks.CallbackList([Stopping(**AT_ONCE)], add_history=True, model=model, epochs=5)
    model.fit(X, Y, epochs=5, callbacks=given, verbose=0)
    assert only(recorded(), FitEnd).ended_by == BY_KERAS


def test_a_fit_that_does_all_its_epochs_is_ended_by_nobody(recorded: Callable[[], list[Any]]) -> None:
    fit(initial_epoch=2)
    end = only(recorded(), FitEnd)
    assert (end.ended_by, end.steps) == ("", 3 * 5)


@pytest.mark.filterwarnings("ignore:Limiting epochs")
def test_keras_own_limit_on_epochs_is_the_programs(recorded: Callable[[], list[Any]]) -> None:
    keras.config.set_max_epochs(2)
    try:
        fit()
    finally:
        keras.config.set_max_epochs(None)
    end = only(recorded(), FitEnd)
    assert (end.ended_by, end.steps) == (BY_PROGRAM, 2 * 5)


class EachEpochIsOneStep(keras.callbacks.Callback):  # type: ignore[misc]
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (as Keras calls it)
        self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (as Keras calls it)
        self.model.stop_training = False


@pytest.mark.filterwarnings("ignore:Limiting steps")
def test_keras_own_limit_on_steps_is_seen_in_the_steps(recorded: Callable[[], list[Any]]) -> None:
    keras.config.set_max_steps_per_epoch(1)
    try:
        fit()
    finally:
        keras.config.set_max_steps_per_epoch(None)
    assert only(recorded(), FitEnd).steps == 5


@pytest.mark.parametrize(("options", "callbacks"), [({"steps_per_epoch": 1}, ()), ({}, (EachEpochIsOneStep(),))])
def test_steps_are_those_that_the_optimizer_did(
    options: dict[str, Any], callbacks: tuple[Any, ...], recorded: Callable[[], list[Any]]
) -> None:
    fit(*callbacks, **options)
    end = only(recorded(), FitEnd)
    assert (end.ended_by, end.steps) == ("", 5)


def test_the_steps_before_an_exception_are_counted(recorded: Callable[[], list[Any]]) -> None:
    def end(epoch: int, logs: Any) -> None:  # noqa: ARG001 (as Keras calls it)
        raise StopIteration(epoch)

    with suppress(StopIteration):
        fit(keras.callbacks.LambdaCallback(on_epoch_end=end))
    assert only(recorded(), FitEnd).steps == 5


def test_a_model_of_the_students_own_counts_no_steps(recorded: Callable[[], list[Any]]) -> None:
    class Own(keras.Sequential):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:  # noqa: ARG002 (as Keras calls it)
            return {"loss": 0.0}

    model = Own([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    assert only(recorded(), FitEnd).steps is None


def test_validation_of_a_few_steps_says_how_many_images(recorded: Callable[[], list[Any]]) -> None:
    fit(validation_data=(X, Y), validation_steps=2, epochs=1)
    assert only(recorded(), FitBegin).validation_most == 16


def test_an_evaluation_of_one_step_is_of_one_batch(recorded: Callable[[], list[Any]]) -> None:
    network().evaluate(X, Y, batch_size=8, steps=1, verbose=0)
    events = recorded()
    assert only(events, Evaluated).x == only(events, Array).id
    assert only(events, Array).shape == (8, 4)
