"""From facts and a rubric to marks: every check is asked, its share of the marks is exact, nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from grader.checks.base import STOPPED, Check, grader_failures, missing, not_assessed, passed, skipped
from grader.checks.criterion import Criterion, Rubric
from grader.checks.nothing_trained import why_nothing_trained
from grader.i18n.texts import say
from grader.lateness import lateness
from grader.records import (
    Bands,
    Cause,
    CauseKind,
    CheckResult,
    CriterionResult,
    Ending,
    Evidence,
    Facts,
    FileKind,
    Grade,
    Lateness,
    Outcome,
    StageMatch,
    TrainingRun,
    Verdict,
)

NOTHING = Fraction(0)


def grade(
    evidence: Evidence,
    rubric: Rubric,
    matches: tuple[StageMatch, ...],
    bands: Bands,
) -> Grade:
    """The marks of one submission; each match names a run of the evidence by its id, or none."""
    runs = {run.id: run for run in evidence.runs}
    matched = {m.stage: runs[m.run] for m in matches if m.run is not None}
    marking = _Marking(rubric, _facts(evidence, rubric, matched, bands), matches)
    results = tuple(marking.result(criterion) for criterion in rubric.criteria)
    faults = (*grader_failures(evidence), *marking.faults)
    late = lateness(rubric.late, evidence.submission.identity) if rubric.late else None
    cause = why_nothing_trained(evidence)
    zero = "" if faults else _unconfirmed_zero(cause, results)
    return Grade(
        student=evidence.submission.student,
        total=max(NOTHING, sum((r.score for r in results), -late.penalty if late else NOTHING)),
        max=rubric.marks,
        ending=evidence.ending,
        criteria=results,
        stages=matches,
        review=tuple(_all_reviews(evidence, results, matches, faults, late, zero)),
        faults=faults,
        rubric_digest=rubric.digest,
        submission_digest=evidence.submission.digest,
        identity=evidence.submission.identity,
        late=late,
        cause=cause,
        unconfirmed_zero=zero,
    )


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
            grade, _all_reviews(evidence, criteria, grade.stages, faults, grade.late, grade.unconfirmed_zero)
        ),
        faults=faults,
        undisclosed=undisclosed,
    )


NEARLY_NOTHING = Fraction(1, 5)
"""Of all marks: what loading the data and the like may earn where nothing was trained."""


def _unconfirmed_zero(cause: Cause | None, results: Sequence[CriterionResult]) -> str:
    """Why the marks are nothing or nearly so, in words to be accepted; empty where they are more than that.

    On honest work that trained something it never fires: each stage that was found earns something.
    """
    earned = sum((r.score for r in results), NOTHING)
    if cause and earned < NEARLY_NOTHING * sum((r.max_score for r in results), NOTHING):
        return cause.found
    return "" if earned or _some_open(results) else NOTHING_EARNED


NOTHING_EARNED = say("no criterion earned a mark, although something was trained: is that what it is worth?")


def _some_open(results: Iterable[CriterionResult]) -> bool:
    return any(c.outcome is Outcome.NOT_ASSESSED for c in results)


def _all_reviews(
    evidence: Evidence,
    results: tuple[CriterionResult, ...],
    matches: tuple[StageMatch, ...],
    faults: tuple[str, ...],
    late: Lateness | None,
    zero: str,
) -> Iterator[str]:
    """Each reason once, the cause of all before what follows from it."""
    cause = why_nothing_trained(evidence)
    found = [
        *(say("the grader itself failed: {fault}", fault=fault) for fault in faults),
        *([cause.found] if cause else [zero] if zero else []),
        *_reviews(evidence, results, matches, stopped=cause is None or cause.kind is not CauseKind.STOPPED),
        *_handed_in(evidence, late, files=cause is None or cause.ran),
    ]
    yield from dict.fromkeys(found)


def _handed_in(evidence: Evidence, late: Lateness | None, *, files: bool) -> Iterator[str]:
    """What a person must see for themselves of what was handed in; `files` where the cause has not said it."""
    submission = evidence.submission
    yield from submission.doubts
    if files:
        yield from (f"{f.name} was not unpacked: {f.note}" for f in submission.files if f.kind is FileKind.REFUSED)
        yield from (
            say("{file} was taken for {note}, though they differ and only its name says so", file=f.name, note=f.note)
            for f in submission.files
            if f.unsure
        )
        # On a disk that can be read, none of these ever comes up.
        yield from (
            say("{file} {reason}; make it readable and grade again", file=f.name, reason=f.note)
            for f in submission.not_opened
        )
        yield from (
            say("{file} was not run: {message}", file=e.program, message=e.message)
            for e in evidence.executions
            if e.ending is Ending.UNREADABLE
        )
    if late and late.review:
        yield late.review


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
    outcome = _outcome(tuple(check.verdict.outcome for check in checks), score)
    most = sum((check.max_score for check in checks), NOTHING)
    return replace(criterion, outcome=outcome, score=score, max_score=most, checks=checks)


def judge_stage(
    run: TrainingRun,
    stage: str,
    evidence: Evidence,
    rubric: Rubric,
    bands: Bands,
) -> Fraction:
    """The marks that this run would earn under the stage's own criteria."""
    return _stage_marks(_Marking(rubric, _facts(evidence, rubric, {stage: run}, bands), ()), stage)


