"""The reference of the lab: its data set, its stages, its accuracy bands. Loaded by the name that a rubric gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.records import Band, ReferenceRuns
    from grader.records.target import Target
    from reference.data import Mnist

SOLUTION = Path(__file__).resolve().parent / "solution.ipynb"
"""The model answer: full marks are expected of it."""
WORKSHEET = SOLUTION.with_name("worksheet.ipynb")
"""What students begin with: headings, the task of each stage, and empty cells."""
HANDOUT = SOLUTION.with_name("handout.json")
"""Fingerprints of the code in the handout, which all were given; see `grader.similarity.given`."""


def load_data() -> Mnist:
    """The official MNIST arrays."""
    from reference import data

    return data.load()


def write_data(folder: Path) -> None:
    """Puts the data set into a folder in the forms in which students' programs look for it."""
    from reference import data

    data.write_folder(folder)


def load_bands() -> Mapping[str, tuple[Band, ...]]:
    """The accuracy bands in `bands.yaml`, by stage."""
    from reference import bands

    return bands.load()


def bands_changed() -> str:
    """In which versions the bands were made otherwise than one would make them here; empty if in none."""
    from reference import bands

    return bands.changed(bands.read())


def load_runs() -> tuple[ReferenceRuns, ...]:
    """What the runs behind the bands showed on their way."""
    from reference import curves

    return curves.load()


def calibrate(
    work: Path,
    seeds: int,
    target: Target,
    tell: Callable[[str], object],
    only: Mapping[str, Sequence[str]],
    *,
    anew: bool = False,
) -> Path:
    """Trains every stage `seeds` times under every setting and writes `bands.yaml`.

    Finished runs in `work` count, and so do bands made with the same versions, unless `anew`. `only` names
    stages (under `stage`) and scalings (under `scaling`); the other bands stay.
    """
    from reference.calibration import calibrate as run
    from reference.settings import plan
    from reference.trainers import trainer

    return run(work, plan(seeds, only), trainer(target, tell), tell, anew=anew)


def verify(
    work: Path, seeds: int, target: Target, tell: Callable[[str], object], only: Mapping[str, Sequence[str]]
) -> list[str]:
    """Trains stages afresh, `seeds` times each, and says which of them have left their bands."""
    from reference.trainers import trainer
    from reference.verification import departures, fresh_tasks

    return departures(work, fresh_tasks(seeds, only), trainer(target, tell), tell)
