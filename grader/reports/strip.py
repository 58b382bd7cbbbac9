"""Where the claimed and the measured accuracy of a run lie beside the band of the reference, as places in a drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.records import Band, TrainingRun, nearest_band
from grader.reports.words import scaling as in_words

LEFT, RIGHT = 44.0, 276.0
"""The ends of the axis, in the units of the drawing (320 wide)."""
STEP = 0.05
"""The axis begins and ends on a multiple of this, at least one step beyond what it shows."""


@dataclass(frozen=True, slots=True)
class Tick:
    """An accuracy, its place, and which side its text grows to."""

    value: float
    x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Strip:
    """What the drawing shows; `low` and `high` are the accuracies at the ends of the axis."""

    band: Band
    low: float
    high: float
    band_x: float
    band_width: float
    claimed: Tick | None
    measured: Tick | None
    caveat: str
    """That the run's pixels were scaled in another way than those of the band; empty when they were not."""


def strip(run: TrainingRun, bands: Sequence[Band]) -> Strip | None:
    """The drawing of one run; None without an accuracy or a band to hold it against."""
    claimed, measured = _share(run.claimed_accuracy), _share(run.measurement.accuracy)
    values = [v for v in (claimed, measured) if v is not None]
    band = nearest_band(bands, run.scaling)
    if band is None or not values:
        return None
    low = max(0.0, (math.floor(min(*values, band.low) / STEP) - 1) * STEP)
    high = min(1.0, (math.ceil(max(*values, band.high) / STEP) + 1) * STEP)
    start, end = (_x(v, low, high) for v in (band.low, band.high))
    ticks = [None if v is None else _tick(v, low, high) for v in (claimed, measured)]
    # A band of one value (a stage that never learns) is still to be seen.
    return Strip(band, low, high, start, max(end - start, 2.0), ticks[0], ticks[1], _caveat(run.scaling, band))


def _share(value: float | None) -> float | None:
    """A claim is the student's word and need not be an accuracy at all."""
    return value if value is not None and 0 <= value <= 1 else None


def _caveat(scaling: str, band: Band) -> str:
    if scaling == band.scaling:
        return ""
    return f"No reference was run with {in_words(scaling)}; the band shown is for {in_words(band.scaling)}."


def _x(value: float, low: float, high: float) -> float:
    return round(LEFT + (value - low) / (high - low) * (RIGHT - LEFT), 1)


def _tick(value: float, low: float, high: float) -> Tick:
    place = (value - low) / (high - low)
    anchor = "start" if place < 0.25 else "end" if place > 0.75 else "middle"  # noqa: PLR2004 (quarters of the axis)
    return Tick(value, _x(value, low, high), anchor)
