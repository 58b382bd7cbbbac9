"""What a folder of reports says about each student, read back for those who hand it on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from grader.records.marks import marks
from grader.workspace.grade_file import StoredCause, StoredCriterion, StoredGrade
from grader.workspace.layout import REPORT

NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Graded:
    """One student's grade and where the report stands."""

    folder: Path
    grade: StoredGrade

    @property
    def student(self) -> str:
        """As the folder is called."""
        return self.grade.student

    @property
    def report(self) -> Path:
        """The page for the student."""
        return self.folder / REPORT

    @property
    def total(self) -> str:
        """Marks with two decimals."""
        return marks(Fraction(str(self.grade.total)))

    @property
    def taken_off(self) -> float:
        """The marks that late work cost; the sum of the criteria is so much higher than the total."""
        late = self.grade.late
        return sum(c.score for c in self.grade.criteria) - self.grade.total if late and late.penalty else 0.0

    @property
    def disclosed(self) -> tuple[StoredCriterion, ...]:
        """The criteria as students may see them: by visible checks alone, and left out where there is none.

        A mark by hand is a person's word and stands as it is.
        """
        return tuple(shown for c in self.grade.criteria if (shown := _disclosed(c)) is not None)

    @property
    def undisclosed(self) -> float:
        """Marks of what students may not see yet; 0 where all is shown."""
        return sum(c.max for c in self.grade.criteria) - sum(c.max for c in self.disclosed)

    @property
    def has_hidden(self) -> bool:
        """Whether the total or a reason for review may follow from what students may not see yet."""
        return any(check.hidden for c in self.grade.criteria for check in c.checks)

    @property
    def nothing_known(self) -> bool:
        """Nothing could be assessed, for the grader's fault or another's: the total is no mark at all."""
        return not self.grade.confirmed_zero and self.grade.not_assessed >= self.grade.max > 0

    @property
    def _nothing_is_the_mark(self) -> bool:
        """A person has said so where nothing at all was assessed; of single marks that stay open they said nothing."""
        return self.grade.confirmed_zero and self.grade.not_assessed >= self.grade.max

    @property
    def no_mark(self) -> bool:
        """There is no mark that could go out at all, reviewed or not: nothing is known, or nobody confirms a zero."""
        return self.nothing_known or bool(self.grade.unconfirmed_zero)

    @property
    def cause_alone(self) -> StoredCause | None:
        """Why nothing ran, where that is all there is to say; None too where a person gave marks."""
        cause = self.grade.cause
        return cause if cause and not cause.ran and not any(c.manual for c in self.grade.criteria) else None

    @property
    def withheld(self) -> str:
        """Why the mark should not go out yet, in words; empty if it is final."""
        if self.grade.unconfirmed_zero:
            return f"a zero that nobody has confirmed: {self.grade.unconfirmed_zero}"
        if self.grade.not_assessed and not self._nothing_is_the_mark:
            open_ = marks(Fraction(str(self.grade.not_assessed)))
            because = next(iter(self.grade.review_reasons), "the report says why")
            return f"{open_} of {self.grade.max:g} marks not assessed: {because}"
        return f"needs review: {self.grade.review_reasons[0]}" if self.grade.review_reasons else ""

    def may_go_out(self, *, unreviewed: bool) -> bool:
        """Whether the mark is final; with `unreviewed` also one that is not, but never where there is none."""
        return not self.withheld or (unreviewed and not self.no_mark)


def _disclosed(criterion: StoredCriterion) -> StoredCriterion | None:
    checks = tuple(check for check in criterion.checks if not check.hidden)
    if criterion.manual or len(checks) == len(criterion.checks):
        return criterion
    if not checks:
        return None
    score, most = (round(sum(marks), 6) for marks in ((c.score for c in checks), (c.max for c in checks)))
    is_open = any(check.outcome == NOT_ASSESSED for check in checks)
    outcome = NOT_ASSESSED if is_open else "passed" if score >= most else "partial" if score else "failed"
    return criterion.model_copy(update={"checks": checks, "score": score, "max": most, "outcome": outcome})
