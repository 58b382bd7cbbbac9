"""What every check is: a frozen set of options that judges facts and says what it expected, found and advises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from grader.i18n.texts import say
from grader.records import (
    Architecture,
    AskedNetwork,
    CellStatus,
    Ending,
    Evidence,
    Facts,
    FitFacts,
    Outcome,
    TrainingRun,
    Verdict,
)

STOPPED = frozenset(
    {
        Ending.TIMED_OUT,
        Ending.OUT_OF_MEMORY,
        Ending.OUTPUT_LIMIT,
        Ending.PROCESS_LIMIT,
        Ending.FILE_LIMIT,
        Ending.KERNEL_DIED,
    }
)
"""Endings at which a limit or a dead kernel, not the program's last line, ended the run."""


def number(value: object) -> object:
    """YAML's `yes`, `on` and `true` are no numbers, though Python counts with them."""
    if isinstance(value, bool):
        raise PydanticCustomError("no_truth", "anything but true and false")
    return value


class Check(BaseModel, ABC):
    """One question to the facts; its fields are its options in the rubric."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    name: ClassVar[str]
    example: ClassVar[str]
    """How it may stand in a rubric, as the YAML of a mapping; with every option that has no default."""

    share: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    """Its weight among the checks of its criterion, which share the criterion's marks."""
    why: str = ""
    """What the lab teaches here: added to the help where marks are lost."""
    seen_by_quick: ClassVar[bool] = True
    """Whether a run of a few epochs on few rows shows the same as a whole one."""
    hidden: bool = False
    """Not shown to students, who are told that something further will be looked at."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        return value if cls.model_fields[str(info.field_name)].annotation is bool else number(value)

    @property
    @abstractmethod
    def expected(self) -> str:
        """What earns full marks, as a phrase for students."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """What the stage's network must be by this check, too; for the drawing beside the network that was found."""
        return network

    @abstractmethod
    def judge(self, facts: Facts) -> Verdict:
        """What was found; never raises for anything a submission can contain."""


class StageCheck(Check):
    """A check of the one run that answers the criterion's stage."""

    def judge(self, facts: Facts) -> Verdict:
        """Judges the stage's run; without one there is nothing to judge."""
        if facts.run is None:
            return missing(
                self.expected, facts.evidence, say("no training run was found for this stage"), say("Train it.")
            )
        return self.judge_run(facts.run, facts)

    @abstractmethod
    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:
        """What was found in this run."""


class ArchitectureCheck(StageCheck):
    """A check of the network alone: it needs no training."""

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:  # noqa: ARG002 (the network is enough)
        """Judges the network in normal form, where it has one."""
        network = run.architecture
        if network.problem:
            reason = say("the network could not be read layer by layer: {problem}", problem=network.problem)
            return not_assessed(self.expected, reason)
        if not network.has("dense"):
            return failed(
                self.expected, say("the network has no Dense layer"), say("Build the network from Dense layers.")
            )
        return self.judge_network(network, run)

    @abstractmethod
    def judge_network(self, network: Architecture, run: TrainingRun) -> Verdict:
        """What was found in a network that has at least one dense layer."""


class TrainingCheck(StageCheck):
    """A check of what `fit` was asked to do."""

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:
        """Judges the fit, where there was one that could be followed."""
        if run.custom:
            return not_followed(self.expected, run)
        return untrained(self.expected, facts.evidence) if run.fit is None else self.judge_fit(run.fit)

    @abstractmethod
    def judge_fit(self, fit: FitFacts) -> Verdict:
        """What was found in this fit."""


# ---------------------------------------------------------------- verdicts


def passed(expected: str, found: str, review: str = "") -> Verdict:
    """Everything that was asked for."""
    return Verdict(Outcome.PASSED, Fraction(1), expected, found, review=review)


def failed(expected: str, found: str, advice: str, review: str = "") -> Verdict:
    """Nothing of what was asked for."""
    return Verdict(Outcome.FAILED, Fraction(0), expected, found, advice, review)


def graded(share: Fraction, expected: str, found: str, advice: str, review: str = "") -> Verdict:
    """Passed at a share of 1, failed at 0, else partial; advice only where something is missing."""
    if share == 1:
        return passed(expected, found, review)
    if share == 0:
        return failed(expected, found, advice, review)
    return Verdict(Outcome.PARTIAL, share, expected, found, advice, review)


