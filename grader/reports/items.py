"""How a class did on each criterion, and how well the criterion tells strong students from weak ones."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.records import CriterionResult, Ending, Grade, Outcome

FEWEST = 5
"""Students below which a correlation says nothing."""
LITTLE = 0.2
"""A discrimination below this is poor (Ebel and Frisbie, Essentials of Educational Measurement, 1991)."""


@dataclass(frozen=True, slots=True)
class CriterionSummary:
    """How the class did on one criterion.

    `tally` counts the outcomes, `lost` is who did not get full marks. `discrimination` in [-1, 1] is None where too
    few could be assessed, or all did alike.
    """

    id: str
    title: str
    graded: int
    tally: Counter[Outcome]
    mean: Fraction
    max_score: Fraction
    lost: tuple[str, ...]
    discrimination: float | None

    @property
    def pass_rate(self) -> float | None:
        """Percent of those that could be assessed."""
        assessed = self.graded - self.tally[Outcome.NOT_ASSESSED]
        return 100 * self.tally[Outcome.PASSED] / assessed if assessed else None

    @property
    def tells_little(self) -> bool:
        """Whether it hardly tells strong from weak, or the wrong way round."""
        return self.discrimination is not None and self.discrimination < LITTLE


def criterion_summaries(grades: Sequence[Grade]) -> tuple[CriterionSummary, ...]:
    """One line for each criterion that anybody was graded on, in the rubric's order."""
    found: dict[str, list[tuple[Grade, CriterionResult]]] = {}
    for grade in grades:
        for criterion in grade.criteria:
            found.setdefault(criterion.id, []).append((grade, criterion))
    return tuple(_criterion(entries) for entries in found.values())


def discrimination(entries: Sequence[tuple[Grade, CriterionResult]]) -> float | None:
    """The corrected item-total correlation (Henrysson, Psychometrika 28, 1963) of one criterion.

    Pearson's correlation, over the students, of the marks for the criterion with the marks for all others: the
    criterion itself is left out of the total, which it would otherwise be correlated with. Of the others, the share
    is taken of what could be assessed. A student counts if the criterion was assessed and the grader did not fail.
    """
    points = [
        (float(criterion.score), rest)
        for grade, criterion in entries
        if _counts(grade, criterion) and (rest := _rest(grade, criterion.id)) is not None
    ]
    if len(points) < FEWEST:
        return None
    try:
        return statistics.correlation([p[0] for p in points], [p[1] for p in points])
    except statistics.StatisticsError:
        # All earned the same: there is nothing to tell apart.
        return None


def _counts(grade: Grade, criterion: CriterionResult) -> bool:
    return not grade.faults and grade.ending is not Ending.GRADER_FAULT and _assessed(criterion) > 0


def _rest(grade: Grade, left_out: str) -> float | None:
    others = [c for c in grade.criteria if c.id != left_out]
    possible = sum((_assessed(c) for c in others), Fraction(0))
    return float(sum((c.score for c in others), Fraction(0)) / possible) if possible else None


def _assessed(criterion: CriterionResult) -> Fraction:
    """The marks that could be had, where the grader or a person could judge."""
    if criterion.manual:
        return criterion.max_score
    judged = (c.max_score for c in criterion.checks if c.verdict.outcome is not Outcome.NOT_ASSESSED)
    return sum(judged, Fraction(0))


def _criterion(entries: Sequence[tuple[Grade, CriterionResult]]) -> CriterionSummary:
    one = entries[0][1]
    return CriterionSummary(
        id=one.id,
        title=one.title,
        graded=len(entries),
        tally=Counter(criterion.outcome for _, criterion in entries),
        mean=sum((criterion.score for _, criterion in entries), Fraction(0)) / len(entries),
        max_score=one.max_score,
        lost=tuple(grade.student for grade, criterion in entries if criterion.score < criterion.max_score),
        discrimination=discrimination(entries),
    )
