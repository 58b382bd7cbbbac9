"""The page of one student, for the student and for the instructor: the marks, why, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from grader.records import CellStatus, CheckResult, CriterionResult, Ending, Evidence, Execution, Grade, Outcome
from grader.reports.background import Background
from grader.reports.mistakes import mistakes
from grader.reports.page import Listing, first_of, render
from grader.reports.stages import MOST_RUNS, StageCard, beyond, for_student, stage_cards, unmatched
from grader.reports.summary import happened
from grader.reports.words import ENDINGS

MOST_ADVISORIES = 40
MOST_FILES = 60
MOST_PROGRAMS = 40
MOST_CELLS = 10
ISOLATING = "bubblewrap"
"""The sandboxes whose names begin so keep a program away from everything else."""


@dataclass(frozen=True, slots=True)
class Part:
    """The criteria whose ids begin with the same word."""

    name: str
    score: Fraction
    max_score: Fraction
    criteria: tuple[CriterionResult, ...]

    @property
    def percent(self) -> float:
        """How much of the part was earned."""
        return float(100 * self.score / self.max_score) if self.max_score else 0.0


@dataclass(frozen=True, slots=True)
class FirstStep:
    """The criterion to mend, why, and the marks that it and what was skipped with it lost."""

    criterion: CriterionResult
    lost: Fraction
    expected: str
    found: str
    help: str


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """How one program ran, with the cells that raised or were not finished."""

    execution: Execution
    bad_cells: Listing
    not_reached: int


class Pages(NamedTuple):
    """The same submission for its student and for who grades it."""

    student: str
    instructor: str


def pages(grade: Grade, shown: Grade, evidence: Evidence, background: Background) -> Pages:
    """Two self-contained HTML files under 1 MB each; `shown` is what of the grade the student may see."""
    cards = stage_cards(grade, evidence, background)
    seen = for_student(cards, grade, shown, background)
    return Pages(
        _page(shown, evidence, seen, background, instructor=False),
        _page(grade, evidence, cards, background, instructor=True),
    )


def _page(
    grade: Grade, evidence: Evidence, cards: tuple[StageCard, ...], background: Background, *, instructor: bool
) -> str:
    groups = parts(grade.criteria)
    own, stages = beyond(grade, evidence)
    return render(
        "student.html",
        background.language,
        instructor=instructor,
        grade=grade,
        evidence=evidence,
        ending=ENDINGS[grade.ending],
        completed=grade.ending is Ending.COMPLETED,
        cause=grade.cause,
        alone=nothing_else_to_say(grade),
        happened=happened(grade, evidence, _missing(groups)),
        first_step=first_step(groups),
        exposed=exposing_sandboxes(evidence.executions),
        parts=groups,
        cards=cards,
        # A stage without a run has a card as well, and nowhere to look.
        stage_runs={card.match.stage: card.run for card in cards if card.run},
        mistakes=mistakes(grade, evidence, background.test_image),
        beyond=first_of(own, MOST_RUNS),
        reached=stages,
        unmatched=unmatched(grade, evidence),
        advisories=first_of(evidence.advisories, MOST_ADVISORIES),
        files=first_of(evidence.submission.files, MOST_FILES),
        programs=first_of([_program(e) for e in evidence.executions], MOST_PROGRAMS),
    )


def nothing_else_to_say(grade: Grade) -> bool:
    """Nothing ran, so that no criterion says more than the cause does; not where a person gave marks."""
    return bool(grade.cause and not grade.cause.ran and not grade.manual)


def _missing(groups: Iterable[Part]) -> list[tuple[str, Fraction]]:
    """The parts that did not earn all, with what they lack; the most first."""
    lacking = [(part.name, part.max_score - part.score) for part in groups if part.score < part.max_score]
    return sorted(lacking, key=lambda pair: -pair[1])


def first_step(groups: Iterable[Part]) -> FirstStep | None:
    """What to do first: in the part that lost most, the criterion that lost most of it by its own fault."""
    steps = [step for step in map(_step, groups) if step]
    return max(steps, key=lambda step: step.lost, default=None)


def _step(part: Part) -> FirstStep | None:
    worst = max(part.criteria, key=_lost)
    if not _lost(worst):
        return None
    verdict = max(_at_fault(worst), key=lambda c: c.max_score - c.score).verdict
    # What was skipped was skipped because of the fault: mending it brings these marks within reach, too.
    skipped = (c.max_score for k in part.criteria for c in k.checks if c.verdict.outcome is Outcome.SKIPPED)
    return FirstStep(worst, sum(skipped, _lost(worst)), verdict.expected, verdict.found, verdict.help)


def _lost(criterion: CriterionResult) -> Fraction:
    return sum((c.max_score - c.score for c in _at_fault(criterion)), Fraction(0))


def _at_fault(criterion: CriterionResult) -> list[CheckResult]:
    """What the marks were lost by; nothing of the grader's, where a person gave them."""
    if criterion.manual:
        return []
    return [c for c in criterion.checks if c.verdict.outcome in {Outcome.FAILED, Outcome.PARTIAL}]


def parts(criteria: Iterable[CriterionResult]) -> tuple[Part, ...]:
    """The criteria by the first word of their ids, in the rubric's order."""
    groups: dict[str, list[CriterionResult]] = {}
    for criterion in criteria:
        groups.setdefault(criterion.id.partition(".")[0], []).append(criterion)
    return tuple(_part(name, tuple(group)) for name, group in groups.items())


def _part(name: str, group: tuple[CriterionResult, ...]) -> Part:
    score = sum((c.score for c in group), Fraction(0))
    return Part(name, score, sum((c.max_score for c in group), Fraction(0)), group)


def exposing_sandboxes(executions: Iterable[Execution]) -> tuple[str, ...]:
    """The names of the sandboxes that did not keep a program from the rest of the machine."""
    never_ran = {Ending.UNREADABLE, Ending.NOTHING_TO_RUN}
    used = {e.sandbox for e in executions if e.sandbox and e.ending not in never_ran}
    return tuple(sorted(name for name in used if not name.startswith(ISOLATING)))


def _program(execution: Execution) -> ProgramRun:
    bad = [c for c in execution.cells if c.status in {CellStatus.ERROR, CellStatus.UNFINISHED}]
    missed = sum(c.status is CellStatus.NOT_REACHED for c in execution.cells)
    return ProgramRun(execution, first_of(bad, MOST_CELLS), missed)
