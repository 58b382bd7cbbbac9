"""What submissions are held against: a rubric, and the reference that it names with its bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from grader.assignment.criterion import Rubric
from grader.assignment.reference import Reference, load_reference
from grader.assignment.rubric.beside import DataShape, examine_beside
from grader.errors import UserError, WrittenError
from grader.i18n.languages import ENGLISH, catalogue
from grader.records import Bands, ReferenceRuns
from grader.yaml_files.source import Source


@dataclass(frozen=True)
class Assignment:
    """A rubric with the reference and the bands that go with it."""

    rubric: Rubric
    reference: Reference
    bands: Bands
    language: str = ENGLISH
    """Of the reports."""
    warnings: tuple[str, ...] = ()
    """What in the rubric is hardly meant so, each as file:line:column."""

    @classmethod
    def of(cls, rubric: Rubric, language: str | None = None) -> Self:
        """Loads what the rubric names; raises UserError if it cannot be, or if nobody speaks the language.

        WrittenError, with all problems at their lines, where a check can never pass on the reference's data set.

        The language of the reports is the rubric's if none is given.
        """
        spoken = language or rubric.language
        catalogue(spoken)
        source = rubric.source or Source("the rubric")
        reference, bands = beside_reference(source, rubric, rubric.reference)
        if reference is None or bands is None:
            raise WrittenError(source.problems)
        return cls(rubric, reference, bands, spoken, source.warnings)

    @cached_property
    def reference_runs(self) -> Sequence[ReferenceRuns]:
        """What the runs behind the bands showed; read once, since it takes a second or two."""
        return self.reference.load_runs()

    @cached_property
    def test_images(self) -> NDArray[np.uint8]:
        """The official test images; read once."""
        return self.reference.load_data().test_images


def beside_reference(source: Source, rubric: Rubric | None, name: str) -> tuple[Reference | None, Bands | None]:
    """The reference with its bands; None for what cannot be loaded or does not go with the rubric.

    Why not is reported to the source, as is what is doubtful about the rubric beside its bands.
    """
    try:
        reference = load_reference(name)
    except UserError as error:
        source.report(("reference",), str(error))
        return None, None
    if rubric is None:
        return reference, None
    try:
        bands = Bands(reference.load_bands(), rubric.nearest_band)
        data = reference.load_data()
        shape = DataShape(
            data.train_images.shape[1:],
            int(data.train_labels.max()) + 1,
            len(data.train_images) + len(data.test_images),
            len(data.test_images),
        )
    except Exception as error:  # noqa: BLE001 (as above)
        words = f"the reference {name!r} has no bands or no data set that can be read: {type(error).__name__}: {error}"
        source.report(("reference",), f"{words}; calibrate it, or name another")
        return reference, None
    examine_beside(source, rubric, bands, shape)
    return reference, None if source.problems else bands
