"""Says which runs went on from the trained weights of another run: then their accuracy is not their own alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from grader.evidence.nearness import Arrays, Course, Distances, course
from grader.records import TrainingRun

ON_THE_WAY = 0.5
"""Of the way that a training went: who begins nearer than this to its end, and not at its beginning, went on from it,
from its best epoch, say. Weights that are drawn anew lie at 0.7 and more."""


def with_descent(
    runs: Sequence[TrainingRun],
    arrays: Callable[[str], Arrays],
    left: Mapping[str, Sequence[str]] | None = None,
) -> tuple[TrainingRun, ...]:
    """The runs, each with the latest earlier one that left a layer's weights near which it began.

    `left`: by run, the weights after each of its fits, those that raised among them; else its final ones.
    """
    trained: list[tuple[str, Course]] = []
    distances = Distances()
    found = []
    for run in runs:
        initial = arrays(run.initial_weights) if run.initial_weights else {}
        origin = next((name for name, one in reversed(trained) if _went_on(initial, one, distances)), "")
        found.append(replace(run, started_from=origin))
        ends = (left or {}).get(run.id) or ((run.final_weights,) if run.final_weights else ())
        trained += [(run.id, course(initial, arrays(key))) for key in dict.fromkeys(ends)]
    return tuple(found)


def _went_on(initial: Arrays, earlier: Course, distances: Distances) -> bool:
    began = course({}, initial).ended
    # Weights that its training did not move were not its work.
    return any(
        apart <= ON_THE_WAY * earlier.moved(layer) and earlier.moved(layer) > 0
        for _, layer, apart in distances.between(began, earlier.ended)
    )
