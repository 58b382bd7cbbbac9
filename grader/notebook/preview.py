"""What a kernel can tell about the marks before the notebook is run as a whole, criterion by criterion."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.checks.accuracy import MeasuredCheck
from grader.checks.execution import EveryStage
from grader.checks.registry import CHECKS
from grader.notebook.display import Line, Sign
from grader.records import CheckResult, CriterionResult, Grade, Outcome

FULL_RUN = "Only a run of the whole notebook can tell: grader check FILE."
NOT_SEEN = "Not seen: load the extension first, then run the cell that trains it."


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a kernel's training was seen."""

    grade: Grade
    """By the whole rubric."""
    so_far: Grade
    """By the stages alone whose training was seen: it judges what stands for all stages."""
    answered: Mapping[str, Collection[str]]
    """For runs that were not watched, by id, the checks that can be answered all the same."""

    def run_of(self, stage: str | None) -> str | None:
        """The run that answers a stage."""
        return next((m.run for m in self.grade.stages if m.stage == stage), None)

    @property
    def watched(self) -> list[str]:
        """The stages whose run was watched."""
        return [m.stage for m in self.grade.stages if m.run and m.run not in self.answered]


def stage_lines(sight: Sight, stage: str) -> tuple[Line, ...]:
    """The lines of one stage's criteria."""
    return tuple(_line(sight, criterion) for criterion in sight.grade.criteria if criterion.stage == stage)


def common_lines(sight: Sight) -> tuple[Line, ...]:
    """The lines of the criteria that belong to no stage, judged by what was trained so far."""
    return tuple(_line(sight, criterion) for criterion in sight.so_far.criteria if criterion.stage is None)


def _line(sight: Sight, criterion: CriterionResult) -> Line:
    signs = [(_sign(sight, criterion, check), check) for check in criterion.checks]
    said = tuple(dict.fromkeys(text for sign, check in signs for text in _said(sign, check)))
    return Line(_together([sign for sign, _ in signs]), criterion.title, criterion.max_score, said)


def _sign(sight: Sight, criterion: CriterionResult, check: CheckResult) -> Sign:
    if criterion.stage is None:
        return _common_sign(sight, check)
    run = sight.run_of(criterion.stage)
    if run is None:
        return Sign.NOT_YET
    kind = CHECKS[check.check]
    if issubclass(kind, MeasuredCheck):
        return Sign.FULL_RUN
    if check.check not in sight.answered.get(run, CHECKS):
        return Sign.NOT_SEEN
    return _judged(check)


def _common_sign(sight: Sight, check: CheckResult) -> Sign:
    """Data by any run that shows its arrays; what every stage needs, by the stages so far."""
    stages = [m for m in sight.grade.stages if m.run]
    if not stages:
        return Sign.NOT_YET
    if issubclass(CHECKS[check.check], EveryStage):
        if not sight.watched:
            return Sign.NOT_SEEN
        whole = len(sight.watched) == len(sight.grade.stages)
        sign = _judged(check)
        return sign if whole or sign is not Sign.RIGHT else Sign.NOT_YET
    shown = any(m.run and check.check in sight.answered.get(m.run, CHECKS) for m in stages)
    return _judged(check) if shown else Sign.NOT_SEEN


def _judged(check: CheckResult) -> Sign:
    match check.verdict.outcome:
        case Outcome.PASSED:
            return Sign.RIGHT
        case Outcome.PARTIAL:
            return Sign.PARTLY
        case Outcome.FAILED:
            return Sign.WRONG
        case Outcome.SKIPPED:
            return Sign.BLOCKED
        case _:
            return Sign.NOT_SEEN


def _said(sign: Sign, check: CheckResult) -> Iterator[str]:
    verdict = check.verdict
    match sign:
        case Sign.FULL_RUN:
            yield FULL_RUN
        case Sign.NOT_SEEN if verdict.outcome is Outcome.NOT_ASSESSED:
            yield f"Cannot be judged here: {verdict.found}."
        case Sign.NOT_SEEN:
            yield NOT_SEEN
        case Sign.PARTLY | Sign.WRONG:
            yield f"Expected {verdict.expected}; found {verdict.found}. {verdict.help}".strip()
        case Sign.NOT_YET if verdict.outcome is Outcome.PASSED:
            yield "Right for the stages so far."
        case Sign.BLOCKED:
            yield f"{verdict.found[:1].upper()}{verdict.found[1:]}. {verdict.help}".strip()
        case _:
            return


def _together(signs: Sequence[Sign]) -> Sign:
    """A criterion of several checks: wrong where all that was judged is, else the weightiest that is open."""
    judged = [s for s in signs if s in {Sign.RIGHT, Sign.PARTLY, Sign.WRONG}]
    if set(judged) == {Sign.WRONG}:
        return Sign.WRONG
    if set(judged) - {Sign.RIGHT}:
        return Sign.PARTLY
    return next((s for s in (Sign.BLOCKED, Sign.NOT_SEEN, Sign.NOT_YET, Sign.FULL_RUN) if s in signs), Sign.RIGHT)