def judge_tie(
    run: TrainingRun,
    stage: str,
    evidence: Evidence,
    rubric: Rubric,
    bands: Bands,
) -> Fraction:
    """The same by what quick mode sees alone, so that it takes the runs that the full run takes."""
    return _stage_marks(_TieMarking(rubric, _facts(evidence, rubric, {stage: run}, bands), ()), stage)


def _stage_marks(marking: _Marking, stage: str) -> Fraction:
    own = (marking.result(criterion) for criterion in marking.rubric.criteria if criterion.stage == stage)
    return sum((r.score for r in own), NOTHING)


def _facts(
    evidence: Evidence,
    rubric: Rubric,
    matched: Mapping[str, TrainingRun],
    bands: Bands,
) -> Facts:
    stages = tuple(s.id for s in rubric.stages)
    answered = [s for s in stages if s in matched]
    return Facts(
        evidence,
        {s: matched[s] for s in answered},
        stages,
        bands=bands,
        asked={s: rubric.asked_in_all(s) for s in answered},
        asked_openly={s: rubric.asked_in_all(s, of_students=True) for s in answered},
    )


@dataclass
class _Marking:
    """The marking of one submission: each criterion once, after those it needs."""

    rubric: Rubric
    facts: Facts
    matches: tuple[StageMatch, ...]
    faults: list[str] = field(default_factory=list)
    done: dict[str, CriterionResult] = field(default_factory=dict)

    def result(self, criterion: Criterion) -> CriterionResult:
        """The criterion's result; the rubric has no cycles, so that this ends."""
        if criterion.id not in self.done:
            verdicts = [self._explained(check, criterion) for check in criterion.checks]
            self.done[criterion.id] = _added_up(criterion, verdicts)
        return self.done[criterion.id]

    def _explained(self, check: Check, criterion: Criterion) -> Verdict:
        """The verdict, with what the lab teaches where marks are lost."""
        verdict = self._blocked(check, criterion) or self._judged(check, criterion)
        if check.why and verdict.outcome in {Outcome.FAILED, Outcome.PARTIAL}:
            return replace(
                verdict, help=say("{help} {why}", help=verdict.help, why=check.why) if verdict.help else check.why
            )
        return verdict

    def _blocked(self, check: Check, criterion: Criterion) -> Verdict | None:
        """The verdict on a check that cannot be asked."""
        evidence = self.facts.evidence
        if grader_failures(evidence) and not evidence.runs:
            return not_assessed(
                check.expected,
                say("the grader itself failed: {fault}", fault=grader_failures(evidence)[0]),
            )
        if evidence.submission.not_opened and not any(e.cells for e in evidence.executions):
            # Said once, as the cause of all.
            found = say("nothing could be read: {reason}", reason=evidence.submission.not_opened[0].note)
            return replace(not_assessed(check.expected, found), review="")
        if criterion.stage is not None and criterion.stage not in self.facts.matches:
            return self._without_run(check, criterion, criterion.stage)
        by_id = {c.id: c for c in self.rubric.criteria}
        for needed in criterion.needs:
            if self.result(by_id[needed]).outcome in {Outcome.FAILED, Outcome.SKIPPED}:
                return skipped(
                    check.expected,
                    say("not looked at because {needed} failed", needed=needed),
                    say("Mend {needed} first.", needed=needed),
                )
        return None

    def _without_run(self, check: Check, criterion: Criterion, stage: str) -> Verdict:
        """The stage's first criterion fails, so that one missing run is one red line; the others are skipped."""
        because = next((m.because for m in self.matches if m.stage == stage), "")
        found = say("no training run was found for this stage")
        if because:
            found = say("no training run was found for this stage: {because}", because=because)
        advice = say(
            "Compile and fit a model for this stage. If there is one, write the comment `# stage: {stage}` above its "
            "fit(...): that names it beyond doubt.",
            stage=stage,
        )
        verdict = missing(check.expected, self.facts.evidence, found, advice)
        first = next(c for c in self.rubric.criteria if c.stage == stage)
        if criterion is first or verdict.outcome is Outcome.NOT_ASSESSED:
            return verdict
        return skipped(check.expected, say("no training run was found for this stage"), say("See {id}.", id=first.id))

    def _judged(self, check: Check, criterion: Criterion) -> Verdict:
        """A check that breaks is our fault: it is noted, costs nothing, and the others go on."""
        try:
            return check.judge(replace(self.facts, stage=criterion.stage))
        except Exception as error:  # noqa: BLE001 (whatever breaks in a check must not become a zero)
            fault = f"the check {check.name} of {criterion.id} broke: {type(error).__name__}: {error}"
            self.faults.append(fault)
            return not_assessed(check.expected, fault)


