"""What is asked for: what a stage looks like, which accuracies the reference has, which run answers which stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from grader.records.evidence import TrainingRun

NEAREST_BY: tuple[Literal["scaling", "batch_size", "rows"], ...] = ("scaling", "batch_size", "rows")
"""By which settings the band of a run is chosen where the rubric does not say, the weightiest first."""
HANDOUT_SCALING = "raw"
SCALINGS = {"raw": "raw pixels 0…255", "unit": "pixels ÷ 255", "standard": "standardised pixels"}
MORE_ROWS = 100.0
"""More than any logarithm of a ratio of rows."""
SAME_ROWS = 0.01
"""Rows that differ from a band's by a smaller share make no difference to accuracy."""


def scaling_words(name: str) -> str:
    """How the pixels were scaled, for people."""
    return SCALINGS.get(name, "another pixel scaling")


@dataclass(frozen=True, slots=True)
class StageSignature:
    """What distinguishes a stage from the others; an empty tuple or None means any."""

    id: str
    title: str
    activation: tuple[str, ...] = ()
    initializer: tuple[str, ...] = ()
    optimizer: tuple[str, ...] = ()
    batch_norm: bool | None = None
    dropout: bool | None = None
    keywords: tuple[str, ...] = ()
    """Words of titles and names that speak of the stage, in whatever language."""
    feature: str = ""
    """What makes the stage: `initializer`, `activation`, `optimizer`, `batch_norm`, `dropout`, or `none` of them; empty
    where the rubric does not say."""


@dataclass(frozen=True, slots=True)
class AskedNetwork:
    """The network and training that a stage asks for, as far as checks and signature say; None and empty mean any."""

    hidden: int | None = None
    """Number of hidden dense layers."""
    units: int | None = None
    outputs: int | None = None
    activation: tuple[str, ...] = ()
    initializer: tuple[str, ...] = ()
    norm: bool | None = None
    """Batch normalization in every hidden layer."""
    norm_first: bool = False
    """It must stand before the activation."""
    dropout: bool | None = None
    """Dropout in every hidden layer, after its activation."""
    rate: float | None = None
    optimizer: tuple[str, ...] = ()
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int | None = None
    """At least."""
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class MadeWith:
    """The network and training of the reference's runs behind a band."""

    hidden: int
    """Hidden dense layers, of `units` each."""
    units: int
    activation: str
    initializer: str
    norm: bool
    rate: float
    """Of its dropout layers; 0 where it has none."""
    optimizer: str
    learning_rate: float
    epochs: int


@dataclass(frozen=True, slots=True)
class Band:
    """The accuracies of the reference for one stage on the test images, and under which settings they were had."""

    stage: str
    low: float
    high: float
    runs: int
    collapsed: int
    """How many of `runs` ended at chance level though the stage should learn; they do not widen the band."""
    scaling: str
    batch_size: int
    rows: int
    words: str
    """The band as a sentence, for the report."""
    made_with: MadeWith | None = None
    """None where the reference does not say: then runs are held against the band whatever the rubric asks."""

    def differences(self, run: TrainingRun) -> tuple[str, ...]:
        """In which settings this run was trained otherwise than those of the band, in words; empty if in none."""
        if run.fit is None:
            return ()
        batch_size, rows = run.fit.batch_size or self.batch_size, run.fit.rows_given
        found = (
            f"{scaling_words(run.scaling)} instead of {scaling_words(self.scaling)}"
            if run.scaling != self.scaling
            else "",
            f"batch size {batch_size} instead of {self.batch_size}" if batch_size != self.batch_size else "",
            f"{rows:,} rows instead of {self.rows:,}" if rows and abs(rows - self.rows) > SAME_ROWS * self.rows else "",
        )
        return tuple(words for words in found if words)


@dataclass(frozen=True, slots=True)
class Bands:
    """All bands by stage, and the rubric's rule by which a run is held against one of them."""

    by_stage: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    nearest_by: Sequence[str] = NEAREST_BY

    def nearest(self, stage: str, run: TrainingRun) -> Band | None:
        """The band whose settings are nearest to the run's; None where the stage has none.

        The settings are compared in the order of `nearest_by`: of all bands those nearest in the first, of these those
        nearest in the second, and so on. Sizes are near by their ratio, but a band of more rows is further than any of
        fewer, since more rows make a stage better and nobody is to be held against that; of scalings, the handout's is
        next to any.
        """
        batch_size, rows = (run.fit.batch_size or 0, run.fit.rows_given) if run.fit else (0, 0)

        def distance(band: Band) -> tuple[float, ...]:
            apart = {
                "scaling": 0.0 if band.scaling == run.scaling else 1.0 if band.scaling == HANDOUT_SCALING else 2.0,
                "batch_size": _ratio(band.batch_size, batch_size),
                "rows": _ratio(band.rows, rows) + MORE_ROWS * (band.rows > rows * (1 + SAME_ROWS) > 0),
            }
            return tuple(apart[setting] for setting in self.nearest_by)

        return min(self.by_stage.get(stage, ()), key=distance, default=None)


def _ratio(one: int, other: int) -> float:
    """How far apart two sizes are: the logarithm of their ratio, 0 where one of them is unknown."""
    return abs(math.log(one / other)) if one > 0 and other > 0 else 0.0


@dataclass(frozen=True, slots=True)
class StageMatch:
    """Which run answers a stage, and why."""

    stage: str
    title: str
    run: str | None
    """The run's id; None where nothing answers the stage."""
    because: str
    others: tuple[str, ...] = ()
    """Runs that would have answered it as well."""
    close_call: str = ""
    """Why a person should look at the match; empty when it is clear."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A network of the student's own, after the stages."""

    run: str
    """The run's id."""
    words: str
    """The network for people, with its sizes."""


@dataclass(frozen=True, slots=True)
class ReferenceRuns:
    """What the runs behind one band showed on their way, one entry a run; for the page of the reference."""

    band: Band
    title: str
    made_with: str
    """Versions, epochs and date, in words."""
    printed: float
    """The test accuracy that the handout prints for the stage."""
    test: tuple[float, ...]
    training: tuple[tuple[float, ...], ...]
    validation: tuple[tuple[float, ...], ...]
    """Accuracy after each epoch."""
    measured_epochs: tuple[int, ...]
    gradients: tuple[tuple[float, ...], ...]
    """For each of `measured_epochs` the gradient norm of each dense layer, input side first: geometric means."""
