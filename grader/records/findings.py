"""What was found: verdicts, results, the grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from grader.records.evidence import Evidence, TrainingRun
from grader.records.executions import Ending
from grader.records.expectations import AskedNetwork, Bands, Beyond, StageMatch
from grader.records.identities import UNKNOWN, Identity
from grader.records.lateness import Lateness
from grader.records.overrides import Accepted, Comment, ManualMark


class Outcome(StrEnum):
    """What became of a check or criterion."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    """A prerequisite failed."""
    NOT_ASSESSED = "not assessed"
    """Cannot honestly be judged, with the reason."""


class CauseKind(StrEnum):
    """Why nothing of a submission was trained."""

    NO_PROGRAM = "no program"
    """What came is nothing that could be run."""
    NOT_OPENED = "not opened"
    """The machine of whoever grades may not read it."""
    UNREADABLE = "unreadable"
    NO_CODE = "no code"
    SYNTAX = "syntax error"
    """A script of which no line ran."""
    STOPPED = "stopped"
    """A limit or a dead kernel ended the run."""
    ERROR = "error"
    """An error, from which the others follow."""
    OTHER_FRAMEWORK = "other framework"
    COMMENTED_OUT = "commented out"
    NEVER_CALLED = "never called"
    """What trains stands in a function that nothing calls."""
    NOT_REACHED = "not reached"
    NEVER_FITTED = "never fitted"
    LOADED = "loaded"
    """A finished network was loaded in place of training one."""
    NO_NETWORK = "no network"


@dataclass(frozen=True, slots=True)
class Cause:
    """The one thing for which nothing of a submission was trained, and from which everything else follows."""

    kind: CauseKind
    found: str
    """What came or happened, with its file and its cell or line."""
    advice: str

    @property
    def ran(self) -> bool:
        """Whether anything ran; where nothing did, there is nothing to say of a single criterion."""
        return self.kind not in NOTHING_RAN


NOTHING_RAN = frozenset(
    {CauseKind.NO_PROGRAM, CauseKind.NOT_OPENED, CauseKind.UNREADABLE, CauseKind.NO_CODE, CauseKind.SYNTAX}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found; `share` in [0, 1] is the part of its marks that is earned."""

    outcome: Outcome
    share: Fraction
    expected: str
    found: str
    help: str = ""
    review: str = ""
    """Why a person should look at it; empty when there is no need."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a check may look at: the whole evidence, and for a stage's check the run that answers it."""

    evidence: Evidence
    matches: Mapping[str, TrainingRun]
    """The matched runs by stage id, in the rubric's order; stages without a run are absent."""
    stages: tuple[str, ...]
    """All stage ids of the rubric."""
    stage: str | None = None
    """The stage the criterion belongs to."""
    bands: Bands = field(default_factory=Bands)
    asked: Mapping[str, AskedNetwork] = field(default_factory=dict)
    """What the rubric asks of each stage's network and training."""
    asked_openly: Mapping[str, AskedNetwork] = field(default_factory=dict)
    """The same without what is hidden from students."""

    @property
    def run(self) -> TrainingRun | None:
        """The run that answers the criterion's stage."""
        return self.matches.get(self.stage) if self.stage else None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one criterion with its marks."""

    criterion: str
    check: str
    verdict: Verdict
    score: Fraction
    max_score: Fraction
    hidden: bool = False
    """Not for the student's eyes."""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion with its checks added up."""

    id: str
    title: str
    stage: str | None
    outcome: Outcome
    score: Fraction
    max_score: Fraction
    checks: tuple[CheckResult, ...]
    manual: ManualMark | None = None
    """Set where `score` and `outcome` are a person's; the checks stay as the grader found them."""


@dataclass(frozen=True, slots=True)
class Grade:
    """The marks of one submission and everything a report says about them."""

    student: str
    total: Fraction
    """The sum of the criteria, less what late work costs."""
    max: Fraction
    ending: Ending
    criteria: tuple[CriterionResult, ...]
    stages: tuple[StageMatch, ...]
    review: tuple[str, ...]
    """Why a person should look at this grade; empty when there is no need."""
    faults: tuple[str, ...]
    rubric_digest: str
    submission_digest: str
    undisclosed: Fraction = Fraction(0)
    """Marks of hidden checks, which a student's view leaves out of `total` and `max`; 0 where all is shown."""
    identity: Identity = UNKNOWN
    late: Lateness | None = None
    """None where the rubric has no rule for late work."""
    comments: tuple[Comment, ...] = ()
    """What people say to the student without changing a mark."""
    accepted: tuple[Accepted, ...] = ()
    """Reasons for review that a person has looked at; they stand no more in `review`."""
    cause: Cause | None = None
    """Why nothing was trained; None where something was."""
    unconfirmed_zero: str = ""
    """Why there are no marks to speak of, until a person has said that there are none; then empty."""
    beyond: tuple[Beyond, ...] = ()
    """Networks that were tuned beyond the stages, and earn nothing."""
    confirmed_zero: bool = False
    """A person has said so: the marks stand, also where they could not be assessed."""

    @property
    def needs_review(self) -> bool:
        """Whether a person should look before the marks go out."""
        return bool(self.review)

    @property
    def not_assessed(self) -> Fraction:
        """Marks that could not honestly be judged, and that no person has given."""
        judged = (k for k in self.criteria if k.manual is None)
        open_ = (c.max_score for k in judged for c in k.checks if c.verdict.outcome is Outcome.NOT_ASSESSED)
        return sum(open_, Fraction(0))

    @property
    def manual(self) -> tuple[CriterionResult, ...]:
        """The criteria whose marks a person gave."""
        return tuple(c for c in self.criteria if c.manual)
