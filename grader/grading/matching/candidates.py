"""Which runs may answer which stages, and how much speaks for each: points, a tier far above the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.evidence.sections import REMARK_SIGN
from grader.grading.matching.features import Has, against, feature_of, features_against, has
from grader.grading.matching.tuned import of_another_size
from grader.grading.matching.words import section, spoken
from grader.records import StageSignature, TrainingRun

MARKED = 1_000_000.0
SAID, SAID_OTHER = 14_000.0, -3000.0
"""The section's title names the stage, or another one."""
FEATURE, OTHERWISE, ALMOST_NOTHING = 10_000.0, 5000.0, 2000.0
"""It has what makes the stage; has tried it otherwise; has one thing where the stage is made by having nothing."""
UNREADABLE = 300.0
"""It cannot be read and is compiled as the stage asks: less than anything that is known speaks for another run."""
RARE, SHARED_BY_ALL = 0.3, 0.9
"""By which part the feature says less the more runs have it; and where all of three or more networks do."""
NAMED, NAMED_OTHER = 12_000.0, -2500.0
"""Names in the code name the stage, or another one."""
INHERITED = -600.0
"""For each feature that the stage has from the stages before, and the run has not."""
BEYOND = -1500.0
"""Other widths or depths after all networks of the usual ones: a tuned network, unless it is said to be the stage."""
UNTRAINED, UNFINISHED = -4500.0, -300.0
"""Compiled only, or stopped by an error: answers a stage if nothing better does."""
PER_MARK = 200.0
"""For each mark that its structure would earn: less than a feature."""
LAYERS = frozenset({"batch_norm", "dropout"})
"""Features that are layers of their own."""
FEWEST = 3
"""Networks of which one can say that all have something."""
UNTITLED: tuple[str, frozenset[str], bool] = ("", frozenset(), False)
Marks = Mapping[tuple[str, str], Fraction]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What speaks for a run as the answer to a stage."""

    points: float
    marked: bool
    title: str
    """The section's title, where it names the stage."""
    named_others: bool
    """The title names other stages as well."""
    named: bool
    """Names in the code speak of the stage."""
    has: Has
    """What makes the stage."""
    against: tuple[str, ...]
    """The features in which it differs from the stage."""
    elsewhere: str = ""
    """The section's title, where it names another stage."""
    beyond: bool = False
    """It looks like a tuned network, and nothing says that it is meant for the stage."""


@dataclass(frozen=True, slots=True)
class Field:
    """Everything that may answer something."""

    by_run: tuple[Mapping[str, Candidate], ...]
    """For each run, in their order, what speaks for it by stage; empty for copies."""
    copy_of: Mapping[str, str]
    """The ids of runs that repeat the network of another, with that one's id: ensembles, folds, a cell run twice."""


def candidates(stages: tuple[StageSignature, ...], runs: Sequence[TrainingRun], marks: Marks) -> Field:
    """Which stages each run may answer; copies of a network, told of in the same way, count once."""
    reading = _Reading(stages, runs)
    found = tuple(
        {s.id: c for s in stages if (c := reading.candidate(s, run, marks)) is not None}
        if run.id not in reading.copies
        else {}
        for run in runs
    )
    return Field(found, reading.copies)


