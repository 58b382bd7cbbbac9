"""Decides which training run answers which stage: all runs against all stages at once, by what distinguishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from grader.records import Block, StageMatch, StageSignature, TrainingRun

WEIGHTS: Mapping[str, float] = {
    "batch_norm": 4.0,
    "dropout": 4.0,
    "activation": 3.0,
    "optimizer": 3.0,
    "initializer": 3.0,
}
"""How much each feature that differs from a stage's speaks against it."""
FARTHEST = 4.5
"""One wrong feature may be a wrong attempt at the stage; two are another stage, unless a heading names it."""
HEADING = 2.0
"""What a heading that names the stage speaks for it: less than any feature."""
UNTRAINED = 0.4
"""Compiled only, or stopped by an error: answers a stage if nothing better does."""
UNFINISHED = 0.2
MARKS = 0.1
"""Per mark that the run would earn; below any feature, so that it decides between equals."""
ORDER = 0.0001
"""Notebook order where all else ties."""
CLOSE = 0.002
"""Two assignments nearer than this are called close."""
MARKED = -100.0
NEVER = 1000.0

Marks = Mapping[tuple[str, str], Fraction]


def match(stages: Sequence[StageSignature], runs: Sequence[TrainingRun], marks: Marks) -> tuple[StageMatch, ...]:
    """The optimal assignment; `marks` says what each run (by id) would earn as each stage (by id).

    Runs inside scikit-learn's wrappers have only the stages that no other run answers.
    """
    if not runs:
        return tuple(StageMatch(s.id, s.title, None, "no training run was recorded") for s in stages)
    ids = {s.id for s in stages}
    cost = np.array([[_cost(s, r, ids, marks) for s in stages] for r in runs])
    for place, run in enumerate(runs):
        cost[place, [i for i, s in enumerate(stages) if _meant_for_another(s, run, stages)]] = NEVER
    order = np.outer(np.linspace(0, 1, len(runs)), np.linspace(0, 1, len(stages)))
    ordered = cost - ORDER * order
    wrapped = np.array([r.wrapped and r.marker not in ids for r in runs])
    chosen = _assign(np.where(wrapped[:, None], NEVER, ordered))
    if wrapped.any():
        taken = np.isin(np.arange(len(stages)), list(chosen))
        chosen |= _assign(np.where(wrapped[:, None] & ~taken[None, :], ordered, NEVER))
    return tuple(_stage_match(s, i, chosen, runs, cost) for i, s in enumerate(stages))


def features_against(stage: StageSignature, run: TrainingRun) -> tuple[str, ...]:
    """The features in which the run differs from what the stage should look like."""
    return tuple(name for name, weight in _differences(stage, run).items() if weight >= WEIGHTS[name] / 2)


