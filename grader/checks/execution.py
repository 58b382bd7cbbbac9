"""Checks of what was done with the trained models: curves drawn, models evaluated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from grader.checks import names
from grader.checks.accuracy import other_data_set
from grader.checks.base import Check, counted, doubted, graded, grader_failures, missing, not_assessed, shortened
from grader.i18n.texts import say
from grader.inside.protocol import NOT_ALL_LINES, NOT_INSTALLED
from grader.records import Evaluation, Evidence, Facts, TrainingRun, Verdict
from grader.yaml_files.validate import contradiction

FULL = Fraction(1)
HALF = Fraction(1, 2)
NOTHING = Fraction(0)
CURVES = 2
"""Training and validation accuracy."""
FEWEST_ROWS = 100
"""Arrays of fewer are not compared with the official images (grader/evidence/gather.py)."""
_DRAWING = "plotly bokeh altair holoviews livelossplot scikitplot plot_keras_history chart_studio cufflinks hiplot"
DRAWING = frozenset(_DRAWING.split())
"""Packages that draw curves and that inside/environment/stand_ins.py stands in for: what they draw is not seen."""


class EveryStage(Check):
    """A check in which every stage of the rubric has an equal share; a stage without a run earns nothing."""

    seen_by_quick: ClassVar[bool] = False

    @property
    @abstractmethod
    def advice(self) -> str:
        """What to write."""

    @abstractmethod
    def share_of(self, run: TrainingRun) -> tuple[Fraction, str]:
        """What the run earns of its stage's share, and what was found."""

    def judge(self, facts: Facts) -> Verdict:
        """Lists what is missing, stage by stage."""
        found = {stage: self._stage(facts.matches.get(stage)) for stage in facts.stages}
        open_ = grader_failures(facts.evidence) or facts.evidence.gaps
        if open_ and len(facts.matches) < len(facts.stages):
            return missing(self.expected, facts.evidence, _listed(found), self.advice)
        lacking = [facts.matches.get(stage) for stage, (share, _) in found.items() if share < 1]
        if cut := _cut_before(facts.evidence, lacking):
            reason = say("{found}; quick mode may be why: {cut}", found=_listed(found), cut=cut)
            return not_assessed(self.expected, reason)
        unseen = [run.where for run in facts.matches.values() if run.custom and self.share_of(run)[0] < 1]
        share = sum((share for share, _ in found.values()), NOTHING) / max(len(found), 1)
        verdict = graded(share, self.expected, _listed(found), self.advice)
        words = f"trained past fit in {', '.join(unseen)}, where neither curves nor evaluations can be seen"
        return doubted(verdict, words if unseen else "")

    def _stage(self, run: TrainingRun | None) -> tuple[Fraction, str]:
        if run is None:
            return NOTHING, "no training run"
        return self.share_of(run) if run.trained else (NOTHING, "compiled but never trained")


class CurvesPlotted(EveryStage):
    """Training and validation accuracy drawn for every stage; one of the two, or loss alone, counts half."""

    name: ClassVar[str] = "curves_plotted"
    example: ClassVar[str] = "{check: curves_plotted}"

    @property
    def expected(self) -> str:
        """The two curves."""
        return say("a plot of training and validation accuracy for every stage")

    @property
    def advice(self) -> str:
        """How to plot them."""
        return say(
            "After each fit plot history.history['accuracy'] and history.history['val_accuracy'] in "
            "one figure: a gap between them is overfitting, a flat line is a network that has "
            "stopped learning."
        )

    def judge(self, facts: Facts) -> Verdict:
        """Not assessed where curves that seem to lack may have been drawn, but cannot be read or were not seen.

        Of the classes kept, no honest student draws two such lines and not the curves themselves.
        """
        verdict = super().judge(facts)
        lacking = [run for run in facts.matches.values() if run.trained and self.share_of(run)[0] < 1]
        if lacking and any(a.message.startswith(NOT_ALL_LINES) for a in facts.evidence.advisories):
            reason = say("{found}, and more lines were drawn than the grader records", found=verdict.found)
            return not_assessed(self.expected, reason)
        unread = [run.where for run in lacking if run.unread_curves >= CURVES]
        if unread:
            reason = say(
                "{found}, but lines of as many points as epochs were drawn that show none of the recorded numbers "
                "({places})",
                found=verdict.found,
                places=", ".join(unread),
            )
            return not_assessed(self.expected, reason)
        unseen = _drawn_with(facts.evidence) if lacking else ""
        if not unseen:
            return verdict
        reason = say(
            "{found}, and {package} is not installed here, so that what it draws is not seen",
            found=verdict.found,
            package=unseen,
        )
        advice = say("Draw the curves with matplotlib, or show your instructor the plots.")
        return replace(not_assessed(self.expected, reason), help=advice)

    def share_of(self, run: TrainingRun) -> tuple[Fraction, str]:
        """Judged by which series of the run's own history were drawn."""
        drawn = set(run.plotted)
        if drawn >= {"accuracy", "val_accuracy"}:
            return FULL, "both curves"
        if drawn & {"accuracy", "val_accuracy"}:
            only = "training accuracy alone" if "accuracy" in drawn else "validation accuracy alone"
            return HALF, only
        if drawn & {"loss", "val_loss"}:
            return HALF, "loss alone"
        return NOTHING, "no plot"


