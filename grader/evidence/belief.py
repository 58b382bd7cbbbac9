"""Which recorded runs are believed: what the program cannot have made, or what contradicts itself, earns nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from grader.evidence.beginnings import trained_before
from grader.evidence.doubts import contradictions, of_equal_weights, seen_the_test, unfounded
from grader.evidence.nearness import Arrays, Course, Distances, course
from grader.evidence.runs import Traced
from grader.records import Measurement, Program, TrainingRun

NEAR = 0.3
"""Of the way that the weights went; two trainings of a network with hidden layers end at 0.9 and more."""
MOST_TWINS = 60
"""Runs of one program that are held against each other."""


def founded(
    program: Program, found: Sequence[Traced], helpers: Sequence[Program] | None
) -> tuple[list[Traced], list[str]]:
    """The runs that the program can have made, and why the others are none; loops of one's own are only doubted."""
    kept, doubts = [], []
    for traced in found:
        if reason := unfounded(program, traced.run, helpers=helpers):
            doubts.append(_placed(traced.run, reason))
        if not reason or traced.run.custom:
            kept.append(traced)
    return kept, doubts


def believed(
    measured: Sequence[TrainingRun], weights: Mapping[str, Arrays], moved: Mapping[str, str]
) -> tuple[tuple[TrainingRun, ...], list[str]]:
    """The runs, without the accuracy of those whose record contradicts it; and every doubt in words.

    `moved`: by run, what `moved_without_gradient` says of it.
    """
    same = {**dict(_near(measured, weights)), **dict(of_equal_weights(measured, weights))}
    trained = _trained_before(measured)
    runs, doubts = [], []
    for run in measured:
        initial, final = (weights.get(key, {}) for key in (run.initial_weights, run.final_weights))
        told = (source.get(run.id, "") for source in (trained, moved, same))
        against = [*contradictions(run, initial, final), *filter(None, told)]
        doubts += [_placed(run, reason) for reason in (*against, seen_the_test(run)) if reason]
        began = run.measurement.initial_accuracy
        unsure = Measurement(None, run.measurement.scaling, "; ".join(against), initial_accuracy=began)
        runs.append(replace(run, measurement=unsure) if against else run)
    return tuple(runs), doubts


def _trained_before(runs: Sequence[TrainingRun]) -> dict[str, str]:
    """By run, why it did not begin untrained; who goes on from an earlier run of the submission says so.

    But not from one that did not begin untrained itself.
    """
    told: dict[str, str] = {}
    for run in runs:
        continues = run.started_from and run.started_from not in told
        if not continues and (reason := trained_before(run)):
            told[run.id] = reason
    return told


def _near(runs: Sequence[TrainingRun], weights: Mapping[str, Arrays]) -> Iterator[tuple[str, str]]:
    """The ids of runs that end near an earlier one though they began elsewhere, each with the reason."""
    earlier: list[tuple[TrainingRun, Course]] = []
    distances = Distances()
    origin = {run.id: run.started_from for run in runs}
    trained = [r for r in runs if r.fit and r.fit.epochs_done and r.measurement.accuracy is not None]
    for run in trained[:MOST_TWINS]:
        own = course(weights.get(run.initial_weights, {}), weights.get(run.final_weights, {}))
        # Without hidden layers there is one best network, and all trainings go there.
        if len(own.ended) > 1:
            others = (o for o in earlier if o[0].id not in set(_ancestors(run.id, origin)))
            nearest = min(
                ((distances.of_twins(own, one), other) for other, one in others), key=itemgetter(0), default=None
            )
            if nearest and nearest[0] <= NEAR:
                yield run.id, _nearly_equal(*nearest)
            earlier.append((run, own))


def _nearly_equal(apart: float, other: TrainingRun) -> str:
    return (
        f"it ends almost with the weights of the run in {other.where}, {apart:.2%} of its way from them, though the "
        "two began with different ones: two trainings never do"
    )


def _ancestors(run: str, origin: Mapping[str, str]) -> Iterator[str]:
    """The runs from whose weights it went on; each comes before it."""
    while run := origin.get(run, ""):
        yield run


def _placed(run: TrainingRun, reason: str) -> str:
    return f"{run.program}, {run.where}: {reason}"