def not_assessed(expected: str, reason: str) -> Verdict:
    """No honest judgement; a person has to look."""
    advice = say("This costs nothing by itself: your instructor looks at it and decides.")
    return Verdict(Outcome.NOT_ASSESSED, Fraction(0), expected, reason, advice, reason)


def skipped(expected: str, reason: str, advice: str = "") -> Verdict:
    """Nothing to look at because something before it is missing."""
    return Verdict(Outcome.SKIPPED, Fraction(0), expected, reason, advice)


def untrained(expected: str, evidence: Evidence) -> Verdict:
    """The model was compiled and `fit` never called."""
    found, advice = say("the model was compiled but never trained"), say("Call model.fit(...) on it.")
    if cut := shortened(evidence):
        return not_assessed(expected, say("{found}; quick mode may be why: {cut}", found=found, cut=cut[0]))
    return failed(expected, found, advice)


def not_followed(expected: str, run: TrainingRun) -> Verdict:
    """It was trained, but not by `fit`."""
    return not_assessed(expected, f"trained in a loop of its own ({run.custom}), which the grader does not follow")


def doubted(verdict: Verdict, *reasons: str) -> Verdict:
    """The same verdict with more reasons why a person should look at it; empty reasons are none."""
    review = "; ".join(r for r in (verdict.review, *reasons) if r)
    return replace(verdict, review=review)


def missing(expected: str, evidence: Evidence, found: str, advice: str) -> Verdict:
    """Failed for want of any fact, unless the grader's own failure or a gap in the record may be why."""
    faults = grader_failures(evidence)
    if faults:
        return not_assessed(
            expected, say("{found}, and the grader itself failed: {faults}", found=found, faults=faults[0])
        )
    if evidence.gaps:
        return not_assessed(expected, say("{found}, and {gap}", found=found, gap=evidence.gaps[0]))
    if evidence.submission.not_opened:
        first = evidence.submission.not_opened[0]
        return not_assessed(
            expected, say("{found}, and {file} {reason}", found=found, file=first.name, reason=first.note)
        )
    if cut := shortened(evidence):
        return not_assessed(expected, say("{found}; quick mode may be why: {cut}", found=found, cut=cut[0]))
    stops = "; ".join(_how_it_ended(evidence))
    return failed(expected, say("{found} ({stops})", found=found, stops=stops) if stops else found, advice)


def grader_failures(evidence: Evidence) -> tuple[str, ...]:
    """Every failure of the grader itself, whether it stands in the faults or as the ending of a program."""
    endings = [
        say("{program}: {message}", program=e.program, message=e.message)
        for e in evidence.executions
        if e.ending is Ending.GRADER_FAULT
    ]
    return tuple(dict.fromkeys([*evidence.faults, *endings]))


def is_quick(evidence: Evidence) -> bool:
    """Whether each training was held to a few epochs on few rows."""
    return evidence.limits.max_epochs is not None


def shortened(evidence: Evidence) -> tuple[str, ...]:
    """What was raised after quick mode had cut a training, and perhaps for that reason, cell by cell."""
    return tuple(
        say("cell {number} of {program} raised {error}", number=c.number, program=e.program, error=c.error)
        for e in evidence.executions
        for c in e.cells
        if c.shortened
    )


def _how_it_ended(evidence: Evidence) -> Iterable[str]:
    """Why facts may be missing, for each program that did not simply run to its end."""
    for run in evidence.executions:
        if run.ending is Ending.CELL_ERROR:
            errors = [c for c in run.cells if c.status is CellStatus.ERROR]
            place = say(", cell {number}: {error}", number=errors[0].number, error=errors[0].error) if errors else ""
            yield say("{program} raised an error{place}", program=run.program, place=place)
        elif run.ending is not Ending.COMPLETED:
            yield say("{program}: {ending}", program=run.program, ending=run.ending)


# ---------------------------------------------------------------- words


def counted(number: int, noun: str) -> str:
    """`1 layer`, `4 layers`."""
    return (
        say("{number:,} {noun}", number=number, noun=noun)
        if number == 1
        else say("{number:,} {noun}s", number=number, noun=noun)
    )


def listed(names: Iterable[str], last_word: str) -> str:
    """`relu, elu or tanh`."""
    *most, last = names
    return say("{listed} {last_word} {last}", listed=", ".join(most), last_word=last_word, last=last) if most else last
