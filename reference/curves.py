"""What the runs behind the bands showed on their way: `curves.json`, for the page of the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from grader.records import Band, ReferenceRuns
from reference import bands
from reference.settings import SCALINGS, handout
from reference.stages import STAGES, Stage
from reference.train import MEASURED_EPOCHS, Run

FILE = Path(__file__).resolve().parent / "curves.json"
SCALE = 10_000
"""Accuracies are kept as whole ten-thousandths: as fine as Keras prints them, and half as long."""


def from_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """The curves of every run under the handout's settings, by setting; those of other runs are not kept."""
    wanted = [handout(stage, scaling) for scaling in SCALINGS for stage in STAGES]
    chosen = {setting: sorted((r for r in runs if r.setting == setting), key=lambda r: r.seed) for setting in wanted}
    return {setting.name: _entry(of) for setting, of in chosen.items() if of}


def _entry(runs: Sequence[Run]) -> dict[str, Any]:
    # The geometric mean: gradients of two runs differ by factors.
    logarithms = np.log(np.maximum([run.gradients for run in runs], 1e-30))
    return {
        "training": [[round(a * SCALE) for a in run.train] for run in runs],
        "validation": [[round(a * SCALE) for a in run.validation] for run in runs],
        "gradients": [[float(f"{n:.3g}") for n in norms] for norms in np.exp(logarithms.mean(axis=0))],
    }


def load(path: Path = FILE) -> tuple[ReferenceRuns, ...]:
    """All that is known of the runs under the handout's settings, for each scaling stage by stage."""
    curves = read(path)
    content = bands.read()
    entries, made = content["bands"], content["settings"]
    made_with = (
        f"Keras {made['keras']}, TensorFlow {made['tensorflow']}, NumPy {made['numpy']}; "
        f"{made['epochs']} epochs; {made['date']}"
    )
    found = []
    for scaling in SCALINGS:
        for stage in STAGES:
            wanted = handout(stage, scaling)
            entry = next((e for e in entries.get(stage.id, ()) if bands.setting(stage.id, e) == wanted), None)
            if entry and wanted.name in curves:
                found.append(
                    _record(stage, bands.band(stage.id, entry, made["epochs"]), entry, curves[wanted.name], made_with)
                )
    return tuple(found)


def _record(
    stage: Stage, band: Band, entry: Mapping[str, Any], curves: Mapping[str, Any], made_with: str
) -> ReferenceRuns:
    return ReferenceRuns(
        band=band,
        title=stage.title,
        made_with=made_with,
        printed=stage.printed,
        test=tuple(entry["test"]),
        training=_accuracies(curves["training"]),
        validation=_accuracies(curves["validation"]),
        measured_epochs=MEASURED_EPOCHS,
        gradients=tuple(tuple(norms) for norms in curves["gradients"]),
    )


def _accuracies(curves: Sequence[Sequence[int]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(a / SCALE for a in curve) for curve in curves)


def read(path: Path = FILE) -> dict[str, Any]:
    """The content of the file; empty where there is none yet."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write(content: Mapping[str, Any], path: Path = FILE) -> Path:
    """Puts the file in its place as a whole, a line for each setting."""
    lines = [f"{json.dumps(name)}: {json.dumps(content[name], separators=(',', ':'))}" for name in sorted(content)]
    draft = path.with_suffix(".part")
    draft.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return draft.replace(path)
