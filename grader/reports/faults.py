"""What went wrong most often in a class, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.records import CheckResult, CriterionResult, Grade, Outcome


@dataclass(frozen=True, slots=True)
class FaultyCriterion:
    """A criterion that a fault touches, and how many students have it there."""

    criterion: str
    title: str
    students: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that students got wrong: all to whom the same is advised, in whatever criteria and stages.

    `marks` is what it cost all of them together, `expected` and `found` are what was said most often.
    """

    advice: str
    criteria: tuple[FaultyCriterion, ...]
    """The commonest first."""
    students: tuple[str, ...]
    marks: Fraction
    expected: str
    found: str


Entry = tuple[Grade, CriterionResult, CheckResult]


def frequent_faults(grades: Sequence[Grade]) -> tuple[Fault, ...]:
    """By how many students have them, then by what they cost; what was skipped is nobody's fault of its own."""
    groups: dict[str, list[Entry]] = {}
    for grade in grades:
        for criterion, check in _faults(grade):
            advice = _first_sentence(check.verdict.help or check.verdict.expected)
            groups.setdefault(advice, []).append((grade, criterion, check))
    found = [_fault(advice, entries) for advice, entries in groups.items()]
    return tuple(sorted(found, key=lambda fault: (-len(fault.students), -fault.marks)))


def _faults(grade: Grade) -> Iterator[tuple[CriterionResult, CheckResult]]:
    for criterion in grade.criteria:
        if criterion.manual:
            # A person has judged: what the grader found may be wrong.
            continue
        for check in criterion.checks:
            if check.verdict.outcome in {Outcome.FAILED, Outcome.PARTIAL}:
                yield criterion, check


def _fault(advice: str, entries: Sequence[Entry]) -> Fault:
    return Fault(
        advice=advice,
        criteria=_criteria(entries),
        students=tuple(dict.fromkeys(grade.student for grade, _, _ in entries)),
        marks=sum((c.max_score - c.score for _, _, c in entries), Fraction(0)),
        expected=_commonest([c.verdict.expected for _, _, c in entries]),
        found=_commonest([c.verdict.found for _, _, c in entries]),
    )


def _criteria(entries: Sequence[Entry]) -> tuple[FaultyCriterion, ...]:
    titles = {criterion.id: criterion.title for _, criterion, _ in entries}
    students = Counter(criterion for _, criterion in {(grade.student, c.id) for grade, c, _ in entries})
    return tuple(
        sorted((FaultyCriterion(c, titles[c], students[c]) for c in titles), key=lambda faulty: -faulty.students)
    )


def _commonest(texts: Sequence[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def _first_sentence(text: str) -> str:
    """Up to where an explanation begins, which may name what one student did: `. ` or `: `."""
    return min((text.partition(end)[0] for end in (". ", ": ")), key=len).rstrip(".") + "."
