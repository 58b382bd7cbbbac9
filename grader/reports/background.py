"""What a student's page is drawn against: the bands, the reference's runs, what the stages ask for, the test images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grader.assignment.assignment import Assignment
from grader.i18n.languages import ENGLISH
from grader.records import AskedNetwork, Band, Bands, ReferenceRuns
from grader.reports.drawing import Drawings


@dataclass(frozen=True, slots=True)
class Background:
    """All that a page shows beside the submission's own facts; every part but the bands may be missing."""

    bands: Bands
    asked: Mapping[str, AskedNetwork] = field(default_factory=dict)
    """By stage."""
    asked_of_students: Mapping[str, AskedNetwork] = field(default_factory=dict)
    """The same without what the rubric hides."""
    runs: Sequence[ReferenceRuns] = ()
    test_image: Callable[[int], NDArray[np.uint8]] | None = None
    """The official test image of that number, (28, 28)."""
    language: str = ENGLISH
    drawings: Drawings = field(default_factory=Drawings)

    def behind(self, band: Band | None) -> ReferenceRuns | None:
        """The runs that a band was made of."""
        return next((runs for runs in self.runs if runs.band == band), None) if band else None


def background_of(assignment: Assignment) -> Background:
    """What the reports of an assignment are drawn against."""
    rubric = assignment.rubric
    stages = [stage.id for stage in rubric.stages]
    return Background(
        bands=assignment.bands,
        asked={stage: rubric.asked(stage) for stage in stages},
        asked_of_students={stage: rubric.asked(stage, of_students=True) for stage in stages},
        runs=assignment.reference_runs,
        test_image=lambda number: assignment.test_images[number],
        language=assignment.language,
    )
