"""`grade.json`: a grade as other programs rely on it, written from a grade and read back by all of ours."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.errors import UserError
from grader.workspace.layout import GRADE

GRADE_VERSION: Literal[1] = 1


class _Part(BaseModel):
    """Keys that are not known, as a later version may write, are passed over; those with a default may be missing."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredCheck(_Part):
    """A check of a criterion."""

    name: str
    outcome: str
    score: float
    max: float
    expected: str
    found: str
    help: str = ""
    hidden: bool = False
    """Not to be shown to students before the marks go out."""


class StoredMark(_Part):
    """That the mark was given by hand."""

    automatic: float | None
    """None where the criterion was not assessed."""
    comment: str
    by: str
    when: str
    stale: str | None = None
    """How the automatic mark differs from the one that was replaced."""


class StoredCriterion(_Part):
    """A line of the marks table."""

    id: str
    title: str
    stage: str | None = None
    score: float
    max: float
    outcome: str
    checks: tuple[StoredCheck, ...]
    manual: StoredMark | None = None


class StoredStage(_Part):
    """Which training answers a stage."""

    run: str | None
    cell: int | None = None
    program: str | None = None
    claimed_accuracy: float | None = None
    measured_accuracy: float | None = None
    matched_because: str | None = None
    close_call: str | None = None


class StoredBeyond(_Part):
    """A network that was tuned beyond the stages."""

    run: str
    words: str


class StoredComment(_Part):
    """Words to the student."""

    criterion: str | None
    text: str
    by: str
    when: str


class StoredAccepted(_Part):
    """A reason for review that a person has looked at."""

    reason: str
    by: str = ""
    when: str = ""


class StoredAttempt(_Part):
    """One handing-in."""

    label: str
    submitted_at: str | None = None
    graded: bool = False


class StoredIdentity(_Part):
    """The student in the words of the system that the submission came from; times in ISO 8601."""

    lms: str = "plain"
    id: str = ""
    name: str = ""
    email: str = ""
    members: tuple[str, ...] = ()
    submitted_at: str | None = None
    marked_late: bool = False
    attempts: tuple[StoredAttempt, ...] = ()
    presence: str | None = None
    note: str = ""


class StoredLateness(_Part):
    """What late work costs; times in ISO 8601."""

    due: str | None = None
    submitted_at: str | None = None
    begun: int = 0
    per: str = ""
    penalty: float = 0.0
    words: str = ""


class StoredCause(_Part):
    """Why nothing was trained."""

    kind: str = ""
    found: str
    advice: str
    ran: bool
    """Something ran, so that criteria can say something."""


class StoredDigests(_Part):
    """sha256, in hexadecimal, of what the grade follows from."""

    rubric: str = ""
    submission: str = ""


class StoredGrade(_Part):
    """The whole file. Marks are numbers with at most six decimals."""

    version: Literal[1]
    student: str
    total: float
    """The sum of the criteria less what late work costs, never below 0."""
    max: float
    needs_review: bool
    review_reasons: tuple[str, ...]
    ending: str
    faults: tuple[str, ...]
    """Failures of the grader itself."""
    criteria: tuple[StoredCriterion, ...]
    stages: dict[str, StoredStage] = {}
    beyond: tuple[StoredBeyond, ...] = ()
    digests: StoredDigests = StoredDigests()
    not_assessed: float
    """Marks that could not honestly be judged, and that no person has given."""
    identity: StoredIdentity = StoredIdentity()
    late: StoredLateness | None = None
    """None where the rubric has no rule for late work."""
    comments: tuple[StoredComment, ...] = ()
    accepted: tuple[StoredAccepted, ...] = ()
    cause: StoredCause | None = None
    unconfirmed_zero: str | None = None
    """Why there are no marks to speak of, until a person has said that there are none."""
    confirmed_zero: bool = False

    def text(self) -> str:
        """The file's content."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"

    def criterion(self, name: str) -> StoredCriterion | None:
        """The criterion of that id."""
        return next((c for c in self.criteria if c.id == name), None)

    @property
    def sum(self) -> float:
        """What the total must be."""
        return max(0.0, sum(c.score for c in self.criteria) - self.penalty)

    @property
    def penalty(self) -> float:
        """Marks that late work cost."""
        return self.late.penalty if self.late else 0.0


def read_grade(file: Path) -> StoredGrade:
    """The grade in a `grade.json`.

    Raises:
        UserError: it cannot be read, or is of another version of the grader.
    """
    try:
        return StoredGrade.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{file}: expected a grade, cannot read it ({_first(error)}). Write it anew: grader regrade."
        ) from error


def stored_grade(folder: Path) -> StoredGrade | None:
    """The grade in a student's folder of reports; None where there is none that can be read."""
    with suppress(UserError):
        return read_grade(folder / GRADE)
    return None


def grade_schema() -> dict[str, Any]:
    """The JSON Schema of `grade.json`."""
    return StoredGrade.model_json_schema(mode="serialization")


def _first(error: Exception) -> str:
    """One problem, where it stands."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).splitlines()[0]
