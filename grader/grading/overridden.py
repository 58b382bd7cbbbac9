"""A grade with what people decided in its place: a pure function, the same for grading, regrading and exports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from grader.grading.review_reasons import criterion_reviews
from grader.records import Accepted, Comment, CriterionResult, Grade, ManualMark, Outcome, Override
from grader.records.marks import number

SAME = Decimal("0.005")
"""Automatic marks that differ by less than half a hundredth are shown alike, and are alike."""


def overridden(grade: Grade, overrides: Iterable[Override]) -> Grade:
    """The grade with those of the overrides that are about its student; criteria it does not have are passed over.

    A criterion with a manual mark needs no more review for its own sake, unless the automatic mark has changed since.
    """
    own = [o for o in overrides if o.student == grade.student]
    if not own:
        return grade
    by_criterion = {o.criterion: o for o in own if o.mark is not None}
    criteria = tuple(_marked(c, by_criterion[c.id]) if c.id in by_criterion else c for c in grade.criteria)
    # The text of a failure of ours may end in a line break, which YAML need not keep.
    accepted = {reason.strip(): o for o in own for reason in o.accepts if counts(o, reason, grade)}
    penalty = grade.late.penalty if grade.late else Fraction(0)
    open_ = _open_reasons(grade, criteria)
    confirmed = grade.unconfirmed_zero.strip() in accepted
    return replace(
        grade,
        total=max(Fraction(0), sum((c.score for c in criteria), -penalty)),
        criteria=criteria,
        review=tuple(reason for reason in open_ if reason.strip() not in accepted),
        comments=tuple(Comment(o.criterion, o.comment, o.by, o.when) for o in own if o.comment and o.mark is None),
        accepted=tuple(Accepted(r, o.by, o.when) for r in open_ if (o := accepted.get(r.strip()))),
        # Who gave marks by hand has looked; the reason stays for review until it is accepted, or all marks are theirs.
        unconfirmed_zero="" if confirmed or by_criterion else grade.unconfirmed_zero,
        confirmed_zero=bool(grade.unconfirmed_zero) and confirmed,
    )


def counts(override: Override, reason: str, grade: Grade) -> bool:
    """Whether the person's word about this reason is one about this grade.

    A zero's reason says hardly more than that there was nothing: it is confirmed for the very work that was looked at.
    """
    is_zero = reason.strip() == grade.unconfirmed_zero.strip()
    return not is_zero or override.looked_at(grade.submission_digest, grade.rubric_digest)


def _marked(criterion: CriterionResult, override: Override) -> CriterionResult:
    mark = override.mark or Fraction(0)
    manual = ManualMark(
        automatic=criterion.score,
        not_assessed=criterion.outcome is Outcome.NOT_ASSESSED,
        comment=override.comment,
        by=override.by,
        when=override.when,
        stale=_stale(criterion, override),
    )
    outcome = Outcome.PASSED if mark >= criterion.max_score else Outcome.PARTIAL if mark else Outcome.FAILED
    return replace(criterion, score=mark, outcome=outcome, manual=manual)


def _stale(criterion: CriterionResult, override: Override) -> str:
    """How the automatic mark differs from the one that was replaced."""
    before, now = override.replaces, automatic_mark(criterion)
    if before is not None and now is not None and abs(before - now) <= SAME:
        return ""
    if before is now:
        return ""
    return f"the automatic mark was {mark_words(before)} then and is {mark_words(now)} now"


def automatic_mark(criterion: CriterionResult) -> Decimal | None:
    """What an override of this automatic result replaces; None where it was not assessed."""
    if criterion.outcome is Outcome.NOT_ASSESSED:
        return None
    return Decimal(str(number(criterion.score)))


def mark_words(mark: Decimal | None) -> str:
    """The mark for people."""
    return "not assessed" if mark is None else f"{float(mark):.2f}"


def _open_reasons(grade: Grade, criteria: Sequence[CriterionResult]) -> tuple[str, ...]:
    """Stale marks first; then the reasons that were there, without those that a manual mark has settled."""
    stale = [
        f"{c.id}: the manual mark {float(c.score):.2f} by {c.manual.by} is stale: {c.manual.stale}"
        for c in criteria
        if c.manual and c.manual.stale
    ]
    settled = set(criterion_reviews(grade.criteria))
    if all(c.manual for c in criteria):
        settled.add(grade.unconfirmed_zero)
    others = [reason for reason in grade.review if reason not in settled]
    return tuple(dict.fromkeys([*stale, *others, *criterion_reviews(criteria)]))
