"""Writes the events of a submission's trace by hand, so that a test can plant one fault among them."""

import json
from typing import Any

from grader.evidence.trace import AnyEvent, Compiled, Epoch, Evaluated, FitBegin, FitEnd, Plot
from grader.records import FileKind, Program

SGD = {"optimizer": "sgd", "learning_rate": 0.001, "loss": "categorical_crossentropy"}
ADAM = SGD | {"optimizer": "adam"}


def network(*units: int, **changes: Any) -> str:
    """A description of Dense layers with these units."""
    layers = [{"class_name": "Dense", "config": {"units": u} | changes} for u in units or (50, 10)]
    return json.dumps({"class_name": "Sequential", "config": {"layers": layers}})


def compiled(model: int = 1, **changes: Any) -> Compiled:
    given = {"t": "compile", "model": model, "cell": 1, "architecture": network(), "compile": SGD}
    return Compiled.model_validate(given | changes)


def begin(fit: int = 1, model: int = 1, **changes: Any) -> FitBegin:
    given = {"t": "fit_begin", "fit": fit, "model": model, "cell": 2, "epochs": 2, "epochs_asked": 2}
    given |= {"architecture": network(), "compile": SGD, "x": "x", "y": "y", "weights": f"before {fit}"}
    return FitBegin.model_validate(given | changes)


def epochs(fit: int, *accuracies: float | None, key: str = "accuracy") -> list[Epoch]:
    """One epoch for each value."""
    return [Epoch(t="epoch", fit=fit, epoch=n, logs={key: a}) for n, a in enumerate(accuracies)]


def end(fit: int = 1, error: str = "") -> FitEnd:
    return FitEnd(t="fit_end", fit=fit, error=error, weights=f"after {fit}")


def fitted(
    fit: int = 1, model: int = 1, accuracies: tuple[float | None, ...] = (0.5, 0.6), **changes: Any
) -> list[AnyEvent]:
    """A whole `fit` that came to its end."""
    return [begin(fit, model, **changes), *epochs(fit, *accuracies), end(fit)]


def evaluated(model: int = 1, **changes: Any) -> Evaluated:
    given = {"t": "evaluate", "model": model, "cell": 3, "kind": "evaluate", "x": "test", "accuracy": 0.9}
    return Evaluated.model_validate(given | changes)


def plot(*lines: tuple[float | None, ...]) -> Plot:
    return Plot(t="plot", cell=4, lines=lines)


def program(*cells: str, **changes: Any) -> Program:
    """A notebook with these code cells."""
    given: dict[str, Any] = {
        "name": "lab.ipynb",
        "kind": FileKind.NOTEBOOK,
        "cells": cells,
        "headings": ("",) * len(cells),
        "tags": ((),) * len(cells),
        "notebook": {},
    }
    return Program(**(given | changes))
