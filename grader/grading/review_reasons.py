"""Why a person should look at a grade, in words, each reason once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.checks.base import STOPPED
from grader.checks.cell_errors import NAME, lacking_here
from grader.checks.nothing_trained import why_nothing_trained
from grader.i18n.texts import say
from grader.inside.protocol import ENDED, NOT_SEEN, RESTARTED, SYSTEM_EXIT
from grader.records import (
    Advisory,
    CauseKind,
    CriterionResult,
    Ending,
    Evidence,
    Execution,
    FileKind,
    Lateness,
    Outcome,
    StageMatch,
)

NOTHING_EARNED = say("no criterion earned a mark, although something was trained: is that what it is worth?")


def review_reasons(
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
        *([] if cause else _lacking(evidence, results)),
        *_of_the_run(evidence, results, matches, stopped=cause is None or cause.kind is not CauseKind.STOPPED),
        *_handed_in(evidence, late, files=cause is None or cause.ran),
    ]
    yield from dict.fromkeys(found)


def _lacking(evidence: Evidence, results: Iterable[CriterionResult]) -> Iterator[str]:
    """What the environment may have taken; nothing where every mark was earned all the same."""
    if any(r.score < r.max_score and r.outcome is not Outcome.NOT_ASSESSED for r in results):
        yield from lacking_here(evidence)


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


def _of_the_run(
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
    yield from _out_of_sight(evidence, results, matches)
    yield from (say("the record is doubtful: {doubt}", doubt=doubt) for doubt in evidence.doubts)
    yield from (say("weights across the class: {doubt}", doubt=doubt) for doubt in evidence.alike)
    yield from (say("{stage}: {close_call}", stage=m.stage, close_call=m.close_call) for m in matches if m.close_call)
    yield from criterion_reviews(results)


def _out_of_sight(
    evidence: Evidence, results: Iterable[CriterionResult], matches: Iterable[StageMatch]
) -> Iterator[str]:
    """What a stage that nothing answers may have lost to a process that is not seen, or to a fresh kernel.

    Of the sixteen bundled submissions and of 200 honest ones it holds for none: they start and end nothing.
    """
    if all(match.run for match in matches) or not any(r.score < r.max_score for r in results):
        return
    for advisory in evidence.advisories:
        place = say("{program}, cell {cell}", program=advisory.program, cell=advisory.cell)
        if advisory.message == NOT_SEEN:
            yield say(
                "{place} starts a process of its own, and what is trained in one is not seen: is it where a stage was "
                "trained that was not found?",
                place=place,
            )
        cells = _lost_names(evidence, advisory) if advisory.message == RESTARTED else ""
        if cells:
            yield say(
                "{place} ends the kernel; below it, what was defined above is missing (cell {cells})",
                place=place,
                cells=cells,
            )
    yield from (reason for e in evidence.executions if (reason := _not_reached(evidence, e)))


def _not_reached(evidence: Evidence, execution: Execution) -> str:
    """Where a script, or a cell, ends the program by itself and trains below that; empty if it does not."""
    ends = {a.cell for a in evidence.advisories if a.program == execution.program and a.message in {ENDED, RESTARTED}}
    ends |= {cell.number for cell in execution.cells if cell.error.startswith(SYSTEM_EXIT)}
    for fit in execution.outline.fits if execution.outline else ():
        reached = [r.line for r in evidence.runs if (r.program, r.cell) == (execution.program, fit.cell)]
        if fit.cell in ends and fit.line > max(reached, default=0):
            return say(
                "{program} ends itself in cell {cell}, and no training was seen from line {line} on: is the rest meant "
                "to be run after a restart?",
                program=execution.program,
                cell=fit.cell,
                line=fit.line,
            )
    return ""


def _lost_names(evidence: Evidence, restart: Advisory) -> str:
    """The cells below that stopped for want of a name; empty if none did."""
    cells = (c for e in evidence.executions if e.program == restart.program for c in e.cells)
    below = [str(c.number) for c in cells if c.number > restart.cell and NAME.match(c.error)]
    return ", ".join(below)


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
