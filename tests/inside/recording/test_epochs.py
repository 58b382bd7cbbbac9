"""Callbacks in every form in which Keras takes them: `fit` does with them what plain Keras does, and is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from grader.evidence.trace import Epoch, Fault, FitPath, read
from grader.inside.fast_fit.speed import EXACT, PLAIN, Speed
from grader.inside.patches import Patches
from grader.inside.recording.cells import Cells
from grader.inside.recording.record import Recorder
from grader.inside.trace import Trace

X, Y = np.ones((40, 4)), np.ones((40, 2))
SEEN: list[Any] = []


class Own(keras.callbacks.Callback):  # type: ignore[misc]
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        SEEN.append((epoch, sorted(logs), self.model is not None, dict(self.params or {})))


def of_keras(**options: Any) -> Callable[[Any], Any]:
    return lambda model: keras.callbacks.CallbackList([Own()], model=model, **options)


FORMS: dict[str, Callable[[Any], Any]] = {
    "none": lambda _: None,
    "a list": lambda _: [Own()],
    "one alone": lambda _: Own(),
    "a tuple": lambda _: (Own(), Own()),
    "lists in a list": lambda _: [[Own()], [[Own()]]],
    "a dictionary": lambda _: {"mine": Own()},
    "a generator": lambda _: (one for one in [Own()]),
    "a set": lambda _: {Own()},
    "Keras's list": of_keras(add_history=True, epochs=2),
    "Keras's list with a progress bar": of_keras(add_history=True, add_progbar=True, epochs=2, verbose=2, steps=2),
    "Keras's list without a history": of_keras(),
    "Keras's list without a model": lambda _: keras.callbacks.CallbackList([Own()], add_history=True),
    "Keras's list in a list": lambda _: [keras.callbacks.CallbackList([Own()])],
    "Keras's list within Keras's list": lambda model: keras.callbacks.CallbackList(
        [keras.callbacks.CallbackList([Own()])], add_history=True, model=model
    ),
}
FAILS_IN_KERAS = {"a generator", "a set", "Keras's list without a history", "Keras's list without a model"}


def network() -> Any:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model


def outcome(callbacks: Callable[[Any], Any]) -> Any:
    """What a student sees of one `fit`: what it returned or raised, and what their callbacks were told."""
    SEEN.clear()
    model = network()
    try:
        history = model.fit(X, Y, epochs=2, callbacks=callbacks(model), verbose=0)
        answer: Any = history.epoch, dict(history.history), history.params
    except AttributeError as error:
        answer = str(error)
    return answer, list(SEEN), [w.tolist() for w in model.get_weights()]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callbacks save where the program works, which is not the checkout."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def recording(tmp_path: Path, patches: Patches) -> Iterator[Path]:
    """The recorder in place, as in a kernel, and the file that it writes to."""
    with (tmp_path / "trace").open("wb") as sink:
        patches.install(Recorder(Trace(sink.fileno()), keras, Cells()).changes())
        yield tmp_path / "trace"
        patches.undo()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_fit_does_what_plain_keras_does_and_each_epoch_is_recorded(
    form: str, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as plain:
        owner = next(c for c in keras.Model.__mro__ if "fit" in vars(c))
        plain.setattr(owner, "fit", owner.fit.__wrapped__)  # type: ignore[attr-defined]
        expected = outcome(FORMS[form])
    assert outcome(FORMS[form]) == expected
    assert isinstance(expected[0], str) == (form in FAILS_IN_KERAS)
    events = list(read(recording))
    assert [e for e in events if isinstance(e, Fault)] == []
    done = [e.epoch for e in events if isinstance(e, Epoch)]
    assert done == [0, 1][: len(done)]
    assert len(done) == 2 or form in FAILS_IN_KERAS


@pytest.mark.usefixtures("recording")
def test_keras_s_own_list_is_given_back_as_it_was_and_may_be_used_again() -> None:
    model = network()
    listed = keras.callbacks.CallbackList([Own()], add_history=True, model=model)
    before = list(listed.callbacks)
    for _ in range(2):
        model.fit(X, Y, callbacks=listed, verbose=0)
        assert listed.callbacks == before
    with pytest.raises(ValueError, match="x"):
        model.fit(None, Y, callbacks=listed)
    assert listed.callbacks == before


# ---------------------------------------------------------------- callbacks that see every batch


def derived(base: type[Any], *methods: str, **options: Any) -> Any:
    """A callback of Keras's with batch methods of the student's own, which count."""
    told: list[int] = []

    def hook(method: str) -> Callable[..., Any]:
        def look(self: Any, batch: int, logs: Any = None) -> None:
            told.append(batch)
            getattr(base, method)(self, batch, logs)

        return look

    made = type(f"Own{base.__name__}", (base,), {m: hook(m) for m in methods})(**options)
    made.told = told
    return made


CALLBACKS = keras.callbacks
BUILT_IN: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "ModelCheckpoint": (CALLBACKS.ModelCheckpoint, {"filepath": "m.weights.h5", "save_weights_only": True}),
    "EarlyStopping": (CALLBACKS.EarlyStopping, {"monitor": "loss"}),
    "ReduceLROnPlateau": (CALLBACKS.ReduceLROnPlateau, {"monitor": "loss"}),
    "LearningRateScheduler": (CALLBACKS.LearningRateScheduler, {"schedule": lambda _, rate: rate}),
    "CSVLogger": (CALLBACKS.CSVLogger, {"filename": "log.csv"}),
    "History": (CALLBACKS.History, {}),
    "LambdaCallback": (CALLBACKS.LambdaCallback, {}),
}


BATCH_METHODS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
NEVER_CALLED = {
    # It does not hand on to the older name.
    ("ModelCheckpoint", "on_batch_end"),
    # It keeps its functions on the instance, where they hide the methods of its class.
    ("LambdaCallback", "on_train_batch_begin"),
    ("LambdaCallback", "on_train_batch_end"),
}
"""By plain Keras."""


@pytest.mark.parametrize(
    ("name", "method"), [(n, m) for n in sorted(BUILT_IN) for m in BATCH_METHODS if (n, m) not in NEVER_CALLED]
)
def test_what_a_student_derives_from_a_callback_of_keras_sees_every_batch(
    name: str, method: str, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base, options = BUILT_IN[name]
    own = derived(base, method, **options)
    network().fit(X, Y, batch_size=10, callbacks=[own], verbose=0)
    assert own.told == [0, 1, 2, 3]
    assert [e.path for e in read(recording) if isinstance(e, FitPath)] == [PLAIN]


def test_a_checkpoint_that_decides_after_each_batch_in_its_own_way_is_asked_after_each() -> None:
    class EachBatch(CALLBACKS.ModelCheckpoint):  # type: ignore[misc]
        def _should_save_on_batch(self, batch: int) -> bool:
            return batch > 0

    assert Speed(keras).fit(network(), {"x": X, "y": Y, "callbacks": [EachBatch("m.keras")]}).path == PLAIN


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_callbacks_of_keras_that_look_at_epochs_alone_are_as_fast_as_before(name: str) -> None:
    base, options = BUILT_IN[name]
    derived_without = type("Own", (base,), {"on_epoch_end": lambda *_: None})
    for callback in (base(**options), derived_without(**options)):
        assert Speed(keras).fit(network(), {"x": X, "y": Y, "callbacks": [callback]}).path == EXACT
