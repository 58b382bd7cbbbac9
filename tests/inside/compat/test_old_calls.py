"""Where the wrapper for old arguments lies."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from grader.evidence.trace import Fault, FitBegin, read
from grader.inside.compat.old_calls import accept_old_arguments
from grader.inside.patches import Patches
from grader.inside.recording.cells import Cells
from grader.inside.recording.record import Recorder
from grader.inside.trace import Trace

X, Y = np.zeros((8, 4), np.float32), np.zeros((8, 2), np.float32)


def test_the_recorder_is_handed_todays_arguments_of_a_call_in_old_words(tmp_path: Path, patches: Patches) -> None:
    told: list[str] = []
    with (tmp_path / "trace").open("wb") as sink:
        patches.install(Recorder(Trace(sink.fileno()), keras, Cells()).changes())
        patches.install(accept_old_arguments(keras, told.append))
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(output_dim=2)])
        model.compile(keras.optimizers.SGD(lr=0.5), "mse")
        model.fit(X, Y, nb_epoch=3, verbose=0)
        patches.undo()
    events = list(read(tmp_path / "trace"))
    assert [e for e in events if isinstance(e, Fault)] == []
    assert [(e.epochs, e.compile.learning_rate) for e in events if isinstance(e, FitBegin)] == [(3, 0.5)]
    assert len(told) == 3
    with pytest.raises((TypeError, ValueError)):
        keras.layers.Dense(output_dim=2)


def test_a_layer_that_takes_old_arguments_is_still_made_by_todays(patches: Patches) -> None:
    """Keras asks for those of `__init__` in a way that does not look through wrappers."""
    patches.install(accept_old_arguments(keras, lambda _: None))
    assert keras.layers.Dropout(0.25).get_config()["rate"] == 0.25
