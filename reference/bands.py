"""Accuracy bands: from the reference's single accuracies to `bands.yaml`, and from there to records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy import stats

from grader.records import Band
from reference.stages import EPOCHS, STAGES, Stage
from reference.train import TRAINING_ROWS, Run

FILE = Path(__file__).resolve().parent / "bands.yaml"
COVERAGE = 0.95
CONFIDENCE = 0.95
CHANCE = 0.15
"""A run at or below has not learned: always answering the commonest digit of the test set gives 0.1135."""
GRAIN = 0.005
"""Half-width of a band whose runs are all alike; 50 of the 10,000 test images."""
METHOD = (
    f"two-sided normal tolerance interval over the test accuracies of the runs that learned: with confidence "
    f"{CONFIDENCE:.0%} it covers {COVERAGE:.0%} of such runs; clipped to [0, 1]; where all runs are alike, "
    f"± {GRAIN} around them"
)


@dataclass(frozen=True, slots=True)
class Interval:
    """Accuracies in [0, 1]."""

    low: float
    high: float


def tolerance_interval(values: Sequence[float]) -> Interval:
    """The interval that covers COVERAGE of a normal population with CONFIDENCE.

    Raises ValueError for fewer than two values, which say nothing about how far runs lie apart.
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004
        raise ValueError(f"a band needs at least two runs that learned, found {n}: calibrate with more seeds")
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    if min(values) == max(values):
        return Interval(max(0.0, mean - GRAIN), min(1.0, mean + GRAIN))
    reach = tolerance_factor(n, COVERAGE, CONFIDENCE) * deviation
    return Interval(max(0.0, mean - reach), min(1.0, mean + reach))


def tolerance_factor(n: int, coverage: float, confidence: float) -> float:
    """How many standard deviations of n values around their mean cover that share of the population.

    W. G. Howe, "Two-sided tolerance limits for normal populations - some improvements", Journal of the American
    Statistical Association 64 (1969), 610-620.
    """
    z = float(stats.norm.ppf((1 + coverage) / 2))
    return z * math.sqrt((n - 1) * (1 + 1 / n) / float(stats.chi2.ppf(1 - confidence, n - 1)))


def from_runs(runs: Sequence[Run], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `bands.yaml`; `settings` says when, with which versions and by whom the runs were made."""
    return {
        "method": METHOD,
        "settings": {"scaling": "raw", "rows": TRAINING_ROWS, "epochs": EPOCHS, **settings},
        "stages": {stage.id: _stage(stage, [r for r in runs if r.stage == stage.id]) for stage in STAGES},
    }


def _stage(stage: Stage, runs: Sequence[Run]) -> dict[str, Any]:
    ordered = sorted(runs, key=lambda r: r.seed)
    learned = [r for r in ordered if r.test > CHANCE]
    # The naive stage is meant to stay at chance: there, nothing has collapsed.
    counted = learned or ordered
    interval = tolerance_interval([r.test for r in counted])
    return {
        "band": [round(interval.low, 4), round(interval.high, 4)],
        "batch_size": stage.batch_size,
        "runs": len(ordered),
        "collapsed": len(ordered) - len(counted),
        "seeds": [r.seed for r in ordered],
        "test": [round(r.test, 4) for r in ordered],
        "validation": [round(r.validation, 4) for r in ordered],
        "train": [round(r.train, 4) for r in ordered],
    }


def load(path: Path = FILE) -> Mapping[str, tuple[Band, ...]]:
    """The bands by stage."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings = content["settings"]
    return {stage: (_band(stage, entry, settings),) for stage, entry in content["stages"].items()}


def _band(stage: str, entry: Mapping[str, Any], settings: Mapping[str, Any]) -> Band:
    low, high = entry["band"]
    return Band(
        stage=stage,
        low=low,
        high=high,
        runs=entry["runs"],
        collapsed=entry["collapsed"],
        scaling=settings["scaling"],
        batch_size=entry["batch_size"],
        rows=settings["rows"],
        words=_words(entry),
    )


def _words(entry: Mapping[str, Any]) -> str:
    low, high = entry["band"]
    learned = [t for t in entry["test"] if t > CHANCE] or entry["test"]
    sentence = (
        f"of {entry['runs']} reference runs, {len(learned)} reached {min(learned):.4f} to {max(learned):.4f} "
        f"on the test images; runs like these lie between {low:.4f} and {high:.4f}"
    )
    if entry["collapsed"]:
        sentence += f" ({entry['collapsed']} collapsed to chance)"
    return sentence


def write(content: Mapping[str, Any], path: Path = FILE) -> Path:
    """Puts the file in its place as a whole."""
    draft = path.with_suffix(".part")
    draft.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")
    return draft.replace(path)
