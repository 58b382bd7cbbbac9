"""Training and validation accuracy over the epochs, drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from grader.reports.drawing import INK, TRAINING, VALIDATION, drawing

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


def curves_svg(history: History) -> Markup | None:
    """One drawing, the same bytes for the same history; None where no accuracy was recorded."""
    series = accuracy_series(history)
    return drawing(lambda axes: _plot(axes, series), _in_words(series), SIZE) if series else None


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
    axes.figure.legend(loc="outside upper right", ncols=2, frameon=False, labelcolor=INK)


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
