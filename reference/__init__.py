"""The reference of the lab: its data set, its stages, its accuracy bands. Loaded by the name that a rubric gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.records import Band
    from reference.data import Mnist


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


def calibrate(work: Path, seeds: int, jobs: int, tell: Callable[[str], object]) -> Path:
    """Trains every stage `seeds` times, `jobs` at once, and writes `bands.yaml` anew; finished runs in `work` count."""
    from reference.calibrate import write_bands

    return write_bands(work, seeds, jobs, tell)
