"""A network is asked in more ways than by `evaluate`, and is handed images in more ways than as arrays."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from grader.evidence.trace import Array, Blob, Epoch, Evaluated, Fault, FitBegin, FitEnd, arrays, read
from grader.inside.protocol import TEST_IMAGES
from grader.inside.recording.streams import Streams

pytestmark = [
    pytest.mark.filterwarnings("ignore:`shuffle=True` was passed"),
    pytest.mark.filterwarnings("ignore:Your input ran out of data"),
]
"""What Keras tells everybody who hands over a data set."""
WHOLE = np.arange(TEST_IMAGES * 3, dtype=np.float32).reshape(-1, 3) / TEST_IMAGES
ONE_HOT = np.eye(2, dtype=np.float32)[np.arange(TEST_IMAGES) % 2]
X, Y = WHOLE[:40], ONE_HOT[:40]
Given = Callable[[Any, Any], Any]


@pytest.fixture(scope="module")
def model() -> Any:
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2, "softmax")])
    made.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return made


def written(trace: Path) -> list[Any]:
    events = list(read(trace))
    assert [e for e in events if isinstance(e, Fault)] == []
    return events


def shapes(events: list[Any]) -> list[tuple[str, tuple[int, ...] | None]]:
    """How the network was asked, and for what."""
    known = {e.id: e.shape for e in events if isinstance(e, Array)}
    return [(e.kind, known.get(e.x)) for e in events if isinstance(e, Evaluated)]


def generator(x: Any, y: Any, size: int) -> Iterator[Any]:
    while True:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


class Batches(keras.utils.PyDataset):
    def __init__(self, x: Any, y: Any, size: int) -> None:
        super().__init__()
        self.x, self.y, self.size = x, y, size

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.size)

    def __getitem__(self, index: int) -> Any:
        rows = slice(index * self.size, (index + 1) * self.size)
        return self.x[rows], self.y[rows]


def source(x: Any, y: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices((x, y))


# ---------------------------------------------------------------- asking

ASKED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "predict_on_batch": (lambda m: m.predict_on_batch(WHOLE), "predict"),
    "test_on_batch": (lambda m: m.test_on_batch(WHOLE, ONE_HOT), "evaluate"),
    "called": (lambda m: m(WHOLE), "predict"),
    "called with a word": (lambda m: m(tf.constant(WHOLE), training=False), "predict"),
    "called batch by batch": (lambda m: [m(WHOLE[s : s + 400]) for s in range(0, TEST_IMAGES, 400)], "predict"),
    "a data set": (lambda m: m.evaluate(source(WHOLE, ONE_HOT).batch(1000), verbose=0), "evaluate"),
    "a generator": (lambda m: m.evaluate(generator(WHOLE, ONE_HOT, 1000), steps=10, verbose=0), "evaluate"),
    "a PyDataset": (lambda m: m.evaluate(Batches(WHOLE, ONE_HOT, 1000), verbose=0), "evaluate"),
    "images alone": (
        lambda m: m.predict(tf.data.Dataset.from_tensor_slices(WHOLE).batch(1000).prefetch(1), verbose=0),
        "predict",
    ),
}
NOT_ASKED: dict[str, Callable[[Any], Any]] = {
    "a few": lambda m: m(WHOLE[:7]),
    "to train": lambda m: m(WHOLE, training=True),
    "more than all": lambda m: [m(WHOLE[:6_000]) for _ in "12"],
    "as a part of another": lambda m: keras.Sequential([keras.Input((3,)), m]),
}


@pytest.mark.parametrize("how", sorted(ASKED))
def test_all_test_images_are_one_question_however_a_network_is_asked(how: str, model: Any, recording: Path) -> None:
    ask, kind = ASKED[how]
    ask(model)
    events = written(recording)
    assert shapes(events) == [(kind, (TEST_IMAGES, 3))]
    (answer,) = (e for e in events if isinstance(e, Evaluated))
    assert len(answer.weights) == 32
    assert (answer.accuracy is None) == (kind == "predict")


@pytest.mark.parametrize("how", sorted(NOT_ASKED))
def test_a_network_that_is_called_for_something_else_is_asked_nothing(how: str, model: Any, recording: Path) -> None:
    NOT_ASKED[how](model)
    assert shapes(written(recording)) == []


def test_one_that_is_asked_in_a_function_of_the_programs_own_was_asked_nobody_sees_what(
    model: Any, recording: Path
) -> None:
    tf.function(lambda x: model(x, training=False))(tf.constant(WHOLE))
    tf.function(lambda x: model(x, training=True))(tf.constant(WHOLE))
    (answer,) = (e for e in written(recording) if isinstance(e, Evaluated))
    assert (answer.kind, answer.x, answer.accuracy, len(answer.weights)) == ("predict", "", None, 32)


def test_the_weights_that_answer_are_those_of_the_fit_wherever_they_are(recording: Path, model: Any) -> None:
    """A clone that was given the weights, and the best epoch out of a file."""
    own = keras.models.clone_model(model)
    own.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    kept = keras.callbacks.ModelCheckpoint(str(recording.parent / "m.keras"), monitor="loss", save_best_only=True)
    own.fit(X, Y, epochs=2, verbose=0, callbacks=[kept])
    other = keras.models.clone_model(own)
    other.set_weights(own.get_weights())
    other.predict(X, verbose=0)
    keras.models.load_model(recording.parent / "m.keras").evaluate(X, Y, verbose=0)
    own.layers[0].kernel.assign(own.layers[0].kernel + 1)
    own.predict(X, verbose=0)
    events = written(recording)
    (end,) = (e for e in events if isinstance(e, FitEnd))
    by_clone, by_file, later = (e.weights for e in events if isinstance(e, Evaluated))
    at_epochs = [e.weights for e in events if isinstance(e, Epoch)]
    assert at_epochs[-1] == by_clone == end.weights
    assert by_file in at_epochs
    assert later not in {*at_epochs, ""}


# ---------------------------------------------------------------- handing over


def shuffled() -> Any:
    return source(X, Y).shuffle(40).batch(16).prefetch(2)


def mapped() -> Any:
    return source(X * 2, Y).map(lambda x, y: (x / 2, y)).cache().shuffle(9).batch(16).repeat()


def zipped() -> Any:
    return tf.data.Dataset.zip((tf.data.Dataset.from_tensor_slices(X), tf.data.Dataset.from_tensor_slices(Y))).batch(16)


HANDED: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "shuffled": (shuffled, {}),
    "mapped and repeated": (mapped, {"steps_per_epoch": 3}),
    "zipped": (zipped, {}),
    "taken apart and put together": (lambda: source(X, Y).batch(7).unbatch().shuffle(9).batch(16), {}),
    "one behind the other": (lambda: source(X[:20], Y[:20]).concatenate(source(X[20:], Y[20:])).batch(16), {}),
    "a generator": (lambda: generator(X, Y, 16), {"steps_per_epoch": 3}),
    "a PyDataset": (lambda: Batches(X, Y, 16), {}),
}
UNKNOWN: dict[str, Callable[[], Any]] = {
    "from a generator": lambda: tf.data.Dataset.from_generator(
        lambda: ((X[n : n + 16], Y[n : n + 16]) for n in (0, 16, 32)),
        output_signature=(tf.TensorSpec((None, 3)), tf.TensorSpec((None, 2))),
    ),
    "chosen by a function": lambda: source(X, Y).filter(lambda x, _: x[0] < 2).batch(16),
}


def handed(trace: Path) -> tuple[Any, Any, Any]:
    """Images, batch size, and the sum of each column of what a `fit` was handed, by whichever event says so."""
    events = written(trace)
    (begin,), (end,) = ([e for e in events if isinstance(e, kind)] for kind in (FitBegin, FitEnd))
    known = {e.id: e for e in events if isinstance(e, Array)}
    blobs = {e.id: e for e in events if isinstance(e, Blob)}
    images, size = known.get(begin.x or end.x), begin.batch_size or end.batch_size
    assert bool(begin.y or end.y) == bool(images)
    means = arrays(blobs[images.sample])["mean"] if images else None
    return images.shape if images else None, size, means


@pytest.mark.parametrize("how", sorted(HANDED))
def test_images_are_known_by_the_rows_that_come(how: str, model: Any, recording: Path) -> None:
    make, more = HANDED[how]
    model.fit(make(), epochs=2, verbose=0, **more)
    shape, size, means = handed(recording)
    assert (shape, size) == ((40, 3), 16)
    assert np.allclose(means, X.mean(axis=0), atol=1e-6)


def test_a_part_of_a_data_set_is_that_part(model: Any, recording: Path) -> None:
    model.fit(source(WHOLE, ONE_HOT).take(45).skip(5).batch(16), verbose=0)
    assert np.allclose(handed(recording)[2], WHOLE[5:45].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("how", sorted(UNKNOWN))
def test_what_cannot_be_read_twice_is_not_known(how: str, model: Any, recording: Path) -> None:
    model.fit(UNKNOWN[how](), verbose=0)
    assert handed(recording) == (None, None, None)


def test_looking_into_a_data_set_changes_no_order() -> None:
    """One that shuffles anew each time goes on as if nobody had looked."""

    def order(look: bool) -> list[int]:
        shuffled = tf.data.Dataset.range(50).shuffle(50, seed=7).batch(5)
        if look:
            assert Streams(keras).look_into({"x": shuffled}, "x", "steps") is not None
        return [int(n) for batch in shuffled for n in batch]

    tf.random.set_seed(1)
    first = order(False)
    tf.random.set_seed(1)
    assert order(True) == first
