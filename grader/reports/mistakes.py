"""What the best network of a submission mistakes for what: counts by digit, and its ten worst mistakes as images."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.records import Evidence, Grade, Mistake, TrainingRun

PALEST, DARKEST = 0.06, 0.42
"""How strongly a cell of the table is coloured; ink on the darkest is still read with ease."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How often a digit was taken for another; `shade` in [0, 1] is 0 where it never was and on the diagonal."""

    count: int
    shade: float
    right: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A test image that was mistaken, as a PNG in a data URI."""

    mistake: Mistake
    source: str


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The mistakes of one run; `commonest` is the pair that was confused most often, None if none was."""

    run: TrainingRun
    stage: str
    rows: tuple[tuple[Cell, ...], ...]
    commonest: tuple[int, int, int] | None
    """Digit, answer, how often."""
    pictures: tuple[Picture, ...]


def best_run(grade: Grade, evidence: Evidence) -> tuple[str, TrainingRun] | None:
    """Of the runs that answer a stage, the one with the highest measured accuracy, with the stage's title."""
    runs = {run.id: run for run in evidence.runs}
    answering = [(match.title, runs[match.run]) for match in grade.stages if match.run in runs]
    measured = [pair for pair in answering if pair[1].measurement.accuracy is not None]
    return max(measured, key=lambda pair: pair[1].measurement.accuracy or 0.0, default=None)


def mistakes(
    grade: Grade, evidence: Evidence, test_image: Callable[[int], NDArray[np.uint8]] | None
) -> Mistakes | None:
    """The mistakes of the best run; None where nothing was measured, and no pictures without the test images."""
    best = best_run(grade, evidence)
    if best is None or not best[1].measurement.confusion:
        return None
    title, run = best
    counts = run.measurement.confusion
    wrong = [
        (n, row, column) for row, line in enumerate(counts) for column, n in enumerate(line) if row != column and n
    ]
    highest = max((n for n, _, _ in wrong), default=0)
    pictures = tuple(Picture(m, _png(test_image(m.image))) for m in run.measurement.mistakes) if test_image else ()
    commonest = max(wrong, key=lambda pair: pair[0], default=None)
    return Mistakes(
        run,
        title,
        tuple(tuple(_cell(n, highest, right=r == c) for c, n in enumerate(line)) for r, line in enumerate(counts)),
        None if commonest is None else (commonest[1], commonest[2], commonest[0]),
        pictures,
    )


def _cell(count: int, highest: int, *, right: bool) -> Cell:
    shade = 0.0 if right or not count else PALEST + (DARKEST - PALEST) * count / highest
    return Cell(count, round(shade, 3), right)


def _png(image: NDArray[np.uint8]) -> str:
    """The same bytes for the same image."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
