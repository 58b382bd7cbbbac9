"""What a student trains: stages with departures, missing or shuffled, and runs beyond them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.honest import plan as honest
from tests.similarity.honest import STAGES
from tests.variety.student import Student

Change = Callable[[Student], Mapping[str, Any]]


@dataclass(frozen=True)
class Run(honest.Run):
    """One network that is trained; `stage` is what the student means it for, `said` what the program says it is."""

    said: str = ""
    """A stage, `both`, `extra`, or nothing."""
    label: str = ""
    """The words that say it, or words that say nothing."""
    key: str = ""
    """The part of names that stands for the run."""
    spare: str = ""
    """What kind of run beyond the stages it is."""
    of: str = ""
    """The stage of which it is another try."""
    places: tuple[int, ...] = tuple(range(9))
    """The hidden layers that have batch normalization or dropout."""
    drop_first: bool = False
    """Whether dropout comes before the activation."""
    rates: tuple[float, ...] = ()
    """Of a sweep."""
    times: int = 1

    @property
    def loop(self) -> bool:
        return self.spare in {"sweep", "folds", "ensemble"}


@dataclass
class Plan:
    """Runs in their order, and what is unusual about them."""

    runs: list[Run]
    departures: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


def _set(**changes: Any) -> Change:
    return lambda _: changes


def _units(s: Student) -> Mapping[str, Any]:
    return {"units": s.rng.choice([(64,) * 4, (128,) * 4, (100,) * 4, (128, 64, 32, 16), (32,) * 4])}


def _depth(s: Student) -> Mapping[str, Any]:
    return {"units": (50,) * s.rng.choice([1, 2, 3, 3, 5])}


def _rate(s: Student) -> Mapping[str, Any]:
    return {"dropout": s.rng.choice([0.5, 0.5, 0.3, 0.1])}


def _some(s: Student) -> Mapping[str, Any]:
    return {"places": s.rng.choice([(0,), (0, 1), (3,), (1, 2)])}


def _other_start(s: Student) -> Mapping[str, Any]:
    return {"initializer": s.rng.choice(["he_uniform", "glorot_normal", "random_normal"])}


SLOW = {"optimizer": "SGD", "rate": 0.001}
ANYWHERE: Mapping[str, Change] = {"wrong units": _units, "wrong depth": _depth}
DEPARTURES: Mapping[str, Mapping[str, Change]] = {
    "naive": {
        "relu already": _set(activation="relu"),
        "tanh": _set(activation="tanh"),
        "Adam already": _set(optimizer="Adam"),
        "rate 0.01": _set(rate=0.01),
    },
    "init": {
        "he_normal is forgotten": _set(initializer=""),
        "another initializer": _other_start,
        "relu already": _set(activation="relu"),
        "Adam already": _set(optimizer="Adam"),
        "first layer only": _set(initializer="first:he_normal", whole=False),
    },
    "activation": {
        "sigmoid stays": _set(activation="sigmoid"),
        "Adam already": _set(optimizer="Adam"),
        "he_normal stays": _set(initializer="he_normal", whole=False),
        "rate 0.01": _set(rate=0.01),
    },
    "optimizer": {
        "SGD stays": _set(**SLOW),
        "sigmoid stays": _set(activation="sigmoid"),
        "another optimizer": _set(optimizer="RMSprop"),
        "he_normal stays": _set(initializer="he_normal", whole=False),
    },
    "batchnorm": {
        "after the activation": _set(norm="after"),
        "some layers only": _some,
        "SGD": _set(**SLOW),
        "sigmoid and SGD": _set(activation="sigmoid", **SLOW),
        "dropout too": _set(dropout=0.2),
        "he_normal stays": _set(initializer="he_normal", whole=False),
        "no batch normalization in it": _set(norm=""),
    },
    "dropout": {
        "wrong rate": _rate,
        "some layers only": _some,
        "before the activation": _set(drop_first=True),
        "SGD": _set(**SLOW),
        "sigmoid and SGD": _set(activation="sigmoid", **SLOW),
        "batch normalization stays": _set(norm="before"),
        "he_normal stays": _set(initializer="he_normal", whole=False),
        "no dropout in it": _set(dropout=0),
    },
}
RARE = {"no batch normalization in it", "no dropout in it", "relu already", "tanh", "Adam already"}
NOT_SHARED = {"first layer only", "before the activation"}
"""What one function with options has no option for."""


def planned(s: Student) -> Plan:
    """The student's plan, without words."""
    plan = Plan(_stages(s))
    _depart(s, plan)
    if s.often(0.06):
        _combine(plan)
    _leave_out(s, plan)
    _shuffle(s, plan)
    _spare(s, plan)
    return plan


def _stages(s: Student) -> list[Run]:
    nonlinear = s.of(relu=72, elu=10, leaky_relu=8, tanh=10)
    later = s.of(elu=55, relu=35, same=10).replace("same", nonlinear)
    adam: dict[str, Any] = {"optimizer": "Adam", "activation": later, "rate": s.rng.choice([0.001, 0.001, None])}
    runs = [
        Run("naive", "", batch=256 * s.often(0.6)),
        Run("init", "", initializer="he_normal", whole=s.often(0.7)),
        Run("activation", "", activation=nonlinear),
        Run("optimizer", "", **adam),
        Run("batchnorm", "", norm="before", **adam),
        Run("dropout", "", dropout=0.2, **adam),
    ]
    if s.layout == "table":
        return [replace(r, batch=0) for r in runs]
    return runs


