"""Why a person should look at which run was taken for which stage, and what is said of each choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from grader.grading.matching.candidates import Candidate, Field, added, surplus
from grader.grading.matching.features import Has, against, feature_of, features_against, found_words, network_words
from grader.grading.matching.tuned import sizes
from grader.records import StageSignature, TrainingRun

CLOSE = 0.5
"""Points, more than those for order: two assignments nearer than this are told apart by nothing that counts."""
ENSEMBLE = 3
"""Trainings of one network at one place that are an ensemble, folds or repeats."""
SAME_MARKS = Fraction(1, 200)
"""Marks that differ by less make no difference to a person."""
Marks = Mapping[tuple[str, str], Fraction]
Without = Callable[[int, int], tuple[float, int | None]]
FEATURE_WORDS = {
    "batch_norm": "batch normalization",
    "dropout": "dropout",
    "optimizer": "optimizer",
    "activation": "activation",
    "initializer": "initializer",
}


def because(stage: StageSignature, own: Candidate) -> str:
    """Why this run was taken, in a sentence."""
    if own.marked:
        return f"its cell is marked `stage: {stage.id}`"
    hints = []
    if own.title:
        hints.append(f"it stands under {own.title!r}")
    if own.named:
        hints.append("a name in the code speaks of this stage")
    if not own.against:
        return "; ".join(["it has everything that distinguishes this stage", *hints])
    words = ", ".join(FEATURE_WORDS[name] for name in own.against)
    if own.has is Has.YES:
        return "; ".join([f"it has what makes this stage, though its {words} differs from what is asked for", *hints])
    return "; ".join([*hints, f"its {words} differs from what is asked for"])


def doubts(
    stages: tuple[StageSignature, ...],
    runs: Sequence[TrainingRun],
    field: Field,
    answers: Mapping[str, TrainingRun],
    marks: Marks,
    without: Without,
) -> dict[str, tuple[str, ...]]:
    """By stage, each reason why a person should look at its run."""
    rows = {run.id: row for row, run in enumerate(runs)}
    complete = len(answers) == len(stages)
    told: dict[str, tuple[str, ...]] = {}
    for column, stage in enumerate(stages):
        run = answers.get(stage.id)
        if run is None:
            continue
        own = field.by_run[rows[run.id]][stage.id]
        reasons = [*_attempt(stage, stages, run, own), *_how_trained(run, runs)]
        if not own.marked:
            lost, other = without(rows[run.id], column)
            if other is not None and lost < CLOSE and (not complete or _earn_otherwise(stage, run, runs[other], marks)):
                reasons += _equal(run, runs[other])
            copies = [r for r in runs if field.copy_of.get(r.id) == run.id]
            reasons += _copied(stage, run, copies, marks, complete=complete)
        told[stage.id] = tuple(dict.fromkeys(r for r in reasons if r))
    return told


def _attempt(
    stage: StageSignature, stages: tuple[StageSignature, ...], run: TrainingRun, own: Candidate
) -> Sequence[str]:
    """What is odd about the network itself."""
    if own.marked:
        return ()
    if own.beyond:
        # How often on honest work: never among 200 (`python -m tests.honest`).
        units = ", ".join(map(str, sizes(run)))
        whose = "is it meant for this stage, or a network of the student's own beyond the stages?"
        return (f"{run.where} has hidden layers of {units} units, other than all before it; {whose}",)
    if own.elsewhere and own.against:
        # How often on honest work: at three of 200 (`python -m tests.honest`).
        said = f"stands under {own.elsewhere!r} and differs from this stage"
        return (f"the run of {run.where} {said}; is it meant for it?",)
    feature = feature_of(stages)[stage.id]
    if own.title and not own.named_others and not surplus(stage, run):
        # Said without ambiguity, and nothing in it belongs elsewhere: it earns what it has, and nobody need be asked.
        return ()
    if own.has is Has.NOT and run.architecture.layers:
        lacks = found_words(feature, run) if feature else ", ".join(found_words(f, run) for f in own.against)
        said = f"under {own.title!r}" if own.title else "named so in the code"
        return (f"the run of {run.where} is {said}, but has {lacks}; is it meant for this stage?",)
    if own.has is Has.OTHERWISE and run.architecture.problem:
        # How often on honest work: never where all parts are Keras's own; else where one of one's own is unlike all.
        return (f"the network of {run.where} could not be read; is it meant for this stage?",)
    if own.has is Has.OTHERWISE and not feature:
        words = ", ".join(found_words(f, run) for f in own.against)
        return (f"taken though it has {words}; is it meant for this stage?",)
    if len(added(run)) > 1:
        return ("the run combines batch normalization and dropout",)
    return ()


def _how_trained(run: TrainingRun, runs: Sequence[TrainingRun]) -> Sequence[str]:
    reasons = []
    if run.wrapped:
        reasons.append("trained inside a scikit-learn wrapper only")
    if run.custom:
        reasons.append(f"trained in a loop of its own ({run.custom}), which is not followed")
    if origin := next((r for r in runs if r.id == run.started_from), None):
        reasons.append(
            f"{run.where} went on from the weights that {origin.where} had trained, so that "
            "its accuracy is not its own alone; a new model for each stage begins anew"
        )
    return reasons


def _equal(run: TrainingRun, other: TrainingRun) -> Sequence[str]:
    """Two that differ in nothing that counts; tries in one cell are one to a person."""
    if (other.program, other.where) == (run.program, run.where):
        return ()
    taken, beside = (f"{r.where} ({network_words(r)})" for r in (run, other))
    return (f"the run of {taken} was taken; that of {beside} would have fitted as well",)


def _copied(
    stage: StageSignature, run: TrainingRun, copies: Sequence[TrainingRun], marks: Marks, *, complete: bool
) -> Sequence[str]:
    """The same network trained again in another cell: it may earn otherwise, or be meant for a stage that is empty."""
    here = [other for other in copies if (other.program, other.where) == (run.program, run.where)]
    if not complete and 0 < len(here) < ENSEMBLE - 1 and here[0].trained and not run.wrapped:
        return (f"{run.where} trained the same network twice; is one of them meant for another stage?",)
    cells = [
        f"{other.where}"
        for other in copies
        if other.trained
        and not other.wrapped
        and (other.program, other.where) != (run.program, run.where)
        and (not complete or _earn_otherwise(stage, run, other, marks))
    ]
    if not cells:
        return ()
    listed = ", ".join(dict.fromkeys(cells))
    return (f"the run of {run.where} was taken; the same network was trained in {listed} as well",)


def _earn_otherwise(stage: StageSignature, run: TrainingRun, other: TrainingRun, marks: Marks) -> bool:
    one, another = (marks.get((r.id, stage.id), Fraction(0)) for r in (run, other))
    shown = (run.plotted, bool(run.evaluations)) != (other.plotted, bool(other.evaluations))
    return abs(one - another) > SAME_MARKS or shown


def leftovers(
    stages: tuple[StageSignature, ...],
    runs: Sequence[TrainingRun],
    field: Field,
    answers: Mapping[str, TrainingRun],
) -> dict[str, str]:
    """By empty stage, the trained runs that answer nothing: what they are and what keeps them from the stage.

    Each run is told once, at the empty stage that it is nearest to. Tries at a stage that another run answers, and
    copies, are no left-overs.
    """
    empty = [s for s in stages if s.id not in answers]
    taken = {run.id for run in answers.values()}
    told: dict[str, list[str]] = {}
    for run, by_stage in zip(runs, field.by_run, strict=True):
        # A network without hidden layers is a warm-up; one that cannot be read may be anything.
        answerable = run.trained and not run.wrapped and (run.architecture.hidden or run.architecture.problem)
        tries = any(c.has is Has.YES for c in by_stage.values())
        if not empty or run.id in taken or tries or run.id in field.copy_of or not answerable:
            continue
        nearest = _nearest(empty, run)
        differs = features_against(nearest, run)
        words = ", ".join(found_words(name, run) for name in differs)
        count = f"{len(differs)} thing{'s differ' if len(differs) != 1 else ' differs'}"
        told.setdefault(nearest.id, []).append(
            f"{run.where} ({network_words(run)}{f'; {count}: {words}' if differs else ''})"
        )
    return {
        stage: "nothing answers it, though this answers no stage: " + "; ".join(dict.fromkeys(lines))
        for stage, lines in told.items()
    }


def _nearest(stages: Sequence[StageSignature], run: TrainingRun) -> StageSignature:
    return min(stages, key=lambda stage: sum(against(stage, run).values()))
