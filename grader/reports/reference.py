"""The page of the reference: every run behind the bands, what the handout printed, and why each stage learns or not."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from markupsafe import Markup

from grader.records import Band, Bands, ReferenceRuns, scaling_words
from grader.reports.band_drawing import axis, position
from grader.reports.drawing import INK, TRAINING, VALIDATION, drawing
from grader.reports.gradients import gradient_words
from grader.reports.page import render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (5.8, 2.8)
OVERFITS = 0.02
"""A training accuracy so far above the validation accuracy is worth a word."""
PREAMBLE = 4000
"""Characters of a page within which its digest stands."""
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SMALLEST = 1e-6
"""Norms below are drawn here; the axis is logarithmic."""


@dataclass(frozen=True, slots=True)
class Dots:
    """The test accuracies of all runs on one axis, with the band and the handout's own, in a drawing 320 wide."""

    low: float
    high: float
    band_x: float
    band_width: float
    tests: tuple[float, ...]
    printed: float | None
    """None where the runs are not under the handout's settings."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One stage with one scaling."""

    runs: ReferenceRuns
    dots: Dots
    curves: Markup
    gradients: Markup
    gradient_words: str
    gap_words: str
    printed_words: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stage: the handout's own settings first, other scalings after."""

    stage: str
    title: str
    handout: Panel
    others: tuple[Panel, ...]
    bands: tuple[Band, ...]


def reference_html(runs: Sequence[ReferenceRuns], bands: Bands) -> str:
    """One self-contained HTML file; `runs` is not empty, the handout's own settings of a stage before others."""
    stages = list(dict.fromkeys(r.band.stage for r in runs))
    chapters = [_chapter([r for r in runs if r.band.stage == stage], bands) for stage in stages]
    return render(
        "reference.html",
        digest=_digest(runs, bands),
        chapters=chapters,
        made_with=runs[0].made_with,
        nearest_by=", then ".join(map(_plain, bands.nearest_by)),
    )


def drawn_from(page: str, runs: Sequence[ReferenceRuns], bands: Bands) -> bool:
    """Whether a page that was written earlier shows these very runs and bands."""
    return _digest(runs, bands) in page[:PREAMBLE]


def _digest(runs: Sequence[ReferenceRuns], bands: Bands) -> str:
    return hashlib.sha256(repr((version("mlp-lab-grader"), runs, bands)).encode()).hexdigest()


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _chapter(runs: Sequence[ReferenceRuns], bands: Bands) -> Chapter:
    stage = runs[0].band.stage
    panels = [_panel(r, handout=n == 0) for n, r in enumerate(runs)]
    return Chapter(stage, runs[0].title, panels[0], tuple(panels[1:]), tuple(bands.by_stage.get(stage, ())))


def _panel(runs: ReferenceRuns, *, handout: bool) -> Panel:
    plot = _plot_curves if handout else _plot_range
    return Panel(
        runs,
        _dots(runs, runs.printed if handout else None),
        drawing(lambda axes: plot(axes, runs), _curve_words(runs), SIZE),
        drawing(lambda axes: _plot_gradients(axes, runs), _gradient_series(runs), SIZE),
        gradient_words(runs.gradients[0], runs.gradients[-1]),
        _gap_words(runs),
        _printed_words(runs) if handout else "",
    )


def _dots(runs: ReferenceRuns, printed: float | None) -> Dots:
    band = runs.band
    low, high = axis([*runs.test, band.low, band.high, *([printed] if printed is not None else [])])
    start, end = position(band.low, low, high), position(band.high, low, high)
    return Dots(
        low,
        high,
        start,
        max(end - start, 2.0),
        tuple(position(test, low, high) for test in runs.test),
        None if printed is None else position(printed, low, high),
    )


