"""The page of a class: everybody's marks, how they spread, and who needs a person's look."""

from __future__ import annotations

import base64
import hashlib
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from grader.records import CriterionResult, Ending, Grade, Outcome, Presence, Roster
from grader.reports.files import marks
from grader.reports.page import render
from grader.reports.words import ENDINGS, bare_marks

BINS = 10
NOT_GRADED = {Ending.UNREADABLE, Ending.NOTHING_TO_RUN, Ending.GRADER_FAULT}


class Row(NamedTuple):
    """A student's grade and the path of the student's page from the index: as on disk, not percent-encoded."""

    grade: Grade
    link: str

    @property
    def href(self) -> str:
        """The path as a relative address; the leading `./` keeps a name like `a:b` from being a scheme."""
        return "./" + quote(self.link.encode("utf-8", "surrogateescape"))

    @property
    def faulty(self) -> bool:
        """Whether the grader failed: the total says nothing about the student and counts in no statistic."""
        return bool(self.grade.faults) or self.grade.ending is Ending.GRADER_FAULT

    @property
    def ungraded_because(self) -> str:
        """Why there is no grade to speak of; empty when there is one."""
        if self.grade.faults:
            return " ".join(self.grade.faults)
        return ENDINGS[self.grade.ending] if self.grade.ending in NOT_GRADED else ""


@dataclass(frozen=True, slots=True)
class Bin:
    """A column of the histogram: marks from `low` up to `high`, and its height in percent of the highest."""

    low: str
    high: str
    count: int
    height: float


@dataclass(frozen=True, slots=True)
class CriterionSummary:
    """How the class did on one criterion; `tally` counts the outcomes, `lost` is who did not get full marks."""

    id: str
    title: str
    graded: int
    tally: Counter[Outcome]
    mean: Fraction
    max_score: Fraction
    lost: tuple[Row, ...]

    @property
    def pass_rate(self) -> float | None:
        """Percent of those that could be assessed."""
        assessed = self.graded - self.tally[Outcome.NOT_ASSESSED]
        return 100 * self.tally[Outcome.PASSED] / assessed if assessed else None


def index_html(
    rows: Sequence[Row], title: str, maximum: Fraction, *, reference: str = "", roster: Roster | None = None
) -> str:
    """One self-contained HTML file; `maximum` is the marks to be had, `reference` the page of the bands beside it."""
    marked = [row.grade.total for row in rows if not row.faulty]
    script = files("grader.reports").joinpath("templates/sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render(
        "index.html",
        title=title,
        maximum=maximum,
        reference=reference,
        roster=roster,
        presences=tuple(Presence),
        rows=rows,
        marked=len(marked),
        summary=_summary(marked),
        bins=histogram(marked, maximum),
        criteria=criterion_summaries(rows),
        review=[row for row in rows if row.grade.needs_review],
        ungraded=[row for row in rows if row.ungraded_because],
        script=Markup(script),  # noqa: S704 (our own file; the page's policy allows exactly its digest)
        script_digest=digest,
    )


def _summary(totals: Sequence[Fraction]) -> dict[str, str]:
    if not totals:
        return {}
    mean = sum(totals, Fraction(0)) / len(totals)
    found = {"Mean": mean, "Median": statistics.median(totals), "Lowest": min(totals), "Highest": max(totals)}
    return {name: marks(value) for name, value in found.items()}


def histogram(totals: Sequence[Fraction], maximum: Fraction) -> tuple[Bin, ...]:
    """Equal columns from 0 to the maximum; full marks count in the last."""
    if not maximum:
        return ()
    places = Counter(min(int(total * BINS / maximum), BINS - 1) for total in totals)
    edges = [bare_marks(maximum * i / BINS) for i in range(BINS + 1)]
    highest = max(places.values(), default=1)
    return tuple(Bin(edges[i], edges[i + 1], places[i], 100 * places[i] / highest) for i in range(BINS))


def criterion_summaries(rows: Sequence[Row]) -> tuple[CriterionSummary, ...]:
    """One line for each criterion that anybody was graded on, in the rubric's order."""
    found: dict[str, list[tuple[Row, CriterionResult]]] = {}
    for row in rows:
        for criterion in row.grade.criteria:
            found.setdefault(criterion.id, []).append((row, criterion))
    return tuple(_criterion(entries) for entries in found.values())


def _criterion(entries: Sequence[tuple[Row, CriterionResult]]) -> CriterionSummary:
    one = entries[0][1]
    return CriterionSummary(
        id=one.id,
        title=one.title,
        graded=len(entries),
        tally=Counter(criterion.outcome for _, criterion in entries),
        mean=sum((criterion.score for _, criterion in entries), Fraction(0)) / len(entries),
        max_score=one.max_score,
        lost=tuple(row for row, criterion in entries if criterion.score < criterion.max_score),
    )
