"""Where the claimed and the measured accuracy of a run lie beside the band of the reference, in a drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.i18n.texts import say
from grader.records import Band, Bands, TrainingRun

LEFT, RIGHT = 44.0, 276.0
"""The ends of the axis, in the units of the drawing (320 wide)."""
STEP = 0.05
"""The axis begins and ends on a multiple of this, at least one step beyond what it shows."""


@dataclass(frozen=True, slots=True)
class Tick:
    """An accuracy, its position, and which side its text grows to."""

    value: float
    x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class BandDrawing:
    """What the drawing shows; `low` and `high` are the accuracies at the ends of the axis."""

    band: Band
    low: float
    high: float
    band_x: float
    band_width: float
    claimed: Tick | None
    measured: Tick | None
    caveat: str
    """In which settings the band is not the run's own; empty when it is."""


def band_drawing(run: TrainingRun, stage: str, bands: Bands) -> BandDrawing | None:
    """The drawing of one run; None without an accuracy or a band to hold it against."""
    claimed, measured = _share(run.claimed_accuracy), _share(run.measurement.accuracy)
    values = [v for v in (claimed, measured) if v is not None]
    band = bands.nearest(stage, run)
    if band is None or not values:
        return None
    low, high = axis([*values, band.low, band.high])
    start, end = (position(v, low, high) for v in (band.low, band.high))
    ticks = [None if v is None else _tick(v, low, high) for v in (claimed, measured)]
    # A band of one value (a stage that never learns) is still to be seen.
    return BandDrawing(band, low, high, start, max(end - start, 2.0), ticks[0], ticks[1], _caveat(run, band))


def _share(value: float | None) -> float | None:
    """A claim is the student's word and need not be an accuracy at all."""
    return value if value is not None and 0 <= value <= 1 else None


def _caveat(run: TrainingRun, band: Band) -> str:
    listed = ", ".join(band.differences(run))
    if not listed:
        return ""
    return say("No reference was run with these settings; the nearest band is shown ({listed}).", listed=listed)


def axis(values: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis that shows these accuracies, with a step of room to both sides."""
    low, high = math.floor(min(values) / STEP) - 1, math.ceil(max(values) / STEP) + 1
    return max(0.0, low * STEP), min(1.0, high * STEP)


def position(value: float, low: float, high: float) -> float:
    """Where an accuracy lies on the axis, in the units of the drawing."""
    return round(LEFT + (value - low) / (high - low) * (RIGHT - LEFT), 1)


def _tick(value: float, low: float, high: float) -> Tick:
    along = (value - low) / (high - low)
    anchor = "start" if along < 0.25 else "end" if along > 0.75 else "middle"  # noqa: PLR2004 (quarters of the axis)
    return Tick(value, position(value, low, high), anchor)
