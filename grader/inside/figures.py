"""Records the lines that are drawn, so that a plot counts for what it shows, not for what it is called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .trace import Trace

LONGEST_LINE = 20_000
MOST_LINES = 500
"""Of one notebook; a loop that draws more is not a learning curve."""


def record_figures(trace: Trace, cell: Callable[[], int]) -> None:
    """Wraps `Axes.plot`, which pyplot, pandas and seaborn all call; pictures are not looked at."""
    from matplotlib.axes import Axes

    original = Axes.plot
    drawn = 0

    @functools.wraps(original)
    def plot(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal drawn
        lines = original(self, *args, **kwargs)
        with trace.guarded("plot"):
            # As drawn, where dates and categories are numbers too.
            values = [np.asarray(line.get_ydata(orig=False)).ravel() for line in lines[: MOST_LINES - drawn]]
            values = [v for v in values if 0 < v.size <= LONGEST_LINE]
            drawn += len(values)
            if values:
                trace.write("plot", cell=cell(), lines=[[round(float(x), 7) for x in v] for v in values])
        return lines

    setattr(Axes, "plot", plot)  # noqa: B010 (a method of a library's class, replaced on purpose)
