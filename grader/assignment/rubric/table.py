"""The marks of a rubric as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rich import box
from rich.table import Table
from rich.text import Text

from grader.assignment.criterion import Criterion, Rubric
from grader.assignment.lateness import LateRule


def table(rubric: Rubric) -> Table:
    """A row for each criterion with what it asks for; the marks of each stage, and the sum."""
    drawn = Table(
        title=Text(rubric.title),
        title_justify="left",
        box=box.SIMPLE,
        show_footer=True,
        caption=_caption(rubric),
        caption_justify="left",
    )
    drawn.add_column("criterion", Text("sum"), ratio=2)
    drawn.add_column("marks", Text(_marks(sum((c.marks for c in rubric.criteria), Fraction(0)))), justify="right")
    drawn.add_column("asks for", ratio=5)
    for number, criterion in enumerate(rubric.criteria):
        following = rubric.criteria[number + 1 : number + 2]
        ends = not following or _group(following[0]) != _group(criterion)
        asks = Table.grid(padding=(0, 1))
        for sign, words in _asks(criterion):
            asks.add_row(sign, Text(words))
        drawn.add_row(Text(criterion.id), Text(_marks(criterion.marks)), asks, end_section=ends)
    return drawn


def _group(criterion: Criterion) -> str:
    return criterion.id.partition(".")[0]


def _asks(criterion: Criterion) -> Iterator[tuple[str, str]]:
    """Each check in words, with what it is worth where they are not worth the same."""
    weights = {check.share for check in criterion.checks}
    for check in criterion.checks:
        worth = f" ({_marks(criterion.marks * Fraction(check.share) / _all(criterion))})" if len(weights) > 1 else ""
        hidden = " [hidden]" if criterion.hidden or check.hidden else ""
        yield "·", f"{check.expected}{worth}{hidden}"
    if criterion.needs:
        yield "", f"(skipped if {' or '.join(criterion.needs)} failed)"


def _all(criterion: Criterion) -> Fraction:
    return sum((Fraction(check.share) for check in criterion.checks), Fraction(0))


def _caption(rubric: Rubric) -> Text:
    stages = ", ".join(stage.id for stage in rubric.stages)
    late = f"\nLate: {_late(rubric.late)}" if rubric.late else ""
    return Text(f"Stages: {stages}{late}")


def _late(rule: LateRule) -> str:
    cap = f", {_marks(rule.cap)} at most" if rule.cap is not None else ""
    return f"{_marks(rule.penalty)} marks for each {rule.per} after {rule.due:%Y-%m-%d %H:%M %Z}{cap}"


def _marks(number: Fraction) -> str:
    return f"{float(number):.2f}"
