"""What an expert instructor says answers each stage.

Whoever says that a network is a stage is believed, however badly it is done; of several the one nearest to the lab
counts, and equal ones count alike. Where nothing is said, the network that has what makes a stage is it. Where that
leads elsewhere than the student meant, nobody could tell, and a person is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.similarity.honest import STAGES
from tests.variety.plan import Run

SLOPES = {"relu", "elu", "leaky_relu", "tanh", "selu"}
DEEP = {"optimizer", "batchnorm", "dropout"}


@dataclass(frozen=True)
class Fit:
    """One training: the n-th of the program, in which code cell, of which run."""

    ordinal: int
    cell: int
    run: Run


@dataclass
class Verdict:
    """Stage to the fits that may answer it; None among them where nothing may, too."""

    stages: dict[str, list[Fit | None]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def told(self, program: str) -> dict[str, Any]:
        """For `expected.json`: null, one answer, or a list of acceptable ones."""
        whole: dict[str, Any] = {}
        for stage, fits in self.stages.items():
            rows = [f and {"run": f.ordinal, "program": program, "cell": f.cell} for f in fits]
            whole[stage] = rows if len(rows) > 1 else rows[0]
        return whole

    def spare(self, fits: Sequence[Fit]) -> list[int]:
        """The ordinals of fits that answer nothing."""
        answering = {f.ordinal for found in self.stages.values() for f in found if f}
        return [f.ordinal for f in fits if f.ordinal not in answering]


def kind(run: Run) -> str:
    """The stage whose making a network has, the latest of the lab where it has several."""
    if not run.units:
        return ""
    if run.norm or run.dropout:
        return "both" if run.norm and run.dropout else "batchnorm" if run.norm else "dropout"
    if run.optimizer != "SGD":
        return "optimizer"
    return "activation" if run.activation in SLOPES else "init" if run.initializer else "naive"


def distance(run: Run, stage: str) -> float:
    """How far a network is from the lab's."""
    misses = {
        "activation": (run.activation in SLOPES) != (stage in {"activation", *DEEP}),
        "optimizer": (run.optimizer != "SGD") != (stage in DEEP),
        "normalization": bool(run.norm) != (stage == "batchnorm"),
        "dropout": bool(run.dropout) != (stage == "dropout"),
        "initialization": bool(run.initializer) != (stage == "init"),
    }
    small = [
        stage in DEEP and run.optimizer not in {"SGD", "Adam"},
        run.rate not in {0.001, None},
        len(run.units) != 4,
        set(run.units) != {50},
        stage == "init" and run.initializer != "he_normal",
        stage == "dropout" and run.dropout != 0.2,
        stage == "batchnorm" and run.norm == "after",
        len(run.places) < 9 and stage in {"batchnorm", "dropout"},
        run.drop_first,
    ]
    return 2 * sum(misses.values()) + sum(small)


def judged(fits: Sequence[Fit], *, numbers_only: bool) -> Verdict:
    """The expert's answer; `numbers_only` says whether nothing but the handout's numbers says what is what."""
    verdict = Verdict()
    for stage in STAGES:
        named = [f for f in fits if f.run.said == stage]
        if named:
            verdict.stages[stage] = [*_nearest([*named, *_below(fits, named, stage)], stage)]
            if numbers_only and not any(_makes(f, stage, fits) for f in named):
                verdict.reasons.append(f"{stage} is said by a number alone, and the network is another")
            continue
        verdict.stages[stage] = _unsaid(fits, stage, verdict)
    return verdict


def _below(fits: Sequence[Fit], named: Sequence[Fit], stage: str) -> list[Fit]:
    """Networks of the stage's kind that follow one said to be it, without words of their own."""
    found = list(named)
    for fit in fits:
        follows = any(f.ordinal == fit.ordinal - 1 for f in found)
        if follows and not fit.run.said and not fit.run.loop and _makes(fit, stage, fits):
            found.append(fit)
    return found[len(named) :]


def _unsaid(fits: Sequence[Fit], stage: str, verdict: Verdict) -> list[Fit | None]:
    """The answer for a stage that no words name."""
    named = [f for f in fits if f.run.said == "both"] if stage in {"batchnorm", "dropout"} else []
    if named:
        verdict.reasons.append(f"{stage}: one network is said to be batch normalization and dropout")
        return [*named, None]
    able = [f for f in fits if not f.run.said and _makes(f, stage, fits)]
    best = _nearest([f for f in able if not f.run.loop] or able, stage)
    meant = [f for f in fits if f.run.stage == stage and not f.run.said]
    if meant and not set(meant) & set(best):
        verdict.reasons.append(f"{stage}: nothing is said, and the network meant for it has not what makes it best")
        return [*best, *meant, *([] if set(meant) & set(able) else [None])]
    if best and not meant:
        verdict.reasons.append(f"{stage}: only a network meant for something else could be it")
        return [*best, None]
    return [*best] or [None]


def _makes(fit: Fit, stage: str, fits: Sequence[Fit]) -> bool:
    """Whether a network has what makes a stage; with both norm and dropout it is the one that nothing else is."""
    found = kind(fit.run)
    if found != "both" or stage not in {"batchnorm", "dropout"}:
        return found == stage
    other = "dropout" if stage == "batchnorm" else "batchnorm"
    there = {kind(f.run) for f in fits if not f.run.loop} | {f.run.said for f in fits if f is not fit}
    return other in there or stage not in there


def _nearest(fits: Sequence[Fit], stage: str) -> list[Fit]:
    near = min((distance(f.run, stage) for f in fits), default=0.0)
    return [f for f in fits if distance(f.run, stage) == near]
