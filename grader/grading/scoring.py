"""From facts and a rubric to marks: every check is asked, its share of the marks is exact, nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from grader.assignment.criterion import Criterion, Rubric
from grader.assignment.lateness import lateness
from grader.checks.base import Check, grader_failures, missing, not_assessed, passed, skipped
from grader.checks.nothing_trained import why_nothing_trained
from grader.grading.review_reasons import NOTHING_EARNED, criterion_reviews, review_reasons
from grader.i18n.texts import say
from grader.records import (
    Bands,
    Cause,
    CheckResult,
    CriterionResult,
    Ending,
    Evidence,
    Facts,
    Grade,
    Outcome,
    StageMatch,
    Submission,
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
        review=tuple(review_reasons(evidence, results, matches, faults, late, zero)),
        faults=faults,
        rubric_digest=rubric.digest,
        submission_digest=evidence.submission.digest,
        identity=evidence.submission.identity,
        late=late,
        cause=cause,
        unconfirmed_zero=zero,
    )


def nothing_assessed(submission: Submission, rubric: Rubric, fault: str) -> Grade:
    """The grade where the grader failed at this submission, so that nothing is known: no check is asked."""
    found = say("the grader itself failed: {fault}", fault=fault)
    results = tuple(_added_up(c, [not_assessed(check.expected, found) for check in c.checks]) for c in rubric.criteria)
    return Grade(
        student=submission.student,
        total=NOTHING,
        max=rubric.marks,
        ending=Ending.GRADER_FAULT,
        criteria=results,
        stages=tuple(StageMatch(stage.id, stage.title, None, "") for stage in rubric.stages),
        review=(found, *criterion_reviews(results)),
        faults=(fault,),
        rubric_digest=rubric.digest,
        submission_digest=submission.digest,
        identity=submission.identity,
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


def _some_open(results: Iterable[CriterionResult]) -> bool:
    return any(c.outcome is Outcome.NOT_ASSESSED for c in results)


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
    outcome = outcome_of(tuple(v.outcome for v in verdicts), score)
    return CriterionResult(criterion.id, criterion.title, criterion.stage, outcome, score, criterion.marks, checks)


def outcome_of(outcomes: tuple[Outcome, ...], score: Fraction) -> Outcome:
    """One check that is not assessed leaves the whole criterion open: its marks may still change.

    Otherwise: passed or skipped if all checks are, failed if nothing was earned, else partial.
    """
    if Outcome.NOT_ASSESSED in outcomes:
        return Outcome.NOT_ASSESSED
    for same in (Outcome.PASSED, Outcome.SKIPPED):
        if set(outcomes) == {same}:
            return same
    return Outcome.PARTIAL if score else Outcome.FAILED
