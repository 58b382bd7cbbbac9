"""Records the lines that are drawn, so that a plot counts for what it shows, not for what it is called."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..patches import Change
from ..protocol import LONGEST_CURVE, MOST_DRAWN, MOST_LINES, MOST_POINTS, NOT_ALL_LINES, Advisory, Plot
from ..trace import Trace

NOT_ALL = f"{NOT_ALL_LINES}: a learning curve among them may not have been seen"


def record_figures(trace: Trace, cell: Callable[[], int]) -> Iterator[Change]:
    """Wraps `Axes.plot`, which pyplot, pandas and seaborn all call; pictures are not looked at."""
    from matplotlib.axes import Axes

    original = Axes.plot
    lines_left, points_left, told = MOST_DRAWN, MOST_POINTS, False

    @functools.wraps(original)
    def plot(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal lines_left, points_left, told
        lines = original(self, *args, **kwargs)
        with trace.guarded("plot"):
            # As drawn, where dates and categories are numbers too.
            values = [np.asarray(line.get_ydata(orig=False)).ravel() for line in lines]
            values = [v for v in values if 0 < v.size <= LONGEST_CURVE]
            kept = values[: min(lines_left, MOST_LINES)]
            while sum(v.size for v in kept) > points_left:
                kept.pop()
            lines_left -= len(kept)
            points_left -= sum(v.size for v in kept)
            if len(kept) < len(values) and not told:
                told = True
                trace.write(Advisory(t="advisory", cell=cell(), message=NOT_ALL))
            if kept:
                drawn = [[round(float(x), 7) for x in v] for v in kept]
                trace.write(Plot(t="plot", cell=cell(), lines=drawn))
        return lines

    yield Change("matplotlib.axes.Axes.plot", Axes, "plot", plot)
