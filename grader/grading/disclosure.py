"""What of a grade its student may see: nothing that is hidden, and nothing that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from grader.grading.review_reasons import review_reasons
from grader.grading.scoring import NOTHING, outcome_of
from grader.records import CriterionResult, Evidence, Grade


def for_student(grade: Grade, evidence: Evidence) -> Grade:
    """The grade as its student may see it: no hidden check, and no mark, outcome or reason that follows from one.

    `undisclosed` says how many marks were left out, so that nobody takes it for the whole.
    """
    automatic = [criterion for criterion in grade.criteria if criterion.manual is None]
    hidden = [check for criterion in automatic for check in criterion.checks if check.hidden]
    if not any(check.hidden for criterion in grade.criteria for check in criterion.checks):
        return grade
    criteria = tuple(shown for shown in map(_disclosed, grade.criteria) if shown.checks or shown.manual)
    # A check that broke says so under its name.
    faults = tuple(f for f in grade.faults if f not in {check.verdict.found for check in hidden})
    undisclosed = sum((check.max_score for check in hidden), NOTHING)
    return replace(
        grade,
        total=max(NOTHING, grade.total - sum((check.score for check in hidden), NOTHING)),
        max=grade.max - undisclosed,
        criteria=criteria,
        review=_still_open(
            grade, review_reasons(evidence, criteria, grade.stages, faults, grade.late, grade.unconfirmed_zero)
        ),
        faults=faults,
        undisclosed=undisclosed,
    )


def _still_open(grade: Grade, reasons: Iterable[str]) -> tuple[str, ...]:
    """Those that no person has looked at."""
    accepted = {a.reason for a in grade.accepted}
    return tuple(reason for reason in dict.fromkeys(reasons) if reason not in accepted)


def _disclosed(criterion: CriterionResult) -> CriterionResult:
    """The criterion by its visible checks alone; a mark by hand is a person's word and stands as it is."""
    checks = tuple(check for check in criterion.checks if not check.hidden)
    if criterion.manual:
        return replace(criterion, checks=checks)
    if len(checks) == len(criterion.checks):
        return criterion
    score = sum((check.score for check in checks), NOTHING)
    outcome = outcome_of(tuple(check.verdict.outcome for check in checks), score)
    most = sum((check.max_score for check in checks), NOTHING)
    return replace(criterion, outcome=outcome, score=score, max_score=most, checks=checks)
