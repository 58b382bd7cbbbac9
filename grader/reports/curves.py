"""Training and validation accuracy over the epochs, drawn as SVG."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from grader.records import ReferenceRuns
from grader.reports.drawing import INK, TRAINING, VALIDATION, Drawings, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

History = Mapping[str, tuple[float | None, ...]]

MOST_POINTS = 400
"""More points than this on a curve are not to be seen, and one student trained 10,000 epochs."""
SHORT = 8
"""Epochs below which single points are marked."""
SIZE = (5.8, 2.5)


def accuracy_series(history: History) -> dict[str, tuple[float | None, ...]]:
    """The series to draw, under the names `training` and `validation`; old and new spellings are known."""
    names = {"training": ("accuracy", "acc"), "validation": ("val_accuracy", "val_acc")}
    found = {name: next((history[k] for k in keys if history.get(k)), ()) for name, keys in names.items()}
    return {name: values for name, values in found.items() if values}


def curves_svg(
    history: History, reference: ReferenceRuns | None = None, drawings: Drawings | None = None
) -> Markup | None:
    """One drawing, the same bytes for the same history; None where no accuracy was recorded.

    Behind the curves, between which accuracies the runs of the reference lay after each epoch. What is among the
    drawings is not drawn again.
    """
    series = accuracy_series(history)
    if not series:
        return None
    epochs = max(map(len, series.values()))
    words = _in_words(series) + _reference_words(reference, epochs)

    def plot(axes: Axes) -> None:
        if reference:
            _plot_reference(axes, reference, epochs)
        _plot(axes, series)

    return (drawings or Drawings()).get(
        (series, _digest(reference) if reference else None),
        lambda: drawing(plot, words, SIZE, "Training and validation accuracy after each epoch"),
    )


@cache
def _digest(reference: ReferenceRuns) -> str:
    """The same for the same curves behind."""
    return hashlib.sha256(repr((reference.training, reference.validation)).encode()).hexdigest()


def _plot_reference(axes: Axes, reference: ReferenceRuns, epochs: int) -> None:
    for runs, colour, name in ((reference.training, TRAINING, "reference"), (reference.validation, VALIDATION, None)):
        lows, highs = _between(runs, epochs)
        # A range of one epoch has no width that could be filled.
        if len(lows) > 1:
            axes.fill_between(range(1, len(lows) + 1), lows, highs, color=colour, alpha=0.2, linewidth=0, label=name)


def _between(runs: Sequence[Sequence[float]], epochs: int) -> tuple[list[float], list[float]]:
    """The lowest and the highest of all runs after each epoch."""
    at_epoch = list(zip(*(run[:epochs] for run in runs), strict=False))
    return [min(values) for values in at_epoch], [max(values) for values in at_epoch]


def _reference_words(reference: ReferenceRuns | None, epochs: int) -> str:
    if reference is None:
        return ""
    lows, highs = _between(reference.validation, epochs)
    return (
        f"; behind the curves {len(reference.validation)} runs of the reference, whose validation accuracy lay between "
        f"{lows[-1]:.4f} and {highs[-1]:.4f} after {len(lows)} epochs"
    )


def _plot(axes: Axes, series: Mapping[str, Sequence[float | None]]) -> None:
    looks = {"training": (TRAINING, "-"), "validation": (VALIDATION, (0, (4, 2)))}
    for name, values in series.items():
        colour, dashes = looks[name]
        epochs, heights = _points(values)
        # A line needs two points beside each other, which a short or broken training may not have.
        marker = "." if len(epochs) < SHORT else ""
        axes.plot(epochs, heights, color=colour, linestyle=dashes, marker=marker, linewidth=1.6, label=name)
    axes.set_ylim(-0.02, 1.02)
    # Below the axes: inside, it would hide one curve or another.
    axes.figure.legend(loc="outside upper right", ncols=3, frameon=False, labelcolor=INK)


def _points(values: Sequence[float | None]) -> tuple[list[int], list[float]]:
    step = -(-len(values) // MOST_POINTS)
    # Counted from the end, so that the last epoch is always among them.
    chosen = range(len(values) - 1, -1, -step)[::-1]
    heights = [values[i] for i in chosen]
    return [i + 1 for i in chosen], [float("nan") if h is None else h for h in heights]


def _in_words(series: Mapping[str, Sequence[float | None]]) -> str:
    lasts = {name: values[-1] for name, values in series.items()}
    parts = [f"{name} {'not a number' if last is None else f'{last:.4f}'}" for name, last in lasts.items()]
    epochs = max(len(values) for values in series.values())
    return f"Accuracy after {epochs} epochs: {', '.join(parts)}"
