"""Checks of the accuracy that the grader measured itself, held against the bands of the reference."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from grader.checks.base import StageCheck, doubted, failed, graded, is_quick, not_assessed, passed, untrained
from grader.checks.epochs import INTERRUPTED, too_early
from grader.checks.names import OFFICIAL
from grader.checks.settings import out_of_the_bands_reach
from grader.i18n.texts import say
from grader.records import AskedNetwork, Band, Facts, FitFacts, TrainingRun, Verdict
from grader.yaml_files.validate import contradiction

TEST_IMAGES = 10_000
COLLAPSED = Fraction(15, 100)
"""At or below this a network of ten classes guesses."""
TOO_WIDE = 0.5
FORGED = Fraction(2, 100)
"""A claim above the measured accuracy by more than this is nothing that rounding or a library explains."""

Accuracy = Annotated[Decimal, Field(ge=0, le=1)]


class MeasuredCheck(StageCheck):
    """A check that needs the measured accuracy of a run that was trained to its end."""

    seen_by_quick: ClassVar[bool] = False

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:
        """Judges the accuracy where there is one that can honestly be judged."""
        if run.fit is None:
            return untrained(self.expected, facts.evidence)
        if is_quick(facts.evidence) and not run.fit.capped:
            return not_assessed(self.expected, say("quick mode gives no marks for accuracy, whatever was trained"))
        obstacle = self._obstacle(run, run.fit)
        if obstacle is not None:
            return obstacle
        accuracy = Fraction(round((run.measurement.accuracy or 0.0) * TEST_IMAGES), TEST_IMAGES)
        verdict = self.judge_accuracy(accuracy, run, facts)
        if run.fit.shortened and verdict.share < 1:
            # Ending it early must not cost a mark: what it had reached by then counts only in its favour.
            words = f"{run.fit.epochs_done:,} of {run.fit.epochs_asked:,} epochs"
            return not_assessed(verdict.expected, f"{verdict.found}, when the grader ended the training after {words}")
        return doubted(verdict, *_doubts(accuracy, run, run.fit))

    @abstractmethod
    def judge_accuracy(self, accuracy: Fraction, run: TrainingRun, facts: Facts) -> Verdict:
        """What an accuracy in [0, 1] earns; `run` was trained."""

    def _obstacle(self, run: TrainingRun, fit: FitFacts) -> Verdict | None:
        """Why there is no accuracy that could be judged; None if there is."""
        reason = _open_reason(run, fit) or other_data_set(fit)
        if reason:
            return not_assessed(self.expected, reason)
        if run.measurement.accuracy is not None:
            return None
        if run.error:
            advice = say("Mend what it says and run the cell again: a model that was not trained has no accuracy.")
            return failed(self.expected, say("fit raised {error}", error=run.error), advice)
        if _not_numbers(run):
            advice = say(
                "Weights that are no numbers come from an exploding gradient: lower the learning rate, "
                "scale the pixels or add batch normalization."
            )
            return failed(self.expected, run.measurement.reason, advice)
        return not_assessed(
            self.expected, say("the accuracy could not be measured: {reason}", reason=run.measurement.reason)
        )


class MeasuredAccuracy(MeasuredCheck):
    """Full marks from the lower edge of the stage's band, falling linearly to none at the floor.

    Where the band reaches down to chance, the reference itself does not learn, and no accuracy is too low; where it
    only reaches down to the floor, the marks begin above chance instead.
    """

    name: ClassVar[str] = "measured_accuracy"
    example: ClassVar[str] = "{check: measured_accuracy, floor: 0.80}"
    floor: Accuracy
    """The test accuracy at or below which nothing is earned; choose it below the stage's bands."""

    @property
    def expected(self) -> str:
        """The rule; the numbers come with the band."""
        return say(
            "test accuracy within the reference's band (none of the marks at {floor} or below)", floor=self.floor
        )

    def judge_accuracy(self, accuracy: Fraction, run: TrainingRun, facts: Facts) -> Verdict:
        """Held against the band whose settings are nearest to the run's."""
        band = facts.bands.nearest(facts.stage or "", run)
        if band is None:
            return not_assessed(
                self.expected, say("the reference has no band for the stage {stage}", stage=facts.stage)
            )
        found = _found(accuracy, run)
        low = exact(band.low)
        if accuracy <= COLLAPSED and accuracy < low and band.collapsed:
            words = say(
                "{collapsed} of {runs} reference runs collapse to chance in the same way",
                collapsed=band.collapsed,
                runs=band.runs,
            )
            return not_assessed(
                self.expected, say("{found}; {words}, so this may be bad luck and no mistake", found=found, words=words)
            )
        edges = say(
            "the band of {runs} reference runs is {low:.4f} to {high:.4f}", runs=band.runs, low=band.low, high=band.high
        )
        if low <= COLLAPSED:
            if run.fit and (early := too_early(run.fit)):
                return not_assessed(self.expected, say("{found} {early}: that says nothing", found=found, early=early))
            wide = say("{edges}, which is too wide to tell anything", edges=edges) if tells_nothing(band) else ""
            return passed(say("any test accuracy: with these settings {edges}", edges=edges), found, wide)
        floor = self.floor if self.floor < low else COLLAPSED
        expected = say(
            "test accuracy of at least {low:.4f}, none of the marks at {floor:.2f} or below; {edges}",
            low=band.low,
            floor=float(floor),
            edges=edges,
        )
        share = _between(accuracy, Fraction(floor), low)
        advice = say(
            "Compare the settings with the lab one by one: activation, initializer, optimizer, batch "
            "size, epochs. Luck in the random numbers is in the band already."
        )
        if share < 1 and (beyond := _beyond(band, run, facts)):
            return _only_in_favour(
                expected, say("{found}; {edges}, but {beyond}", found=found, edges=edges, beyond=beyond), beyond
            )
        return doubted(graded(share, expected, found, advice), _differs(band, run) if share < 1 else "")


