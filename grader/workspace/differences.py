"""How a grade differs from the one that is stored, in parts whose printed marks add up to the printed totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.records import CriterionResult, Grade, Outcome
from grader.records.marks import number
from grader.workspace.grade_file import StoredCriterion, StoredGrade

LATE = "late"
"""Stands in the place of a criterion, whose ids have two words."""
TOO_SMALL = 1e-6
"""Stored marks have six decimals."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A criterion that earns another mark than before, or late work that costs another; None where there was none."""

    criterion: str
    before: float | None
    after: float | None
    found: str = ""
    """Who gave the mark by hand, what the first check that lost marks found, or why so much is taken off."""
    was_open: bool = False
    """Was not assessed."""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Regraded:
    """One student's grade and how it differs from the one that was stored."""

    grade: Grade
    before: float | None
    differences: tuple[Difference, ...]
    before_max: float | None = None
    raised: float = 0.0
    """What was added so that the total was not below 0; `raises` is the same now."""
    raises: float = 0.0
    new_reasons: tuple[str, ...] = ()
    """For review."""
    gone_reasons: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is otherwise than it was."""
        return bool(
            self.differences or self.new_reasons or self.gone_reasons or self.before_max != float(self.grade.max)
        )

    def parts(self) -> tuple[Difference, ...]:
        """The differences and what else makes the printed totals differ: a total is never below 0, and is rounded."""
        parts = list(self.differences)
        if hundredths(self.raised) != hundredths(self.raises):
            parts.append(Difference("(no total is below 0)", self.raised, self.raises))
        moved = sum(hundredths(p.after) - hundredths(p.before) for p in parts)
        rest = hundredths(number(self.grade.total)) - hundredths(self.before) - moved
        return (*parts, Difference("(rounding)", 0.0, rest / 100)) if rest else tuple(parts)


def hundredths(mark: float | None) -> int:
    """A mark as it is printed; half a hundredth rounds away from 0, as in reports. Nothing counts as 0."""
    exact = Fraction(str(mark or 0)) * 200
    return int((exact + 1) // 2 if exact >= 0 else -((1 - exact) // 2))


def words_of(mark: float | None) -> str:
    """A stored mark for people; a dash where there was none."""
    if mark is None:
        return "-"
    whole, part = divmod(abs(hundredths(mark)), 100)
    return f"{'-' * (hundredths(mark) < 0)}{whole}.{part:02d}"


def regraded(before: StoredGrade | None, grade: Grade) -> Regraded:
    """The grade beside the one that was stored; None where there was none that can be read."""
    old = {c.id: c for c in before.criteria} if before else {}
    reasons = before.review_reasons if before else ()
    penalty, penalised = before.penalty if before else 0.0, float(grade.late.penalty) if grade.late else 0.0
    return Regraded(
        grade,
        before.total if before else None,
        (*_of_criteria(old, grade), *_of_lateness(penalty, penalised, grade)),
        before.max if before else None,
        raised=_raised(before.total, [c.score for c in old.values()], penalty) if before else 0.0,
        raises=_raised(float(grade.total), [float(c.score) for c in grade.criteria], penalised),
        new_reasons=tuple(r for r in grade.review if r not in reasons) if before else (),
        gone_reasons=tuple(r for r in reasons if r not in grade.review),
    )


def _of_criteria(old: Mapping[str, StoredCriterion], grade: Grade) -> Iterator[Difference]:
    new = {c.id: c for c in grade.criteria}
    for name in dict.fromkeys([*old, *new]):
        was = old.get(name)
        now = new.get(name)
        after = number(now.score) if now else None
        was_open = was is not None and was.outcome == Outcome.NOT_ASSESSED.value and not was.manual
        is_open = now is not None and now.outcome is Outcome.NOT_ASSESSED
        before = was.score if was else None
        if before != after or was_open != is_open:
            yield Difference(name, before, after, _why(now), was_open, is_open)


def _of_lateness(before: float, after: float, grade: Grade) -> Iterator[Difference]:
    if abs(before - after) > TOO_SMALL:
        yield Difference(LATE, -before, -number(after), grade.late.words if grade.late else "the rubric has no rule")


def _why(criterion: CriterionResult | None) -> str:
    """A manual mark, or what the first check that lost marks found."""
    if criterion is None:
        return ""
    if criterion.manual:
        return f"by hand, {criterion.manual.by}"
    return next((c.verdict.found for c in criterion.checks if c.score < c.max_score), "")


def _raised(total: float, scores: Sequence[float], penalty: float) -> float:
    """By how much more than the sum less what late work costs the total is: it is never below 0."""
    return 0.0 if total > 0 else max(0.0, round(penalty - sum(scores), 6))
