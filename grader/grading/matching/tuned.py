"""The lab's last sentence: a network that a student tuned beyond the stages, with other layers, nodes or parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from grader.evidence.sections import REMARK_SIGN
from grader.grading.matching.features import found_words, network_words
from grader.grading.matching.words import is_extra
from grader.records import TrainingRun

FEWEST = 3
"""Networks of one size that are the lab's own, which a tuned one departs from."""


def sizes(run: TrainingRun) -> tuple[int | None, ...]:
    """The units of the hidden layers, from the first to the last."""
    return tuple(block.dense.units for block in run.architecture.hidden)


def of_another_size(runs: Sequence[TrainingRun]) -> frozenset[str]:
    """The ids of networks of other widths or depth that come after all those of the size that most have."""
    networks = [run for run in runs if run.architecture.hidden]
    counted = Counter(map(sizes, networks)).most_common(1)
    if not counted or counted[0][1] < FEWEST or counted[0][1] * 2 <= len(networks):
        return frozenset()
    usual = counted[0][0]
    last = max(n for n, run in enumerate(networks) if sizes(run) == usual)
    return frozenset(run.id for run in networks[last + 1 :])


def tuned(runs: Sequence[TrainingRun], answering: Collection[str]) -> tuple[TrainingRun, ...]:
    """The trained runs beyond the stages: under a title that says so, or after all stages with something of its own.

    `answering` has the ids of the runs that answer stages. A run that differs in nothing from one of those is a repeat.
    """
    places = [n for n, run in enumerate(runs) if run.id in answering]
    networks = {_network(run) for run in runs if run.id in answering}
    titles = {_title(run) for run in runs if run.id in answering}
    return tuple(
        run
        for n, run in enumerate(runs)
        if run.id not in answering
        and run.trained
        and run.architecture.hidden
        and (_said(run, titles) or (places and n > places[-1] and _network(run) not in networks))
    )


def tuned_words(run: TrainingRun) -> str:
    """The network for people, with its sizes: `2 hidden layers, relu, dropout, Adam; 128, 64 units`."""
    units = sizes(run)
    alike = len(set(units)) == 1
    return f"{network_words(run)}; {units[0] if alike else ', '.join(map(str, units))} units{' each' * alike}"


def _said(run: TrainingRun, titles: Collection[str]) -> bool:
    """A title that stages stand under as well is that of the whole."""
    title = _title(run)
    return title not in titles and not title.startswith(REMARK_SIGN) and is_extra(title)


def _title(run: TrainingRun) -> str:
    return next(iter(run.heading.splitlines()), "")


def _network(run: TrainingRun) -> tuple[object, ...]:
    return (run.architecture.layers, found_words("optimizer", run))