class VanishingGradient(MeasuredCheck):
    """The other way round: full marks for an accuracy so low that the network visibly does not learn."""

    name: ClassVar[str] = "vanishing_gradient"
    example: ClassVar[str] = "{check: vanishing_gradient, full_up_to: 0.25, none_from: 0.50}"
    full_up_to: Accuracy
    """The test accuracy up to which all is earned."""
    none_from: Accuracy
    """The test accuracy from which nothing is earned: a higher one; the marks fall linearly between the two."""

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if self.full_up_to >= self.none_from:
            words = (
                f"full_up_to must be less than none_from, or nothing lies between ({self.full_up_to}, {self.none_from})"
            )
            raise contradiction("full_up_to", words)
        return self

    @property
    def expected(self) -> str:
        """The two limits."""
        return say(
            "a network that visibly fails to learn: test accuracy of at most {full_up_to} (none of "
            "the marks from {none_from})",
            full_up_to=self.full_up_to,
            none_from=self.none_from,
        )

    def judge_accuracy(self, accuracy: Fraction, run: TrainingRun, facts: Facts) -> Verdict:
        """Linear between the limits."""
        share = 1 - _between(accuracy, Fraction(self.full_up_to), Fraction(self.none_from))
        advice = say("Keep every remedy that makes a network learn out of this stage.")
        band = facts.bands.nearest(facts.stage or "", run)
        found = _found(accuracy, run)
        if run.fit and share > 0 and (early := too_early(run.fit)):
            reason = say("{found} {early}: that does not show that it never learns", found=found, early=early)
            return not_assessed(self.expected, reason)
        if band and share < 1 and (beyond := _beyond(band, run, facts)):
            return _only_in_favour(self.expected, say("{found}, but {beyond}", found=found, beyond=beyond), beyond)
        verdict = graded(share, self.expected, found, advice)
        return doubted(verdict, _differs(band, run) if band and share < 1 else "")


