"""What threads do at once is recorded of each."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import keras
import numpy as np

from grader.evidence.order import in_order
from grader.evidence.trace import Evaluated, FitBegin, FitEnd, read

X, Y = np.random.default_rng(0).random((64, 20), np.float32), np.eye(10)[np.arange(64) % 10]
LONG = 60
"""Seconds after which a thread that waits for another is lost."""


class Waits(keras.callbacks.Callback):  # type: ignore[misc]
    """Holds a training before its first epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.go_on = Event(), Event()

    def on_train_begin(self, logs: Any = None) -> None:
        del logs
        self.there.set()
        assert self.go_on.wait(LONG)


def network() -> Any:
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def test_a_network_that_is_evaluated_while_another_trains_was_evaluated(recording: Path) -> None:
    trains, measured, waits = network(), network(), Waits()
    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(trains.fit, X, Y, verbose=0, callbacks=[waits])
        assert waits.there.wait(LONG)
        try:
            measured.evaluate(X, Y, verbose=0)
        finally:
            waits.go_on.set()
        training.result(LONG)
    events = list(read(recording))
    (begin,) = (e for e in events if isinstance(e, FitBegin))
    assert [e.model != begin.model for e in events if isinstance(e, Evaluated)] == [True]


def test_each_of_many_trainings_at_once_has_a_number_and_an_end_of_its_own(recording: Path) -> None:
    models = [network() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda model: model.fit(X, Y, verbose=0), models))
    events = list(read(recording))
    assert in_order(events) == (tuple(events), ())
    assert sorted(e.fit for e in events if isinstance(e, FitBegin)) == [1, 2, 3, 4, 5, 6]
    assert len({e.fit for e in events if isinstance(e, FitEnd)}) == 6
