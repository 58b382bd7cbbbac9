"""One's own result in the terminal: what is right, what is not, what to do first, and what this run cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from rich.markup import escape
from rich.table import Table

from grader.records import CriterionResult, Ending, Evidence, Grade, Outcome
from grader.records.marks import marks
from grader.reports.stages import beyond
from grader.reports.student import first_step, nothing_else_to_say, parts
from grader.reports.words import ENDINGS, accuracy, sentence
from grader.terminal.console import Console

SIGNS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.PARTIAL: ("◐", "yellow"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.SKIPPED: ("-", "red"),
    Outcome.NOT_ASSESSED: ("?", "magenta"),
}
QUICK = "not assessed: --quick"
LONGEST = 200
"""Characters of what was found; the report has it all."""
RAN = frozenset({Ending.COMPLETED, Ending.CELL_ERROR})


def explain(console: Console, grade: Grade, evidence: Evidence) -> None:
    """The table of criteria, then sentences; `grade` as its student may see it.

    Where nothing ran, two lines say it all.
    """
    if nothing_else_to_say(grade) and grade.cause:
        _print(console, f"{grade.student}: {sentence(grade.cause.found)}", style="bold")
        _print(console, grade.cause.advice)
        return
    if grade.cause:
        _print(console, sentence(grade.cause.found), style="bold")
    table = Table(title=f"{grade.student}: {_total(grade)}", title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("criterion", max_width=44)
    table.add_column("marks", justify="right", no_wrap=True)
    table.add_column("found, and what to do")
    quick = evidence.limits.max_epochs is not None
    absent = {match.stage for match in grade.stages if not match.run}
    for criterion in grade.criteria:
        if criterion.outcome is Outcome.SKIPPED and criterion.stage in absent:
            continue
        sign, style = SIGNS[criterion.outcome]
        score = f"{marks(criterion.score)} / {marks(criterion.max_score)}"
        said = "\n".join(dict.fromkeys(_said(criterion, quick=quick)))
        table.add_row(f"[{style}]{sign}[/]", escape(criterion.title), score, escape(said))
        if criterion.stage in absent and criterion.outcome is Outcome.FAILED:
            _add_skipped(
                table, [c for c in grade.criteria if c.stage == criterion.stage and c.outcome is Outcome.SKIPPED]
            )
    console.print(table)
    for words in _sentences(grade, evidence, quick=quick):
        _print(console, words)


def _add_skipped(table: Table, criteria: Sequence[CriterionResult]) -> None:
    """What goes with a stage that is not there, in one row."""
    if criteria:
        sign, style = SIGNS[Outcome.SKIPPED]
        score = f"0.00 / {marks(sum((c.max_score for c in criteria), Fraction(0)))}"
        ids = ", ".join(c.id for c in criteria)
        table.add_row(f"[{style}]{sign}[/]", escape(f"with it: {ids}"), score, "not looked at without a run")


def _print(console: Console, words: str, style: str = "") -> None:
    console.print(words, style=style, markup=False, highlight=False, soft_wrap=True)


def _said(criterion: CriterionResult, *, quick: bool) -> Iterator[str]:
    for check in criterion.checks:
        verdict = check.verdict
        match verdict.outcome:
            case Outcome.PASSED:
                continue
            case Outcome.NOT_ASSESSED:
                yield QUICK if quick and "quick mode" in verdict.found else f"not assessed: {verdict.found}"
            case _:
                yield f"{_short(verdict.found)}. {verdict.help}".strip()


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _sentences(grade: Grade, evidence: Evidence, *, quick: bool) -> Iterator[str]:
    for run in evidence.executions if grade.cause is None else ():
        if run.message:
            yield f"{run.program}: {run.message}"
    if grade.ending not in RAN:
        yield ENDINGS[grade.ending]
    first = first_step(parts(grade.criteria))
    if grade.cause:
        yield f"Do first: {grade.cause.advice}"
    elif first:
        yield f"Do first: {first.criterion.title} (worth {marks(first.lost)}). {first.help}"
    yield from () if quick else _beyond(grade, evidence)
    if quick:
        yield (
            f"--quick trained {evidence.limits.max_epochs} epochs of each fit on a few rows, to see the structure: "
            "accuracy is NOT ASSESSED. Run it without --quick before you hand in."
        )
    else:
        reasons = [r for r in grade.review if not grade.cause or r != grade.cause.found]
        yield from (f"A person should look: {reason}" for reason in reasons)
    yield _verdict(grade)


def _beyond(grade: Grade, evidence: Evidence) -> Iterator[str]:
    """The networks of the student's own, each beside the best stage."""
    own, stages = beyond(grade, evidence)
    reached = [(stage.accuracy, stage.title) for stage in stages if stage.accuracy is not None]
    best = max(reached, default=None)
    for run in own:
        beside = f", the best stage {accuracy(best[0])} ({best[1]})" if best else ""
        yield f"Beyond the stages: {run.where}: {run.title}: measured {accuracy(run.accuracy)}{beside}."


def _verdict(grade: Grade) -> str:
    """The last word; what is hidden or open keeps it from being `everything`."""
    if grade.undisclosed:
        hidden = f"Your instructor will look at something further, worth {marks(grade.undisclosed)}, not shown here."
        return f"{_seen(grade)} {hidden}"
    return _seen(grade)


def _seen(grade: Grade) -> str:
    passed = sum(c.outcome is Outcome.PASSED for c in grade.criteria)
    if passed == len(grade.criteria) and not grade.undisclosed:
        return f"All {passed} criteria are met."
    return f"{passed} of the {len(grade.criteria)} criteria shown are met."


def _total(grade: Grade) -> str:
    total = f"{marks(grade.total)} / {marks(grade.max)}"
    return f"{total} ({marks(grade.not_assessed)} not assessed)" if grade.not_assessed else total
