"""What a person decided about a grade, in place of the grader or beside it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Override:
    """One entry of `overrides.yaml`: a mark for a criterion, a comment, or the word that a grade was looked at."""

    student: str
    by: str
    when: str
    """A date or a date with time, as ISO 8601."""
    criterion: str | None = None
    mark: Fraction | None = None
    replaces: Decimal | None = None
    """The automatic mark when `mark` was given; None where it was not assessed."""
    comment: str = ""
    """To the student."""
    accepts: tuple[str, ...] = ()
    """Reasons for review that the person has looked at and found no cause to change a mark."""
    submission: str = ""
    """The digest of what was handed in when the reasons were looked at; empty where that is not known."""
    rubric: str = ""
    """The digest of the rubric then."""

    def looked_at(self, submission: str, rubric: str) -> bool:
        """Whether the person had this very work before them, graded by this very rubric."""
        return bool(submission and rubric) and (self.submission, self.rubric) == (submission, rubric)


@dataclass(frozen=True, slots=True)
class ManualMark:
    """That a criterion's mark is a person's, and what the automatic one is."""

    automatic: Fraction
    not_assessed: bool
    """There is no automatic mark to speak of: the criterion could not honestly be judged."""
    comment: str
    by: str
    when: str
    stale: str = ""
    """How the automatic mark has changed since, in words; empty if it has not."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person says to the student without changing a mark; about a criterion, or the whole if None."""

    criterion: str | None
    text: str
    by: str
    when: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A reason for review that a person has looked at, so that it no longer holds the grade back."""

    reason: str
    by: str
    when: str
