"""From a grade to what is stored of it: exact marks become numbers, enumerations their words."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from grader.records import (
    Cause,
    CheckResult,
    CriterionResult,
    Evidence,
    Grade,
    Identity,
    Lateness,
    ManualMark,
    StageMatch,
    TrainingRun,
)
from grader.records.marks import number
from grader.workspace.grade_file import (
    GRADE_VERSION,
    StoredAccepted,
    StoredAttempt,
    StoredBeyond,
    StoredCause,
    StoredCheck,
    StoredComment,
    StoredCriterion,
    StoredDigests,
    StoredGrade,
    StoredIdentity,
    StoredLateness,
    StoredMark,
    StoredStage,
)


def to_store(grade: Grade, evidence: Evidence) -> StoredGrade:
    """The grade of this evidence as it is stored."""
    runs = {run.id: run for run in evidence.runs}
    return StoredGrade(
        version=GRADE_VERSION,
        student=grade.student,
        total=number(grade.total),
        max=number(grade.max),
        needs_review=grade.needs_review,
        review_reasons=grade.review,
        ending=grade.ending.value,
        faults=grade.faults,
        criteria=tuple(map(_criterion, grade.criteria)),
        stages={match.stage: _stage(match, runs.get(match.run or "")) for match in grade.stages},
        beyond=tuple(StoredBeyond(run=each.run, words=each.words) for each in grade.beyond),
        digests=StoredDigests(rubric=grade.rubric_digest, submission=grade.submission_digest),
        not_assessed=number(grade.not_assessed),
        identity=_identity(grade.identity),
        late=_late(grade.late) if grade.late else None,
        comments=tuple(StoredComment(**asdict(comment)) for comment in grade.comments),
        accepted=tuple(StoredAccepted(**asdict(accepted)) for accepted in grade.accepted),
        cause=_cause(grade.cause) if grade.cause else None,
        unconfirmed_zero=grade.unconfirmed_zero or None,
        confirmed_zero=grade.confirmed_zero,
    )


def bare(grade: Grade) -> StoredGrade:
    """A grade of which nothing is assessed, without anything that could not be stored."""
    return StoredGrade(
        version=GRADE_VERSION,
        student=grade.student,
        total=0.0,
        max=number(grade.max),
        needs_review=True,
        review_reasons=grade.faults,
        ending=grade.ending.value,
        faults=grade.faults,
        criteria=(),
        digests=StoredDigests(rubric=grade.rubric_digest, submission=grade.submission_digest),
        not_assessed=number(grade.max),
    )


def _criterion(criterion: CriterionResult) -> StoredCriterion:
    return StoredCriterion(
        id=criterion.id,
        title=criterion.title,
        stage=criterion.stage,
        score=number(criterion.score),
        max=number(criterion.max_score),
        outcome=criterion.outcome.value,
        checks=tuple(map(_check, criterion.checks)),
        manual=_manual(criterion.manual) if criterion.manual else None,
    )


def _check(check: CheckResult) -> StoredCheck:
    return StoredCheck(
        name=check.check,
        outcome=check.verdict.outcome.value,
        score=number(check.score),
        max=number(check.max_score),
        expected=check.verdict.expected,
        found=check.verdict.found,
        help=check.verdict.help,
        hidden=check.hidden,
    )


def _manual(manual: ManualMark) -> StoredMark:
    return StoredMark(
        automatic=None if manual.not_assessed else number(manual.automatic),
        comment=manual.comment,
        by=manual.by,
        when=manual.when,
        stale=manual.stale or None,
    )


def _stage(match: StageMatch, run: TrainingRun | None) -> StoredStage:
    return StoredStage(
        run=match.run,
        cell=run.cell if run else None,
        program=run.program if run else None,
        claimed_accuracy=run.claimed_accuracy if run else None,
        measured_accuracy=run.measurement.accuracy if run else None,
        matched_because=match.because or None,
        close_call=match.close_call or None,
    )


def _cause(cause: Cause) -> StoredCause:
    return StoredCause(kind=cause.kind.value, found=cause.found, advice=cause.advice, ran=cause.ran)


def _identity(identity: Identity) -> StoredIdentity:
    return StoredIdentity(
        lms=identity.lms.value,
        id=identity.id,
        name=identity.name,
        email=identity.email,
        members=identity.members,
        submitted_at=_moment(identity.submitted_at),
        marked_late=identity.marked_late,
        attempts=tuple(
            StoredAttempt(label=a.label, submitted_at=_moment(a.submitted_at), graded=a.graded)
            for a in identity.attempts
        ),
        presence=identity.presence.value if identity.presence else None,
        note=identity.note,
    )


def _late(late: Lateness) -> StoredLateness:
    return StoredLateness(
        due=_moment(late.due),
        submitted_at=_moment(late.submitted_at),
        begun=late.begun,
        per=late.per,
        penalty=number(late.penalty),
        words=late.words,
    )


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
