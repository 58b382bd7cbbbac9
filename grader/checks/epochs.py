"""The check of how long a network was trained: what was done counts, not what was asked for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from grader.checks.base import STOPPED, StageCheck, counted, failed, not_followed, passed, untrained
from grader.i18n.texts import say
from grader.inside.protocol import BY_KERAS, BY_NOBODY_KNOWN, BY_PROGRAM
from grader.records import AskedNetwork, Facts, FitFacts, TrainingRun, Verdict

INTERRUPTED = "KeyboardInterrupt"
"""What `fit` raises when the time limit interrupts it, or a program that interrupts itself."""
ENOUGH = Fraction(2, 5)
"""Of the steps that as many passes over all training images take. Who writes `steps_per_epoch=len(x) // batch`, as was
usual with generators, means all of them; today's Keras then has only the rest for each second epoch, and does half."""
AT_ONCE = Fraction(1, 20)
"""Of the epochs asked for: where EarlyStopping ends training before that, a person looks."""
BETTER = 0.01
"""By which a series still gets better that EarlyStopping, as anybody sets it, does not end."""


class Epochs(StageCheck):
    """At least so many epochs done over all training images; what the grader or Keras's EarlyStopping ends is free."""

    name: ClassVar[str] = "epochs"
    example: ClassVar[str] = "{check: epochs, at_least: 100}"
    at_least: Annotated[int, Field(ge=1)]
    """Epochs; more are accepted, too."""
    early_stopping: bool = True
    """Whether Keras's own EarlyStopping may end training earlier."""
    learnt: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    """The training accuracy from which a callback of one's own may end it earlier; none may if it is not given."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """So many epochs or more."""
        return replace(network, epochs=self.at_least)

    @property
    def expected(self) -> str:
        """The number."""
        return counted(self.at_least, "epoch")

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:
        """All or nothing."""
        if run.custom:
            return not_followed(self.expected, run)
        fit = run.fit
        if fit is None:
            return untrained(self.expected, facts.evidence)
        found = say(
            "{count} asked for, {epochs_done:,} done",
            count=counted(fit.epochs_asked, "epoch"),
            epochs_done=fit.epochs_done,
        )
        if fit.epochs_asked < self.at_least:
            advice = say(
                "Write epochs={at_least} in fit(...): whether a network goes on learning shows only over many epochs.",
                at_least=self.at_least,
            )
            return failed(self.expected, found, advice)
        if few_steps(fit):
            return self._of_few_steps(fit, found)
        if fit.capped or fit.shortened or fit.epochs_done >= self.at_least or _ended_from_outside(run, facts):
            return passed(self.expected, found)
        return self._ended_early(run, fit, found)

    def _of_few_steps(self, fit: FitFacts, found: str) -> Verdict:
        words = say(
            "{found}, but in {steps_done:,} steps, where as many passes over all training images take {steps_due:,}",
            found=found,
            steps_done=fit.steps_done,
            steps_due=fit.steps_due,
        )
        advice = say(
            "Leave steps_per_epoch out of fit(...), and let no callback end an epoch: an epoch is one pass over all "
            "training images."
        )
        return failed(self.expected, words, advice)

    def _ended_early(self, run: TrainingRun, fit: FitFacts, found: str) -> Verdict:
        """It did fewer epochs than it was asked for, by what the program itself said."""
        if fit.ended_by == BY_KERAS and self.early_stopping:
            words = say("{found}; Keras's EarlyStopping ended it", found=found)
            return passed(self.expected, words, _stopped_too_early(run, fit))
        if fit.ended_by == BY_NOBODY_KNOWN:
            return passed(self.expected, found)
        accuracy, loss = (_last(run, name) for name in ("accuracy", "loss"))
        if not run.error and "loss" in run.history and loss is None:
            return passed(self.expected, say("{found}; its loss was no number any more", found=found))
        if not run.error and self.learnt is not None and accuracy is not None and accuracy >= float(self.learnt):
            words = say("{found}; it had learnt {accuracy:.2%} of its images", found=found, accuracy=accuracy)
            return passed(self.expected, words)
        if run.error:
            words = say("{found}; fit raised {error}", found=found, error=run.error)
        else:
            words = say("{found}: the program itself ended the training", found=found)
        advice = say(
            "Let fit(...) do all its epochs, or end it by keras.callbacks.EarlyStopping: what a network does later "
            "shows only there."
        )
        return failed(self.expected, words, advice)


def few_steps(fit: FitFacts) -> bool:
    """Whether its epochs went over part of the training images only; quick mode takes few on purpose."""
    if fit.steps_done is None or not fit.steps_due or fit.capped:
        return False
    return fit.steps_done < ENOUGH * fit.steps_due


def too_early(fit: FitFacts) -> str:
    """Why not having learnt says nothing: the program itself ended the training in its first half; else empty."""
    done, asked = fit.epochs_done, fit.epochs_asked
    if few_steps(fit) and (fit.steps_done or 0) * 2 < (fit.steps_due or 0):
        return say("after {steps:,} steps in {done:,} epochs", steps=fit.steps_done, done=done)
    if fit.ended_by == BY_PROGRAM and done * 2 < asked:
        return say("after {done:,} of {asked:,} epochs, when the program itself ended it", done=done, asked=asked)
    return ""


def _ended_from_outside(run: TrainingRun, facts: Facts) -> bool:
    """By a limit or a kernel that died: `fit` neither returned nor raised, or was interrupted in a run that was."""
    if run.finished:
        return False
    endings = {e.ending for e in facts.evidence.executions if e.program == run.program}
    return not run.error or (run.error.startswith(INTERRUPTED) and bool(endings & STOPPED))


def _stopped_too_early(run: TrainingRun, fit: FitFacts) -> str:
    """Why a person should look at what EarlyStopping did; empty where it did what it is for."""
    if fit.epochs_done < AT_ONCE * fit.epochs_asked:
        return say("EarlyStopping ended the training after {count}", count=counted(fit.epochs_done, "epoch"))
    *before, last = [v for v in run.history.get(fit.monitor, ()) if v is not None] or [0.0]
    gained = 0.0
    if before:
        gained = last - max(before) if "acc" in fit.monitor else min(before) - last
    if gained <= BETTER:
        return ""
    return say("EarlyStopping ended the training while its {monitor} still got better", monitor=fit.monitor)


def _last(run: TrainingRun, series: str) -> float | None:
    return next(reversed(run.history.get(series, ())), None)