def _assign(cost: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> dict[int, int]:
    """Stage index to run index; leaving a stage empty costs what the farthest acceptable run would."""
    # Half a second of import: not before there is something to match.
    from scipy.optimize import linear_sum_assignment

    runs, stages = cost.shape
    padded = np.full((runs + stages, stages), FARTHEST)
    padded[:runs] = np.where(cost > FARTHEST, NEVER, cost)
    rows, columns = linear_sum_assignment(padded)
    return {int(c): int(r) for r, c in zip(rows, columns, strict=True) if r < runs}


def _cost(stage: StageSignature, run: TrainingRun, ids: set[str], marks: Marks) -> float:
    if run.marker in ids:
        marked = MARKED if run.marker == stage.id else NEVER
        return marked - MARKS * float(marks.get((run.id, stage.id), 0))
    cost = sum(_differences(stage, run).values())
    if _heading_names(stage, run):
        cost -= HEADING
    if not run.trained or run.error:
        cost += UNTRAINED
    elif not run.finished or run.custom:
        cost += UNFINISHED
    return cost - MARKS * float(marks.get((run.id, stage.id), 0))


def _meant_for_another(stage: StageSignature, run: TrainingRun, stages: Sequence[StageSignature]) -> bool:
    """Whether the run is all that another stage asks for, and has layers that do not belong to this one.

    A second try at dropout is no try at Adam, though it has Adam. The other way round, Adam without dropout may be a
    try at dropout that forgot it; not so in the folds of a cross-validation, which are all alike.
    """
    against = {"batch_norm", "dropout"} & set(features_against(stage, run))
    if run.marker == stage.id or _heading_names(stage, run) or not against:
        return False
    network = run.architecture
    surplus = (stage.batch_norm is False and network.has("norm")) or (stage.dropout is False and network.has("dropout"))
    return (surplus or run.wrapped) and any(not features_against(other, run) for other in stages)


def _differences(stage: StageSignature, run: TrainingRun) -> Mapping[str, float]:
    """For each feature, its weight times the part of the network that differs from the stage."""
    network = run.architecture
    parts = {
        "activation": _part_unlike(stage.activation, [b.activation for b in network.hidden]),
        # One layer initialised as asked shows which stage is meant.
        "initializer": _initializer_differs(stage, network.blocks),
        "optimizer": float(bool(stage.optimizer) and run.compile.optimizer not in stage.optimizer),
        "batch_norm": float(stage.batch_norm is not None and network.has("norm") != stage.batch_norm),
        "dropout": float(stage.dropout is not None and network.has("dropout") != stage.dropout),
    }
    return {name: WEIGHTS[name] * part for name, part in parts.items()}


def _part_unlike(wanted: Sequence[str], found: Sequence[str]) -> float:
    if not wanted or not found:
        return 0.0
    return sum(f not in wanted for f in found) / len(found)


def _initializer_differs(stage: StageSignature, blocks: Sequence[Block]) -> float:
    if not stage.initializer or not blocks:
        return 0.0
    special = [b.dense.initializer for b in blocks if b.dense.initializer != "glorot_uniform"]
    if "glorot_uniform" in stage.initializer:
        return len(special) / len(blocks)
    return 0.0 if any(i in stage.initializer for i in special) else 1.0


def _heading_names(stage: StageSignature, run: TrainingRun) -> bool:
    return any(word in run.heading.lower() for word in stage.keywords)


def _stage_match(
    stage: StageSignature,
    column: int,
    chosen: Mapping[int, int],
    runs: Sequence[TrainingRun],
    cost: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> StageMatch:
    taken = chosen.get(column)
    if taken is None:
        return StageMatch(stage.id, stage.title, None, "no training run comes close to what this stage asks for")
    run = runs[taken]
    rivals = [i for i in range(len(runs)) if i != taken and cost[i, column] <= FARTHEST]
    elsewhere = set(chosen.values())
    others = tuple(runs[i].id for i in rivals if i not in elsewhere)
    close = [i for i in rivals if i not in elsewhere and abs(cost[i, column] - cost[taken, column]) < CLOSE]
    return StageMatch(stage.id, stage.title, run.id, _because(stage, run), others, _close_call(stage, run, close, runs))


def _because(stage: StageSignature, run: TrainingRun) -> str:
    if run.marker == stage.id:
        return f"its cell is marked `stage: {stage.id}`"
    against = features_against(stage, run)
    hint = "; the heading above it names the stage" if _heading_names(stage, run) else ""
    if not against:
        return f"it has everything that distinguishes this stage{hint}"
    words = ", ".join(a.replace("_", " ") for a in against)
    return f"of all stages it fits this one best, though its {words} differs from what is asked for{hint}"


def _close_call(stage: StageSignature, run: TrainingRun, close: Sequence[int], runs: Sequence[TrainingRun]) -> str:
    reasons = []
    if close:
        cells = ", ".join(f"cell {runs[i].cell}" for i in close)
        reasons.append(f"stage {stage.id}: the run of cell {run.cell} was taken; {cells} would have fitted as well")
    if run.wrapped:
        reasons.append(f"stage {stage.id}: trained inside a scikit-learn wrapper only")
    if run.custom:
        reasons.append(f"stage {stage.id}: trained in a loop of its own ({run.custom}), which is not followed")
    if origin := next((r for r in runs if r.id == run.started_from), None):
        reasons.append(
            f"stage {stage.id}: cell {run.cell} went on from the weights that cell {origin.cell} had trained, so that "
            "its accuracy is not its own alone; a new model for each stage begins anew"
        )
    missing = [f for f in features_against(stage, run) if f in {"batch_norm", "dropout"}]
    if missing and run.marker != stage.id and not _heading_names(stage, run):
        words = " and ".join(m.replace("_", " ") for m in missing)
        reasons.append(f"stage {stage.id}: taken though its {words} is not as asked; is it meant for this stage?")
    elif run.architecture.has("norm") and run.architecture.has("dropout") and run.marker != stage.id:
        reasons.append(f"stage {stage.id}: the run combines batch normalization and dropout")
    return "; ".join(reasons)
