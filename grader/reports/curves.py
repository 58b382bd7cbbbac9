"""Training and validation accuracy over the epochs, drawn as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

History = Mapping[str, tuple[float | None, ...]]

MOST_POINTS = 400
"""More points than this on a curve are not to be seen, and one student trained 10,000 epochs."""
SHORT = 8
"""Epochs below which single points are marked."""
INK, GRID, TRAINING, VALIDATION = "#010203", "#040506", "#070809", "#0a0b0c"
THEME = {INK: "var(--muted)", GRID: "var(--line)", TRAINING: "var(--training)", VALIDATION: "var(--validation)"}
"""Stand-in colours, so that the page's style sheet decides: light, dark or paper."""
NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
# Matplotlib's settings and its font cache belong to the whole process: one drawing at a time.
_ONE_AT_A_TIME = Lock()


def accuracy_series(history: History) -> dict[str, tuple[float | None, ...]]:
    """The series to draw, under the names `training` and `validation`; old and new spellings are known."""
    names = {"training": ("accuracy", "acc"), "validation": ("val_accuracy", "val_acc")}
    found = {name: next((history[k] for k in keys if history.get(k)), ()) for name, keys in names.items()}
    return {name: values for name, values in found.items() if values}


def curves_svg(history: History) -> Markup | None:
    """One drawing, the same bytes for the same history; None where no accuracy was recorded."""
    series = accuracy_series(history)
    if not series:
        return None
    words = _in_words(series)
    with _ONE_AT_A_TIME:
        return Markup(_for_a_page(_draw(series, words), words))  # noqa: S704 (drawn from numbers alone)


def _draw(series: Mapping[str, Sequence[float | None]], salt: str) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 11}):
        figure = Figure(figsize=(5.8, 2.5), layout="constrained")
        FigureCanvasSVG(figure)
        _plot(figure.add_subplot(), series)
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg", transparent=True, metadata=NO_METADATA)
    return drawing.getvalue()


def _plot(axes: Axes, series: Mapping[str, Sequence[float | None]]) -> None:
    from matplotlib.ticker import MaxNLocator

    looks = {"training": (TRAINING, "-"), "validation": (VALIDATION, (0, (4, 2)))}
    for name, values in series.items():
        colour, dashes = looks[name]
        epochs, heights = _points(values)
        # A line needs two points beside each other, which a short or broken training may not have.
        marker = "." if len(epochs) < SHORT else ""
        axes.plot(epochs, heights, color=colour, linestyle=dashes, marker=marker, linewidth=1.6, label=name)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.tick_params(colors=INK, length=0)
    axes.grid(color=GRID, linewidth=0.8)
    axes.spines[:].set_visible(False)
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


def _for_a_page(svg: str, words: str) -> str:
    # Groups carry the same ids in every drawing, and a page may have an id once.
    body = re.sub(r'<g id="[^"]*"', "<g", svg[svg.index("<svg") :])
    for stand_in, themed in THEME.items():
        body = body.replace(stand_in, themed)
    sized = re.sub(r' (?:width|height)="[\d.]+pt"', "", body, count=2)
    return sized.replace("<svg", f'<svg class="curves" role="img" aria-label="{words}"', 1)