def _plot_curves(axes: Axes, runs: ReferenceRuns) -> None:
    for colour, curves, name in ((TRAINING, runs.training, "training"), (VALIDATION, runs.validation, "validation")):
        for n, curve in enumerate(curves):
            label = name if n == 0 else None
            axes.plot(range(1, len(curve) + 1), curve, color=colour, linewidth=0.7, alpha=0.55, label=label)
    axes.set_ylim(-0.02, 1.02)
    legend = axes.figure.legend(loc="outside upper right", ncols=2, frameon=False, labelcolor=INK)
    for line in legend.get_lines():
        line.set(alpha=1.0, linewidth=1.6)


def _plot_range(axes: Axes, runs: ReferenceRuns) -> None:
    """The lowest, the middle and the highest of all runs after each epoch."""
    for colour, curves, name in ((TRAINING, runs.training, "training"), (VALIDATION, runs.validation, "validation")):
        epochs = range(1, len(curves[0]) + 1)
        at_epoch = [sorted(values) for values in zip(*curves, strict=True)]
        axes.fill_between(
            epochs, [v[0] for v in at_epoch], [v[-1] for v in at_epoch], color=colour, alpha=0.2, linewidth=0
        )
        axes.plot(epochs, [statistics.median(v) for v in at_epoch], color=colour, linewidth=1.6, label=name)
    axes.set_ylim(-0.02, 1.02)
    axes.figure.legend(loc="outside upper right", ncols=2, frameon=False, labelcolor=INK)


def _plot_gradients(axes: Axes, runs: ReferenceRuns) -> None:
    layers = len(runs.gradients[0])
    for n in range(layers):
        norms = [max(of[n], SMALLEST) for of in runs.gradients]
        name = "output" if n == layers - 1 else f"hidden {n + 1}"
        colour = VALIDATION if n == layers - 1 else TRAINING
        # The nearer to the input, the stronger: that is where a gradient vanishes.
        strength = 1.0 if n == layers - 1 else 1.0 - 0.7 * n / max(1, layers - 1)
        axes.plot(runs.measured_epochs, norms, color=colour, alpha=strength, linewidth=2.2 - 0.3 * n, label=name)
    axes.set_yscale("log")
    # Plain letters: setting formulas takes longer than all the rest of the drawing.
    axes.yaxis.set_major_formatter(lambda norm, _place: f"10{str(round(math.log10(norm))).translate(SUPERSCRIPT)}")
    axes.yaxis.set_minor_formatter("")
    axes.figure.legend(
        loc="outside upper right", ncols=layers, frameon=False, labelcolor=INK, columnspacing=1, handlelength=1.2
    )


def _gradient_series(runs: ReferenceRuns) -> str:
    before, after = (", ".join(f"{n:.2g}" for n in norms) for norms in (runs.gradients[0], runs.gradients[-1]))
    where = f"{runs.title}, {scaling_words(runs.band.scaling)}"
    return f"{where}: gradient norm of each dense layer, input side first: {before} before training, {after} after it"


def _curve_words(runs: ReferenceRuns) -> str:
    ends = {"training": runs.training, "validation": runs.validation}
    parts = [f"{name} {min(c[-1] for c in of):.4f} to {max(c[-1] for c in of):.4f}" for name, of in ends.items()]
    where = f"{runs.title}, {scaling_words(runs.band.scaling)}"
    size = f"{len(runs.test)} runs over {len(runs.training[0])} epochs"
    return f"{where}: accuracy of {size}, at the end: {', '.join(parts)}"


def _gap_words(runs: ReferenceRuns) -> str:
    gap = statistics.median(t[-1] - v[-1] for t, v in zip(runs.training, runs.validation, strict=True))
    ended = (
        f"At the end, training accuracy stands {abs(gap):.3f} {'above' if gap >= 0 else 'below'} validation accuracy"
    )
    if gap > OVERFITS:
        return f"{ended} (median): the network overfits."
    if gap < -OVERFITS:
        return f"{ended} (median): in training, dropout switches units off, in validation all of them answer."
    return f"{ended} (median)."


def _printed_words(runs: ReferenceRuns) -> str:
    within = runs.band.low <= runs.printed <= runs.band.high
    return f"The handout prints {runs.printed:.4f}, which lies {'within' if within else 'outside'} the band."
