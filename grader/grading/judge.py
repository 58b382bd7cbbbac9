"""Facts, what is asked, and what people decided: the grade. The one place where they come together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from grader.assignment.assignment import Assignment
from grader.grading.matching.match import match
from grader.grading.matching.tuned import tuned, tuned_words
from grader.grading.overridden import overridden
from grader.grading.scoring import grade, judge_stage, judge_tie
from grader.records import Beyond, Evidence, Grade, Override, StageMatch


def judge(
    evidence: Evidence,
    assignment: Assignment,
    overrides: Iterable[Override] = (),
    answers: tuple[StageMatch, ...] | None = None,
) -> Grade:
    """The grade of one submission: a pure function, the same for a class, one's own check and a later regrading.

    `answers` says which run is taken for which stage, where that is known already. Of the overrides those count that
    are about this student.
    """
    matches = matches_of(evidence, assignment) if answers is None else answers
    own = tuned(evidence.runs, {match.run for match in matches if match.run})
    automatic = grade(evidence, assignment.rubric, matches, assignment.bands)
    automatic = replace(automatic, beyond=tuple(Beyond(run.id, tuned_words(run)) for run in own))
    return overridden(automatic, overrides)


def matches_of(evidence: Evidence, assignment: Assignment) -> tuple[StageMatch, ...]:
    """Which run answers which stage: the same whether the run was quick or whole."""
    rubric, bands = assignment.rubric, assignment.bands
    runs = {run.id: run for run in evidence.runs}
    marks = _Marks(lambda run, stage: judge_stage(runs[run], stage, evidence, rubric, bands))
    ties = _Marks(lambda run, stage: judge_tie(runs[run], stage, evidence, rubric, bands))
    return match(rubric.stages, evidence.runs, marks, ties)


class _Marks(dict[tuple[str, str], Fraction]):
    """What a run would earn as a stage, judged when it is asked for: of a thousand runs few are."""

    def __init__(self, judged: Callable[[str, str], Fraction]) -> None:
        super().__init__()
        self._judged = judged

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        """Judges what was not asked for before."""
        del default
        if key not in self:
            self[key] = self._judged(*key)
        return self[key]