class EvaluatedOnTestImages(EveryStage):
    """Every stage's model evaluated on the official test images; `evaluate` and `predict` both count."""

    name: ClassVar[str] = "evaluated_on_test_images"
    example: ClassVar[str] = "{check: evaluated_on_test_images, dataset: mnist, rows: 10000}"
    dataset: names.Dataset
    """Of which data set."""
    rows: Annotated[int, Field(ge=FEWEST_ROWS)]
    """Test images that each model is evaluated on: no more and no fewer."""

    @model_validator(mode="after")
    def _there_are_as_many(self) -> Self:
        most = names.OFFICIAL[self.dataset][-1][0]
        if self.rows > most:
            words = f"{self.dataset} has {most:,} test images, so that {self.rows} can never pass; write at most {most}"
            raise contradiction("rows", words)
        return self

    @property
    def expected(self) -> str:
        """The images."""
        return say("every stage's model evaluated on the {rows:,} test images", rows=self.rows)

    @property
    def advice(self) -> str:
        """How to evaluate."""
        return say(
            "After each fit call model.evaluate(X_test, y_test) with all test images, prepared as "
            "the training images were: only images that played no part in training say how good a "
            "network is."
        )

    def judge(self, facts: Facts) -> Verdict:
        """Not assessed where a stage was trained on another data set, on whose images it was evaluated as well.

        Nor where a network was called inside a `tf.function`, or given what only TensorFlow reads.
        """
        verdict = super().judge(facts)
        runs = [run for run in facts.matches.values() if run.fit is not None]
        lacking = [run for run in runs if self.share_of(run)[0] < 1]
        if others := {words for run in lacking if run.fit and (words := other_data_set(run.fit))}:
            return not_assessed(self.expected, say("{found}; {others}", found=verdict.found, others="; ".join(others)))
        unseen = [run.where for run in lacking if any(not (e.images.shape or e.untrained) for e in run.evaluations)]
        if not unseen:
            return verdict
        reason = say(
            "{found}, but the images that were given to its network could not be seen ({places})",
            found=verdict.found,
            places=", ".join(unseen),
        )
        return not_assessed(self.expected, reason)

    def share_of(self, run: TrainingRun) -> tuple[Fraction, str]:
        """All or nothing for each stage."""
        official = [e for e in run.evaluations if self._official(e)]
        if any(not e.untrained for e in official):
            return FULL, "evaluated"
        if official:
            return NOTHING, "evaluated before it was trained, and not after"
        if not run.evaluations:
            return NOTHING, "not evaluated"
        images = run.evaluations[-1].images
        known = images.dataset == self.dataset and images.split != "unknown"
        kind = (
            say("{dataset} {split} images", dataset=images.dataset.upper(), split=images.split)
            if known
            else "images that are not recognised"
        )
        return NOTHING, say("evaluated on {count} of {kind}", count=counted(images.rows, "row"), kind=kind)

    def _official(self, evaluation: Evaluation) -> bool:
        images = evaluation.images
        return (images.dataset, images.split, images.rows) == (self.dataset, "test", self.rows)


def _cut_before(evidence: Evidence, lacking: Sequence[TrainingRun | None]) -> str:
    """The error, perhaps of quick mode's making, that may have kept one of these runs from what it lacks; or nothing.

    None stands for a stage without a run.
    """
    cut = [(e.program, c) for e in evidence.executions for c in e.cells if c.shortened]
    for run in lacking:
        for (program, cell), words in zip(cut, shortened(evidence), strict=True):
            if run is None or (run.program == program and run.cell <= cell.number):
                return words
    return ""


def _drawn_with(evidence: Evidence) -> str:
    """The packages that draw and were stood in for, by the advisories about them."""
    told = {a.message.split(" ", 1)[0] for a in evidence.advisories if NOT_INSTALLED in a.message}
    return ", ".join(sorted(told & DRAWING))


def _listed(found: Mapping[str, tuple[Fraction, str]]) -> str:
    """Only the stages that lack something, where any does."""
    lacking = [say("{stage}: {text}", stage=stage, text=text) for stage, (share, text) in found.items() if share < 1]
    return "; ".join(lacking) or say("all {count} stages", count=len(found))
