"""Decides which training run answers which stage: all runs against all stages at once.

The rule, in the order in which it counts:

1. what the student says: a `# stage:` marker, which always wins; else the title of the section, or the key of the
   table that a loop was at; else names in the code, plot titles and prints;
2. what makes the stage: batch normalization for that stage, dropout for its own, …; the fewer of the student's runs
   have it, the more it says, since what all have is what they were built on;
3. what the stage has from the stages before;
4. marks for structure, never for accuracy, so that a quick run and a full one choose alike;
5. the order of the program.

A run that has nothing of what makes a stage answers it only where the student says so: it is an attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from grader.grading.matching.candidates import Field, candidates
from grader.grading.matching.doubts import because, doubts, leftovers
from grader.records import StageMatch, StageSignature, TrainingRun

ORDER, FIRST = 0.1, 0.12
"""Points for a place in the program like the stage's in the lab, and for coming first: where all else ties."""
NEVER = -1e9
NOTHING = "none has what makes this stage, and none is said to be meant for it"
Marks = Mapping[tuple[str, str], Fraction]
Points = NDArray[np.float64]


def match(
    stages: Sequence[StageSignature], runs: Sequence[TrainingRun], marks: Marks, structure: Marks | None = None
) -> tuple[StageMatch, ...]:
    """The best assignment of runs to stages.

    `structure` is what each run (by id) would earn as each stage (by id) without its accuracy, `marks` with it: they
    decide no match, but where two runs fit equally and earn the same, nobody need be asked. Runs inside scikit-learn's
    wrappers have only the stages that no other run answers.
    """
    if not runs:
        return tuple(StageMatch(s.id, s.title, None, "no training run was recorded") for s in stages)
    stages = tuple(stages)
    field = candidates(stages, runs, structure if structure is not None else marks)
    points = _points(field, stages, runs)
    wrapped = np.array([r.wrapped and r.marker not in {s.id for s in stages} for r in runs])
    chosen = assigned(np.where(wrapped[:, None], NEVER, points))
    if wrapped.any():
        taken = np.isin(np.arange(len(stages)), list(chosen))
        chosen |= assigned(np.where(wrapped[:, None] & ~taken[None, :], points, NEVER))
    answers = {stages[column].id: runs[row] for column, row in chosen.items()}
    doubted = doubts(stages, runs, field, answers, marks, lambda row, column: _without(points, chosen, row, column))
    left = leftovers(stages, runs, field, answers)
    return tuple(_stage_match(s, field, answers, runs, doubted.get(s.id, ()), left) for s in stages)


def assigned(points: Points) -> dict[int, int]:
    """Stage index to run index, so that the points are the most in all; a stage that none may answer stays empty."""
    # Half a second of import: not before there is something to match.
    from scipy.optimize import linear_sum_assignment

    runs, stages = points.shape
    padded = np.zeros((runs + stages, stages))
    padded[:runs] = points
    rows, columns = linear_sum_assignment(padded, maximize=True)
    return {int(c): int(r) for r, c in zip(rows, columns, strict=True) if r < runs and points[r, c] > NEVER / 2}


def _points(field: Field, stages: Sequence[StageSignature], runs: Sequence[TrainingRun]) -> Points:
    points = np.full((len(runs), len(stages)), NEVER)
    for row, by_stage in enumerate(field.by_run):
        for column, stage in enumerate(stages):
            if stage.id in by_stage:
                points[row, column] = by_stage[stage.id].points
    along, across = np.linspace(0, 1, len(runs))[:, None], np.linspace(0, 1, len(stages))[None, :]
    return points - ORDER * np.abs(along - across) - FIRST * along


def _without(points: Points, chosen: Mapping[int, int], row: int, column: int) -> tuple[float, int | None]:
    """How many points the best assignment loses if this run may not answer this stage, and which run would."""
    other = points.copy()
    other[row, column] = NEVER
    instead = assigned(other)

    def total(matrix: Points, which: Mapping[int, int]) -> float:
        return float(sum(matrix[r, c] for c, r in which.items()))

    return total(points, chosen) - total(other, instead), instead.get(column)


def _stage_match(
    stage: StageSignature,
    field: Field,
    answers: Mapping[str, TrainingRun],
    runs: Sequence[TrainingRun],
    doubted: Sequence[str],
    left: Mapping[str, str],
) -> StageMatch:
    run = answers.get(stage.id)
    if run is None:
        words = left.get(stage.id, "")
        return StageMatch(stage.id, stage.title, None, words or NOTHING, close_call=words)
    taken = {r.id for r in answers.values()}
    own = next(by_stage[stage.id] for r, by_stage in zip(runs, field.by_run, strict=True) if r is run)
    others = tuple(
        r.id
        for r, by_stage in zip(runs, field.by_run, strict=True)
        if r.id not in taken and (stage.id in by_stage or field.copy_of.get(r.id) == run.id)
    )
    return StageMatch(stage.id, stage.title, run.id, because(stage, own), others, "; ".join(doubted))
