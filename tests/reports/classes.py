"""Grades of small classes, for the tests of the class page."""

from __future__ import annotations

from fractions import Fraction

from grader.records import CheckResult, CriterionResult, Grade, Outcome, Verdict
from tests.reports.samples import grade


def result(
    name: str, share: Fraction | int | None, advice: str = "Mend it.", found: str = "nothing"
) -> CriterionResult:
    """A criterion of one mark with one check; a share of None is not assessed."""
    full, none = share == 1, share in {0, None}
    outcome = Outcome.PASSED if full else Outcome.FAILED if none else Outcome.PARTIAL
    outcome = Outcome.NOT_ASSESSED if share is None else outcome
    verdict = Verdict(outcome, Fraction(share or 0), f"{name} as asked", found, "" if full else advice)
    check = CheckResult(name, f"check_{name}", verdict, Fraction(share or 0), Fraction(1))
    return CriterionResult(name, name.title(), None, outcome, Fraction(share or 0), Fraction(1), (check,))


def student(name: str, /, *criteria: CriterionResult, **changes: object) -> Grade:
    return grade(name, criteria, **changes)
