"""Records the lines that are drawn, so that a plot counts for what it shows, not for what it is called."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..patches import Change
from ..protocol import LONGEST_CURVE, LONGEST_FIT, MOST_DRAWN, MOST_LINES, MOST_POINTS, NOT_ALL_LINES, Advisory, Plot
from ..trace import Trace

NOT_ALL = f"{NOT_ALL_LINES}: a learning curve among them may not have been seen"


class Drawings:
    """Writes what is drawn, as long as there is room."""

    def __init__(self, trace: Trace, cell: Callable[[], int]) -> None:
        self._trace = trace
        self._cell = cell
        self._lines_left, self._points_left, self._told = MOST_DRAWN, MOST_POINTS, False

    def drawn(self, heights: Callable[[], Iterable[Any]], longest: int = LONGEST_CURVE) -> None:
        """Lines by their heights, asked for where a failure is no error of the student's; longer ones are no curves."""
        with self._trace.guarded("plot"):
            values = [np.asarray(line).ravel() for line in heights()]
            values = [v for v in values if 0 < v.size <= longest]
            kept = values[: min(self._lines_left, MOST_LINES)]
            while sum(v.size for v in kept) > self._points_left:
                kept.pop()
            self._lines_left -= len(kept)
            self._points_left -= sum(v.size for v in kept)
            if len(kept) < len(values) and not self._told:
                self._told = True
                self._trace.write(Advisory(t="advisory", cell=self._cell(), message=NOT_ALL))
            if kept:
                drawn = [[round(float(x), 7) for x in v] for v in kept]
                self._trace.write(Plot(t="plot", cell=self._cell(), lines=drawn))


def record_figures(trace: Trace, cell: Callable[[], int]) -> Iterator[Change]:
    """Wraps what pyplot, pandas and seaborn all call; pictures are not looked at."""
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    drawings = Drawings(trace, cell)
    plot_, scatter_, bar_, errorbar_ = Axes.plot, Axes.scatter, Axes.bar, Axes.errorbar

    @functools.wraps(plot_)
    def plot(self: Any, *args: Any, **kwargs: Any) -> Any:
        lines = plot_(self, *args, **kwargs)
        drawings.drawn(lambda: map(_heights, lines))
        return lines

    @functools.wraps(scatter_)
    def scatter(self: Any, *args: Any, **kwargs: Any) -> Any:
        points = scatter_(self, *args, **kwargs)
        # Clouds of thousands are no curves, and would leave no room for these.
        drawings.drawn(lambda: [np.asarray(points.get_offsets())[:, 1]], LONGEST_FIT)
        return points

    @functools.wraps(bar_)
    def bar(self: Any, *args: Any, **kwargs: Any) -> Any:
        bars = bar_(self, *args, **kwargs)
        drawings.drawn(lambda: [[one.get_height() for one in bars.patches]], LONGEST_FIT)
        return bars

    @functools.wraps(errorbar_)
    def errorbar(self: Any, *args: Any, **kwargs: Any) -> Any:
        bars = errorbar_(self, *args, **kwargs)
        drawings.drawn(lambda: [_heights(bars.lines[0])] if bars.lines[0] else [])
        return bars

    yield Change("matplotlib.axes.Axes.plot", Axes, "plot", plot)
    yield Change("matplotlib.axes.Axes.bar", Axes, "bar", bar)
    yield Change("matplotlib.axes.Axes.errorbar", Axes, "errorbar", errorbar)
    yield Change("matplotlib.axes.Axes.scatter", Axes, "scatter", scatter)
    # `set_data` calls it, too.
    yield Change("matplotlib.lines.Line2D.set_ydata", Line2D, "set_ydata", _growing(Line2D.set_ydata, drawings))


def _growing(original: Callable[..., Any], drawings: Drawings) -> Callable[..., Any]:
    """Of a line that stands in a figure; the marks of an axis are lines too, of one point."""

    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, *args, **kwargs)
        if getattr(self, "axes", None) is not None:
            # As given: how many there are along the other axis may be said only after this.
            drawings.drawn(lambda: _numbers(self.get_ydata(orig=True)))
        return answer

    return method


def _numbers(heights: Any) -> Iterable[Any]:
    """The one line, if it is one of numbers and of more than a point."""
    try:
        found = np.asarray(heights, float).ravel()
    except (TypeError, ValueError):
        return []
    return [found] if found.size > 1 else []


def _heights(line: Any) -> Any:
    """As drawn, where dates and categories are numbers too."""
    return line.get_ydata(orig=False)
