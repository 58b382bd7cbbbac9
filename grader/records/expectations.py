"""What is asked for: what a stage looks like, which accuracies the reference has, which run answers which stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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
    """Words of a markdown heading that hint at the stage, lower case."""


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


def nearest_band(bands: Sequence[Band], scaling: str) -> Band | None:
    """The band of the same scaling, else the one on raw pixels as in the handout, else the first; None of none."""
    wanted = (b for name in (scaling, "raw") for b in bands if b.scaling == name)
    return next(wanted, bands[0] if bands else None)


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
