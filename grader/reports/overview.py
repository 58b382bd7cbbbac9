"""What there is to say about a class: who is where, how marks spread, how each criterion went, what went wrong."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple
from urllib.parse import quote

from grader.records import Ending, Grade, Presence, Roster, RosterLine
from grader.reports.faults import Fault, frequent_faults
from grader.reports.items import CriterionSummary, criterion_summaries
from grader.reports.words import ENDINGS, bare_marks

BINS = 10
NOT_GRADED = {Ending.UNREADABLE, Ending.NOTHING_TO_RUN, Ending.GRADER_FAULT}


class Row(NamedTuple):
    """A student's grade and the path of the student's page from the index: as on disk, not percent-encoded."""

    grade: Grade
    link: str

    @property
    def name(self) -> str:
        """What people call the student: the name in the class list, else that of the folder."""
        return self.grade.identity.name or self.grade.student

    @property
    def href(self) -> str:
        """The path as a relative address; the leading `./` keeps a name like `a:b` from being a scheme."""
        return "./" + quote(self.link.encode("utf-8", "surrogateescape"))

    @property
    def faulty(self) -> bool:
        """Whether the grader failed: the total says nothing about the student and counts in no statistic."""
        return bool(self.grade.faults) or self.grade.ending is Ending.GRADER_FAULT

    @property
    def counts(self) -> bool:
        """Whether the total is a mark, to be counted with the others."""
        return not self.faulty and not self.grade.unconfirmed_zero

    @property
    def ungraded_because(self) -> str:
        """Why there is no grade to speak of; empty when there is one."""
        if self.grade.faults:
            return " ".join(self.grade.faults)
        if self.grade.unconfirmed_zero:
            return self.grade.unconfirmed_zero
        if self.grade.confirmed_zero or (self.grade.cause and self.grade.manual):
            return ""
        return ENDINGS[self.grade.ending] if self.grade.ending in NOT_GRADED else ""

    @property
    def urgency(self) -> int:
        """0 where there is no proper grade, 1 where marks wait for a person, 2 where all is done."""
        if self.ungraded_because:
            return 0
        return 1 if self.grade.needs_review or self.grade.not_assessed else 2


@dataclass(frozen=True, slots=True)
class Bin:
    """A column of the histogram: marks from `low` up to `high`, and its height in percent of the highest."""

    low: str
    high: str
    count: int
    height: float


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """Why a person should look, and at whom."""

    words: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A class at a glance; `rows` are those first who need a person."""

    title: str
    maximum: Fraction
    rows: tuple[Row, ...]
    marked: tuple[Fraction, ...]
    """The totals that count: all but those of rows where the grader failed or a zero waits to be confirmed."""
    summary: dict[str, Fraction]
    bins: tuple[Bin, ...]
    criteria: tuple[CriterionSummary, ...]
    faults: tuple[Fault, ...]
    review: tuple[ReviewReason, ...]
    presence: dict[Presence, int]
    """How many there are of each kind; empty without a class list."""
    roster: Roster | None

    @property
    def ungraded(self) -> tuple[Row, ...]:
        """Those without a proper grade."""
        return tuple(row for row in self.rows if row.ungraded_because)

    @property
    def absent(self) -> tuple[RosterLine, ...]:
        """Those on the class list who handed in nothing."""
        return self.roster.of(Presence.NOTHING) if self.roster else ()

    @property
    def to_review(self) -> int:
        """How many students a person should look at."""
        return sum(row.grade.needs_review for row in self.rows)


def overview(rows: Sequence[Row], title: str, maximum: Fraction, roster: Roster | None = None) -> Overview:
    """All that the class page and index.json say."""
    ordered = in_order(rows)
    graded = [row for row in ordered if row.counts]
    # What follows from one cause went wrong once, not in every criterion.
    ran = [row.grade for row in ordered if row.counts and (row.grade.cause is None or row.grade.cause.ran)]
    marked = tuple(row.grade.total for row in graded)
    return Overview(
        title=title,
        maximum=maximum,
        rows=ordered,
        marked=marked,
        summary=_summary(marked),
        bins=histogram(marked, maximum),
        criteria=criterion_summaries([row.grade for row in ordered if row.faulty or row.counts]),
        faults=frequent_faults(ran),
        review=_review(ordered),
        presence=_presence(ordered, roster),
        roster=roster,
    )


def in_order(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Those without a proper grade, those whose marks wait for a person, the others; each by name."""
    return tuple(sorted(rows, key=lambda row: (row.urgency, row.name.casefold(), row.grade.student)))


def histogram(totals: Sequence[Fraction], maximum: Fraction) -> tuple[Bin, ...]:
    """Equal columns from 0 to the maximum; full marks count in the last."""
    if not maximum:
        return ()
    counts = Counter(max(0, min(int(total * BINS / maximum), BINS - 1)) for total in totals)
    edges = [bare_marks(maximum * i / BINS) for i in range(BINS + 1)]
    highest = max(counts.values(), default=1)
    return tuple(Bin(edges[i], edges[i + 1], counts[i], 100 * counts[i] / highest) for i in range(BINS))


def _summary(totals: Sequence[Fraction]) -> dict[str, Fraction]:
    if not totals:
        return {}
    mean = sum(totals, Fraction(0)) / len(totals)
    return {"Mean": mean, "Median": statistics.median(totals), "Lowest": min(totals), "Highest": max(totals)}


def _review(rows: Sequence[Row]) -> tuple[ReviewReason, ...]:
    """Reasons in the words of the grades, the commonest first; what is said of many is said once."""
    by_reason: dict[str, list[Row]] = {}
    for row in rows:
        for reason in dict.fromkeys(row.grade.review):
            by_reason.setdefault(reason, []).append(row)
    found = [ReviewReason(reason, tuple(of)) for reason, of in by_reason.items()]
    return tuple(sorted(found, key=lambda reason: -len(reason.rows)))


def _presence(rows: Sequence[Row], roster: Roster | None) -> dict[Presence, int]:
    if roster:
        counts = Counter(line.presence for line in roster.lines)
    else:
        counts = Counter(presence for row in rows if (presence := row.grade.identity.presence))
    return {presence: counts[presence] for presence in Presence if counts[presence]}
