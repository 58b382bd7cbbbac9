"""What of a network tells the stages apart: which features it has as a stage asks, otherwise, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from grader.records import Architecture, StageSignature, TrainingRun

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "initializer": ("glorot_uniform",),
    "activation": ("sigmoid", "linear", "softmax", "hard_sigmoid"),
    "optimizer": ("sgd",),
}
"""What a network has where nothing was tried: Keras's initializer, saturating activations, plain SGD."""


class Has(IntEnum):
    """How far a run has what makes a stage."""

    NOT = 0
    OTHERWISE = 1
    """Tried, but not with what is asked for: RMSprop for Adam, `glorot_normal` for `he_normal`."""
    YES = 2


def feature_of(stages: Sequence[StageSignature]) -> Mapping[str, str]:
    """By stage the feature that makes it: the one that the rubric names, else the first that the stage before lacks.

    Empty for a stage that is made by having none.
    """
    found: dict[str, str] = {}
    for before, stage in zip((None, *stages[:-1]), stages, strict=True):
        new = "" if before is None else _new(before, stage)
        found[stage.id] = {"none": "", "": new}.get(stage.feature, stage.feature)
    return found


def _new(before: StageSignature, stage: StageSignature) -> str:
    added = [f for f in ("dropout", "batch_norm") if getattr(stage, f) and not getattr(before, f)]
    changed = [
        f for f in ("optimizer", "activation", "initializer") if set(getattr(stage, f)) - set(getattr(before, f))
    ]
    return next(iter([*added, *changed]), "")


def has(feature: str, stage: StageSignature, run: TrainingRun) -> Has:
    """Whether the run has the feature as the stage asks for it, otherwise, or not."""
    network = run.architecture
    match feature:
        case "batch_norm":
            return Has.YES if network.has("norm") else Has.NOT
        case "dropout":
            return Has.YES if network.has("dropout") else Has.NOT
        case "optimizer":
            other = run.compile.optimizer not in ("", *DEFAULTS["optimizer"]) or bool(run.compile.momentum)
            return _level(run.compile.optimizer in stage.optimizer, other=other)
        case "activation":
            found = [b.activation for b in network.hidden]
            return _level(
                any(f in stage.activation for f in found), other=any(f not in DEFAULTS["activation"] for f in found)
            )
        case _:
            found = [str(b.dense.initializer) for b in network.blocks]
            return _level(
                any(f in stage.initializer for f in found), other=any(f not in DEFAULTS["initializer"] for f in found)
            )


def _level(asked: bool, *, other: bool) -> Has:
    return Has.YES if asked else Has.OTHERWISE if other else Has.NOT


def against(stage: StageSignature, run: TrainingRun) -> Mapping[str, float]:
    """For each feature the part of the network, in [0, 1], that is otherwise than the stage asks."""
    network = run.architecture
    return {
        "initializer": _initializer_differs(stage, network),
        "activation": _part_unlike(stage.activation, [b.activation for b in network.hidden]),
        "optimizer": float(bool(stage.optimizer) and run.compile.optimizer not in stage.optimizer),
        "batch_norm": float(stage.batch_norm is not None and network.has("norm") != stage.batch_norm),
        "dropout": float(stage.dropout is not None and network.has("dropout") != stage.dropout),
    }


def features_against(stage: StageSignature, run: TrainingRun) -> tuple[str, ...]:
    """The features in which at least half of the network differs from what the stage should look like."""
    return tuple(name for name, part in against(stage, run).items() if part >= 0.5)  # noqa: PLR2004 (half)


def found_words(feature: str, run: TrainingRun) -> str:
    """What a run has of a feature, for people: `SGD`, `sigmoid`, `no dropout`."""
    network = run.architecture
    match feature:
        case "optimizer":
            kind = run.compile.optimizer
            return {"sgd": "SGD", "rmsprop": "RMSprop", "": "no optimizer"}.get(kind, kind.capitalize())
        case "activation":
            return "/".join(dict.fromkeys(b.activation for b in network.hidden)) or "no hidden layer"
        case "initializer":
            return "/".join(dict.fromkeys(str(b.dense.initializer) for b in network.blocks))
        case "batch_norm":
            return "batch normalization" if network.has("norm") else "no batch normalization"
        case _:
            return "dropout" if network.has("dropout") else "no dropout"


def network_words(run: TrainingRun) -> str:
    """A run in a few words: `4 hidden layers, elu, dropout, Adam`."""
    if run.architecture.problem:
        return ", ".join(
            [f"a network that could not be read: {run.architecture.problem}", found_words("optimizer", run)]
        )
    count = len(run.architecture.hidden)
    parts = (
        [f"{count} hidden layer{'s' * (count != 1)}", found_words("activation", run)] if count else ["no hidden layer"]
    )
    parts += [found_words(f, run) for f in ("batch_norm", "dropout") if run.architecture.has(f.removeprefix("batch_"))]
    return ", ".join([*parts, found_words("optimizer", run)])


def _part_unlike(wanted: Sequence[str], found: Sequence[str]) -> float:
    if not wanted or not found:
        return 0.0
    return sum(f not in wanted for f in found) / len(found)


def _initializer_differs(stage: StageSignature, network: Architecture) -> float:
    blocks = network.blocks
    if not stage.initializer or not blocks:
        return 0.0
    special = [b.dense.initializer for b in blocks if b.dense.initializer != "glorot_uniform"]
    if "glorot_uniform" in stage.initializer:
        return len(special) / len(blocks)
    # One layer initialised as asked shows which stage is meant.
    return 0.0 if any(i in stage.initializer for i in special) else 1.0
