"""What submissions are held against: a rubric, and the reference that it names with its bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from grader.checks.criterion import Rubric
from grader.errors import UserError, WrittenError
from grader.evidence.matching import match
from grader.evidence.official import DataSet
from grader.evidence.tuned import tuned, tuned_words
from grader.i18n.languages import ENGLISH, catalogue
from grader.records import Band, Bands, Beyond, Evidence, Grade, ReferenceRuns, StageMatch
from grader.records.target import Target
from grader.reports.background import Background
from grader.rubric.beside import DataShape, examine_beside
from grader.scoring import grade, judge_stage, judge_tie
from grader.written.source import Source
from grader.written.validate import suggestion

Tell = Callable[[str], object]
Only = Mapping[str, Sequence[str]]
"""Of what kind (`stage`, `scaling`) only which; empty means all."""


class Reference(Protocol):
    """What the package that a rubric names as its reference offers."""

    def load_data(self) -> DataSet:
        """The official data set."""
        ...

    def write_data(self, folder: Path) -> None:
        """Puts the data set into a folder in the forms in which programs look for it."""
        ...

    def load_bands(self) -> Mapping[str, tuple[Band, ...]]:
        """The accuracy bands by stage, each with what it was made with where that is known."""
        ...

    def bands_changed(self) -> str:
        """In which versions the bands were made otherwise than one would make them here; empty if in none."""
        ...

    def load_runs(self) -> Sequence[ReferenceRuns]:
        """What the runs behind the bands showed on their way."""
        ...

    @property
    def SOLUTION(self) -> Path:  # noqa: N802 (a constant of a module)
        """The model answer."""
        ...

    @property
    def HANDOUT(self) -> Path:  # noqa: N802 (a constant of a module)
        """Fingerprints of the code that all were given."""
        ...

    @property
    def WORKSHEET(self) -> Path:  # noqa: N802
        """What students begin with."""
        ...

    def calibrate(self, work: Path, seeds: int, target: Target, tell: Tell, only: Only, *, anew: bool) -> Path:
        """Trains what is missing of the reference's runs and writes its bands."""
        ...

    def verify(self, work: Path, seeds: int, target: Target, tell: Tell, only: Only) -> list[str]:
        """Trains the reference afresh and says where it has left its bands; empty if nowhere."""
        ...


NEEDED = ("load_data", "write_data", "load_bands", "load_runs")
"""Without these of a reference nothing is graded."""


def load_reference(name: str) -> Reference:
    """The reference that a rubric names; raises UserError if it cannot be imported or is none."""
    try:
        module = import_module(name)
    except Exception as error:  # a package of somebody else may fail in any way
        known = suggestion(name, ["reference"])
        hint = f" {known}" if known.startswith("(did") else ""
        raise UserError(
            f"The rubric names the reference {name!r}, which cannot be imported: {error}{hint}. "
            "Install it where the grader is installed, or name another."
        ) from error
    lacking = [what for what in NEEDED if not hasattr(module, what)]
    if lacking:
        raise UserError(
            f"The rubric names the reference {name!r}, which is a module but no reference: it lacks "
            f"{', '.join(lacking)} (see `Reference` in grader/standard.py)."
        )
    return cast("Reference", module)


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


@dataclass(frozen=True)
class Standard:
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
    def background(self) -> Background:
        """What reports are drawn against; read once, since the reference's runs take a second or two."""
        stages = [stage.id for stage in self.rubric.stages]
        return Background(
            bands=self.bands,
            asked={stage: self.rubric.asked(stage) for stage in stages},
            asked_of_students={stage: self.rubric.asked(stage, of_students=True) for stage in stages},
            runs=self.reference.load_runs(),
            test_image=lambda number: self._test_images[number],
            language=self.language,
        )

    @cached_property
    def _test_images(self) -> NDArray[np.uint8]:
        return self.reference.load_data().test_images

    def judge(self, evidence: Evidence) -> Grade:
        """The grade: a pure function of the evidence and of this standard."""
        matches = self.answers(evidence)
        own = tuned(evidence.runs, {match.run for match in matches if match.run})
        judged = grade(evidence, self.rubric, matches, self.bands)
        return replace(judged, beyond=tuple(Beyond(run.id, tuned_words(run)) for run in own))

    def answers(self, evidence: Evidence) -> tuple[StageMatch, ...]:
        """Which run answers which stage: the same whether the run was quick or whole."""
        runs = {run.id: run for run in evidence.runs}
        marks = _Marks(lambda run, stage: judge_stage(runs[run], stage, evidence, self.rubric, self.bands))
        ties = _Marks(lambda run, stage: judge_tie(runs[run], stage, evidence, self.rubric, self.bands))
        return match(self.rubric.stages, evidence.runs, marks, ties)


class _Marks(dict[tuple[str, str], Fraction]):
    """What a run would earn as a stage, judged when it is asked for: of a thousand runs few are."""

    def __init__(self, judged: Callable[[str, str], Fraction]) -> None:
        super().__init__()
        self._judged = judged

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        """Judges what was not asked for before."""
        del default
        if key not in self:
            self[key] = self._judged(*key)
        return self[key]