def _depart(s: Student, plan: Plan) -> None:
    shares = {"none": (1, 0, 0, 0), "some": (16, 3, 1, 0), "many": (9, 6, 3, 2)}[s.care]
    for n, run in enumerate(plan.runs):
        known = {**ANYWHERE, **DEPARTURES[run.stage]}
        names = [x for x in known if not (s.shared and x in NOT_SHARED) and not (x in RARE and s.often(0.6))]
        for name in s.rng.sample(names, s.rng.choices(range(4), shares)[0]):
            plan.runs[n] = replace(plan.runs[n], **known[name](s))
            plan.departures.setdefault(run.stage, []).append(name)


def _combine(plan: Plan) -> None:
    """One network with batch normalization and dropout in place of the two stages."""
    last = plan.runs[5]
    plan.runs[4:] = [replace(last, stage="", spare="both", norm="before", dropout=last.dropout or 0.2)]
    kept = plan.departures.pop("dropout", [])
    plan.departures.pop("batchnorm", None)
    plan.departures |= {"both": kept} if kept else {}
    plan.choices.append("one network with batch normalization and dropout in place of the two")


def _leave_out(s: Student, plan: Plan) -> None:
    there = [r.stage for r in plan.runs if r.stage]
    plan.missing = s.rng.sample(there, s.rng.choices(range(4), (62, 22, 10, 6))[0])
    plan.runs = [r for r in plan.runs if r.stage not in plan.missing]
    plan.departures = {k: v for k, v in plan.departures.items() if k not in plan.missing}


def _shuffle(s: Student, plan: Plan) -> None:
    match s.of(order=74, swapped=16, shuffled=10):
        case "swapped":
            n = s.rng.randrange(len(plan.runs) - 1)
            plan.runs[n], plan.runs[n + 1] = plan.runs[n + 1], plan.runs[n]
            plan.choices.append("two neighbours swapped")
        case "shuffled":
            s.rng.shuffle(plan.runs)
            plan.choices.append("stages shuffled")


def _spare(s: Student, plan: Plan) -> None:
    tries: dict[str, dict[str, Any]] = {
        "init": {"initializer": s.rng.choice(["he_uniform", "glorot_normal"])},
        "activation": {"activation": s.rng.choice(["tanh", "elu", "leaky_relu", "selu"])},
        "optimizer": {"optimizer": s.rng.choice(["RMSprop", "Nadam", "Adagrad"])},
        "batchnorm": {"norm": "after"},
        "dropout": {"dropout": s.rng.choice([0.5, 0.3, 0.4])},
    }
    whole: list[Run] = []
    for run in plan.runs:
        again = run.stage in STAGES and s.layout not in {"table", "builders"} and s.often(0.03)
        whole.append(replace(run, times=1 + again))
        if run.stage in tries and s.often(0.07):
            whole.append(replace(run, stage="", spare="try", of=run.stage, **tries[run.stage]))
        if run.stage and s.often(0.03):
            whole.append(replace(run, spare="twice", stage="", of=run.stage))
    if s.often(0.08):
        whole.insert(s.pick("first", "first", "last") == "last" and len(whole), Run("", "", spare="softmax", units=()))
    whole += [_tuned(s) for _ in range(s.rng.choice([1, 1, 2, 3]) if s.often(0.3) else 0)]
    done = [r for r in plan.runs if r.stage in {"optimizer", "batchnorm", "dropout"}]
    last = s.rng.choice(done) if done else Run("", "", activation="relu", optimizer="Adam")
    beyond = replace(last, stage="", batch=0)
    if s.often(0.08):
        whole.append(replace(beyond, spare="both", norm="before", dropout=0.2, of="end"))
    for kind, share in {"sweep": 0.07, "folds": 0.05, "ensemble": 0.05}.items():
        if s.often(share):
            rates = s.rng.choice([(0.1, 0.01, 0.001), (0.01, 0.001, 0.0001), (0.05, 0.005)]) if kind == "sweep" else ()
            whole.append(replace(beyond, spare=kind, rates=rates, times=1 if rates else s.rng.choice([2, 3])))
    plan.runs = whole
    plan.choices += sorted({r.spare for r in whole if r.spare} | {"fitted twice" for r in whole if r.times > 1})


def _tuned(s: Student) -> Run:
    return Run(
        "", "", spare="tuned",
        activation=s.of(relu=6, elu=4),
        initializer=s.of(none=5, he_normal=5).replace("none", ""),
        whole=False,
        optimizer=s.of(Adam=8, RMSprop=1, SGD=1),
        rate=s.rng.choice([0.001, 0.0005, 0.002, 0.01]),
        norm=s.of(before=5, after=1, none=4).replace("none", ""),
        dropout=s.rng.choice([0, 0, 0.2, 0.3]),
        units=s.rng.choice([(256, 128, 64), (512, 256, 128, 64), (128,) * 4, (100, 100), (50,) * 6]),
        batch=0 if s.layout == "table" else s.rng.choice([0, 64, 128]),
    )  # fmt: skip
