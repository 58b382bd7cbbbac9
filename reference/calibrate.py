"""Calibrates the bands: trains the reference over many seeds and writes what follows from the accuracies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from reference import bands
from reference.train import train_all

FIRST_SEED = 1000
"""Not those of the runs in the lab's own table (0, 1, 2)."""


def write_bands(work: Path, seeds: int, jobs: int, tell: Callable[[str], object]) -> Path:
    """Trains what is missing in `work`, `jobs` runs at once, tells of each, and writes `bands.yaml` anew."""
    chosen = range(FIRST_SEED, FIRST_SEED + seeds)
    runs = []
    for run in train_all(work, chosen, jobs):
        runs.append(run)
        tell(f"[{len(runs)}/{6 * seeds}] {run.stage}, seed {run.seed}: {run.test:.4f} on the test images")
    settings = {name: version(name) for name in ("keras", "tensorflow", "numpy")}
    return bands.write(bands.from_runs(runs, {"date": dt.datetime.now(dt.UTC).date().isoformat(), **settings}))