def tells_nothing(band: Band) -> bool:
    """Whether it begins at chance and reaches so far that no accuracy says anything.

    Then full marks are flagged; never on the bundled lab, none of whose bands is so wide.
    """
    return exact(band.low) <= COLLAPSED and band.high - band.low >= TOO_WIDE


def _open_reason(run: TrainingRun, fit: FitFacts) -> str:
    """What the student cannot be held to: our failure, quick mode, a limit that stopped the training."""
    if run.measurement.fault:
        return say("the grader failed to measure it: {reason}", reason=run.measurement.reason)
    if fit.capped:
        return say("quick mode cut the training short, so accuracy says nothing")
    if not run.finished and (not run.error or run.error.startswith(INTERRUPTED)):
        return say(
            "training was stopped before it ended ({epochs_done} of {epochs_asked} epochs)",
            epochs_done=fit.epochs_done,
            epochs_asked=fit.epochs_asked,
        )
    return ""


def other_data_set(fit: FitFacts) -> str:
    """Where the images are known to be another data set's: accuracy there says nothing of this lab; else empty."""
    known = fit.images.dataset if fit.images else "unknown"
    if known in {"unknown", *OFFICIAL}:
        return ""
    return say("trained on {dataset}, whose accuracy says nothing of this lab", dataset=known.upper())


def _not_numbers(run: TrainingRun) -> bool:
    return re.search(r"\bnan\b", run.measurement.reason, re.IGNORECASE) is not None


def exact(number: float) -> Fraction:
    """The fraction that a person reads in the number's digits: 0.1 is 1/10."""
    return Fraction(repr(float(number)))


def _between(value: Fraction, low: Fraction, high: Fraction) -> Fraction:
    """How far the value is on its way from low (0) to high (1)."""
    if value >= high:
        return Fraction(1)
    if value <= low:
        return Fraction(0)
    return (value - low) / (high - low)


def _beyond(band: Band, run: TrainingRun, facts: Facts) -> str:
    """Why the band says nothing against a run that does what the rubric asks; empty where it does."""
    anything, stage = AskedNetwork(), facts.stage or ""
    asked, openly = facts.asked.get(stage, anything), facts.asked_openly.get(stage, anything)
    return out_of_the_bands_reach(asked, openly, band, run)


def _only_in_favour(expected: str, found: str, reason: str) -> Verdict:
    """Not assessed, with one reason for all stages that are trained alike."""
    return replace(not_assessed(expected, found), review=reason)


def _differs(band: Band, run: TrainingRun) -> str:
    """In which settings no band covers the run; empty where one does."""
    listed = ", ".join(band.differences(run))
    return say("marks were lost against a band with other settings: {listed}", listed=listed) if listed else ""


def _found(accuracy: Fraction, run: TrainingRun) -> str:
    claimed = run.claimed_accuracy
    claim = say(" (claimed {claimed:.4f})", claimed=claimed) if claimed is not None else ""
    return say(
        "measured {accuracy:.4f} on the {images:,} test images{claim}",
        accuracy=float(accuracy),
        images=TEST_IMAGES,
        claim=claim,
    )


def _doubts(accuracy: Fraction, run: TrainingRun, fit: FitFacts) -> Sequence[str]:
    """Why a person should not take the accuracy at its word."""
    claimed = run.claimed_accuracy
    doubts = []
    if claimed is not None and claimed - float(accuracy) > FORGED:
        doubts.append(
            say(
                "claims an accuracy of {claimed:.4f}, but {accuracy:.4f} was measured",
                claimed=claimed,
                accuracy=float(accuracy),
            )
        )
    if fit.images is not None and fit.images.split in {"test", "mixed"}:
        doubts.append(say("was trained on images of the test set, so that its accuracy there says little"))
    return doubts