class _Reading:
    """What is said of all runs of a submission, and what they have in common."""

    def __init__(self, stages: tuple[StageSignature, ...], runs: Sequence[TrainingRun]) -> None:
        self.stages = stages
        self.ids = {s.id for s in stages}
        self.feature = feature_of(stages)
        self.sections = {run.id: section(run.heading, stages) for run in runs}
        ids = [run.id for run in runs]
        self.spoken = dict(zip(ids, spoken([run.names for run in runs], stages), strict=True))
        self._forget_remarks_on_code()
        self._forget_what_is_said_of_all(runs)
        self.copies = self._copies(runs)
        networks = [run for run in runs if run.id not in self.copies and run.architecture.hidden]
        self.count = len(networks)
        self.beyond = of_another_size(networks)
        self.fitting = {s.id: sum(not features_against(s, run) for run in networks) for s in stages}
        self.combined_for = self._combined_for(networks)
        self.having = {
            s.id: sum(has(self.feature[s.id], s, run) is Has.YES for run in networks)
            for s in stages
            if self.feature[s.id]
        }

    def _forget_remarks_on_code(self) -> None:
        """Plain comments are titles only where they tell stages apart: three or more, and none again and again."""
        remarks = {run: named for run, (title, named, _) in self.sections.items() if title.startswith(REMARK_SIGN)}
        counted = Counter(stage for named in remarks.values() for stage in named)
        if len(counted) < FEWEST or max(counted.values()) >= FEWEST:
            self.sections |= dict.fromkeys(remarks, UNTITLED)

    def _forget_what_is_said_of_all(self, runs: Sequence[TrainingRun]) -> None:
        """A title over all runs is that of the whole, a name in all of them that of a variable."""
        trained = [run.id for run in runs if run.trained]
        if len(trained) < FEWEST:
            return
        if len({self.sections[run] for run in trained}) == 1:
            self.sections = dict.fromkeys(self.sections, UNTITLED)
        if len({self.spoken[run] for run in trained}) == 1:
            self.spoken = dict.fromkeys(self.spoken, frozenset())

    def _copies(self, runs: Sequence[TrainingRun]) -> dict[str, str]:
        """All but the best of the runs with the same network, compiled and told of alike; each with that best."""
        alike: dict[object, list[TrainingRun]] = {}
        for run in runs:
            key = (
                run.architecture.layers,
                run.compile.optimizer,
                run.compile.loss,
                run.marker,
                self.sections[run.id][1],
                () if self.sections[run.id][1] else self.spoken[run.id],
                run.wrapped,
            )
            alike.setdefault(key if run.architecture.layers else run.id, []).append(run)
        best = [(max(same, key=_worth), same) for same in alike.values()]
        return {run.id: chosen.id for chosen, same in best for run in same if run is not chosen}

    def _combined_for(self, networks: Sequence[TrainingRun]) -> str:
        """The stage that networks with several added layers may answer: the last that no network of its own answers."""
        layered = [s for s in self.stages if self.feature[s.id] in LAYERS]
        alone = {self.feature[s.id] for s in layered for run in networks if added(run) == {self.feature[s.id]}}
        return next((s.id for s in reversed(layered) if self.feature[s.id] not in alone), "")

    def candidate(self, stage: StageSignature, run: TrainingRun, marks: Marks) -> Candidate | None:
        """What speaks for the run; None where it may not answer the stage."""
        if run.marker in self.ids and run.marker != stage.id:
            return None
        title, named, extra = self.sections[run.id]
        marked, said = run.marker == stage.id, stage.id in named
        spoken_of = stage.id in self.spoken[run.id]
        level = self._level(stage, run)
        if not (marked or said or level or (spoken_of and run.architecture.hidden)):
            return None
        if (extra or (named and not said and self._does_as_named(named, run))) and not marked:
            return None
        feature = self.feature[stage.id]
        parts = against(stage, run)
        beyond = run.id in self.beyond and not (marked or said or spoken_of)
        points = (
            MARKED * marked
            + (SAID if said else SAID_OTHER if named else 0.0)
            + self._for_feature(stage, run, level)
            + (NAMED if spoken_of else NAMED_OTHER if self.spoken[run.id] else 0.0)
            + INHERITED * sum(part for name, part in parts.items() if name != feature)
            + (UNTRAINED if not run.trained or run.error else UNFINISHED if not run.finished or run.custom else 0.0)
            + BEYOND * beyond
            + PER_MARK * float(marks.get((run.id, stage.id), 0))
        )
        differs = features_against(stage, run)
        title = title.removeprefix(REMARK_SIGN)
        elsewhere = title if named and not said else ""
        return Candidate(
            points, marked, title if said else "", len(named) > 1, spoken_of, level, differs, elsewhere, beyond
        )

    def _does_as_named(self, named: frozenset[str], run: TrainingRun) -> bool:
        """It is all that the stage of its title asks for: a try at that one, and at no other."""
        return any(not features_against(stage, run) for stage in self.stages if stage.id in named)

    def _for_feature(self, stage: StageSignature, run: TrainingRun, level: Has) -> float:
        if level is Has.YES:
            return FEATURE * self._says(stage)
        if level is Has.OTHERWISE and run.architecture.problem:
            return UNREADABLE
        return 0.0 if level is Has.NOT else OTHERWISE if self.feature[stage.id] else ALMOST_NOTHING

    def _says(self, stage: StageSignature) -> float:
        """How much of a feature's points a run gets: the fewer runs have it, the more it says."""
        having = self.having.get(stage.id, 0)
        if not having or not self.count:
            return 1.0
        if having == self.count >= FEWEST:
            return 1 - SHARED_BY_ALL
        return 1 - RARE * having / self.count

    def _level(self, stage: StageSignature, run: TrainingRun) -> Has:
        """Whether the run has what makes the stage; a network without hidden layers has nothing of any."""
        if not run.architecture.hidden:
            return self._unreadable(stage, run) if run.architecture.problem else Has.NOT
        feature = self.feature[stage.id]
        differing = [name for name in features_against(stage, run) if name != feature]
        if not feature:
            return self._none(run, differing)
        level = has(feature, stage, run)
        if level is Has.OTHERWISE and differing:
            # One thing tried otherwise is an attempt; beside other departures it is another network.
            return Has.NOT
        if feature not in LAYERS and surplus(stage, run):
            # Batch normalization and dropout are tried on what was built before: such a network is a try at them.
            return Has.NOT
        if len(added(run)) > 1 and stage.id != self.combined_for:
            return Has.NOT
        return level

    def _none(self, run: TrainingRun, differing: Sequence[str]) -> Has:
        """A stage made by having nothing: one thing may be there all the same, but no layers, nor a stage's all."""
        if not differing:
            return Has.YES
        fits = [s.id for s in self.stages if self.feature[s.id] and not features_against(s, run)]
        needed = any(self.fitting[stage] == 1 for stage in fits)
        return Has.OTHERWISE if len(differing) == 1 and not added(run) and not needed else Has.NOT

    def _unreadable(self, stage: StageSignature, run: TrainingRun) -> Has:
        """A network that cannot be read: how it was compiled is all that is known of it."""
        return Has.OTHERWISE if has("optimizer", stage, run) is Has.YES else Has.NOT


def added(run: TrainingRun) -> frozenset[str]:
    """Which layers of their own were added to the network."""
    network = run.architecture
    return frozenset(name for name, kind in (("batch_norm", "norm"), ("dropout", "dropout")) if network.has(kind))


def surplus(stage: StageSignature, run: TrainingRun) -> frozenset[str]:
    """The added layers that the stage does not ask for."""
    return frozenset(name for name in added(run) if not getattr(stage, name))


def _worth(run: TrainingRun) -> tuple[bool, bool, bool, int]:
    """Of copies the one that is trained to its end, and for longest; of equals the first."""
    fit = run.fit
    return run.trained, run.finished and not run.error, not run.custom, fit.epochs_asked if fit else 0
