"""Models that were made before anybody watched: what can still be seen of them, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.checks.base import ArchitectureCheck
from grader.checks.data import DatasetLoaded, Flattened, OneHot, Rows
from grader.checks.epochs import Epochs
from grader.checks.registry import CHECKS
from grader.checks.training import Loss, Optimizer, Validation
from grader.evidence.trace import AnyEvent
from grader.inside.describe import architecture, compile_facts
from grader.inside.protocol import BY_NOBODY_KNOWN, Compiled, Epoch, FitBegin, FitEnd
from grader.inside.recording.arrays import ArrayRecorder
from grader.notebook.watch import Memory

BY_MODEL = frozenset({n for n, c in CHECKS.items() if issubclass(c, ArchitectureCheck)} | {Optimizer.name, Loss.name})
"""Checks that a compiled model answers by itself."""
KERNELS_OWN = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})
BY_HISTORY = frozenset({Epochs.name, Validation.name})
BY_DATA = frozenset({DatasetLoaded.name, Flattened.name, Rows.name, OneHot.name})


def models(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The Keras models among a kernel's variables, with their names; those in lists and dictionaries, too."""
    import keras

    seen: set[int] = set()
    for name, value in list(names.items()):
        if name.startswith("_") or name in KERNELS_OWN:
            continue
        for place, thing in _within(name, value):
            if isinstance(thing, keras.Model) and id(thing) not in seen:
                seen.add(id(thing))
                yield place, thing


def _within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """By exact type: a student's own classes may do anything when they are looked into."""
    yield name, value
    if type(value) is dict:
        yield from ((f"{name}[{key!r}]", v) for key, v in list(value.items()))
    elif type(value) in {list, tuple}:
        yield from ((f"{name}[{i}]", v) for i, v in enumerate(value))


def events(number: int, model: Any, history: Any, data: Any) -> tuple[list[AnyEvent], frozenset[str]]:
    """What the recorder would have written of this model, and the checks that this much answers.

    `number` tells the models apart; `history` is what `fit` returned or None, `data` a pair (images, labels) or None.
    """
    import keras

    memory = Memory()
    network, compiled = architecture(keras, model), compile_facts(keras, model)
    memory.write(Compiled(t="compile", model=number, cell=0, architecture=network, compile=compiled))
    curves, epochs = _curves(history)
    if not curves and data is None:
        return memory.events, BY_MODEL
    arrays = ArrayRecorder(memory)
    images, labels = data if data is not None else (None, None)
    memory.write(
        FitBegin(
            t="fit_begin",
            fit=number,
            model=number,
            cell=0,
            x=arrays.describe(images),
            y=arrays.describe(labels),
            validation_given=any(name.startswith("val_") for name in curves),
            epochs=max(epochs, *map(len, curves.values()), 0),
            epochs_asked=epochs,
            architecture=network,
            compile=compiled,
        )
    )
    for epoch in range(max(map(len, curves.values()), default=0)):
        logs = {name: values[epoch] for name, values in curves.items() if epoch < len(values)}
        memory.write(Epoch(t="epoch", fit=number, epoch=epoch, logs=logs))
    # A history does not say what ended it.
    memory.write(FitEnd(t="fit_end", fit=number, ended_by=BY_NOBODY_KNOWN))
    return memory.events, BY_MODEL | (BY_HISTORY if curves else set()) | (BY_DATA if data is not None else set())


def _curves(history: Any) -> tuple[Mapping[str, list[float]], int]:
    """The series of a history (Keras's object or its dictionary) and how many epochs were asked for."""
    series = getattr(history, "history", history)
    if not isinstance(series, Mapping):
        return {}, 0
    curves = {str(name): list(values) for name, values in series.items()}
    done = max(map(len, curves.values()), default=0)
    asked = (getattr(history, "params", None) or {}).get("epochs") or done
    return curves, int(asked)