class _TieMarking(_Marking):
    """What only a whole training shows is the same for every run."""

    def _judged(self, check: Check, criterion: Criterion) -> Verdict:
        return super()._judged(check, criterion) if check.seen_by_quick else passed(check.expected, "")


def _added_up(criterion: Criterion, verdicts: list[Verdict]) -> CriterionResult:
    """Checks share the criterion's marks by their weights."""
    weights = [Fraction(check.share) for check in criterion.checks]
    checks = tuple(
        CheckResult(criterion.id, check.name, verdict, verdict.share * marks, marks, criterion.hidden or check.hidden)
        for check, verdict, marks in zip(
            criterion.checks,
            verdicts,
            (criterion.marks * weight / sum(weights) for weight in weights),
            strict=True,
        )
    )
    score = sum((c.score for c in checks), NOTHING)
    outcome = _outcome(tuple(v.outcome for v in verdicts), score)
    return CriterionResult(criterion.id, criterion.title, criterion.stage, outcome, score, criterion.marks, checks)


def _outcome(outcomes: tuple[Outcome, ...], score: Fraction) -> Outcome:
    """One check that is not assessed leaves the whole criterion open: its marks may still change.

    Otherwise: passed or skipped if all checks are, failed if nothing was earned, else partial.
    """
    if Outcome.NOT_ASSESSED in outcomes:
        return Outcome.NOT_ASSESSED
    for same in (Outcome.PASSED, Outcome.SKIPPED):
        if set(outcomes) == {same}:
            return same
    return Outcome.PARTIAL if score else Outcome.FAILED


def _reviews(
    evidence: Evidence,
    results: tuple[CriterionResult, ...],
    matches: tuple[StageMatch, ...],
    *,
    stopped: bool,
) -> Iterator[str]:
    """Why a person should look, the weightiest first; `stopped` where the cause has not said it."""
    yield from (
        say("{program} was stopped ({ending}): {message}", program=e.program, ending=e.ending, message=e.message)
        for e in evidence.executions
        if stopped and e.ending in STOPPED
    )
    yield from (say("the record is doubtful: {doubt}", doubt=doubt) for doubt in evidence.doubts)
    yield from (say("{stage}: {close_call}", stage=m.stage, close_call=m.close_call) for m in matches if m.close_call)
    yield from criterion_reviews(results)


def criterion_reviews(results: Iterable[CriterionResult]) -> Iterator[str]:
    """The reasons that lie in single criteria; one that touches several is said once, with all of them."""
    reasons: dict[tuple[bool, str], list[str]] = {}
    for criterion in results:
        # A person has looked at a criterion that bears a mark by hand.
        for check in () if criterion.manual else criterion.checks:
            if check.verdict.review:
                key = (check.verdict.outcome is Outcome.NOT_ASSESSED, check.verdict.review)
                reasons.setdefault(key, []).append(criterion.id)
    for (is_open, reason), ids in reasons.items():
        listed = ", ".join(dict.fromkeys(ids))
        if is_open:
            yield say("{criteria} not assessed: {reason}", criteria=listed, reason=reason)
        else:
            yield say("{criteria} to be looked at: {reason}", criteria=listed, reason=reason)
