"""What a student trains: the lab's six stages, the slips and shortcuts of honest work, and what some try beyond it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.honest.student import Student
from tests.similarity.honest import STAGES


@dataclass(frozen=True)
class Run:
    """One network that is trained; `stage` is empty where it is nobody's stage."""

    stage: str
    title: str
    activation: str = "sigmoid"
    initializer: str = ""
    whole: bool = True
    """Whether the output layer is initialised like the hidden ones."""
    optimizer: str = "SGD"
    rate: float | None = 0.001
    norm: str = ""
    dropout: float = 0
    last_only: bool = False
    """Whether dropout follows the last hidden layer only."""
    named: bool = False
    """Whether the optimizer is given by its name, as a string."""
    units: tuple[int, ...] = (50, 50, 50, 50)
    batch: int = 0
    plotted: bool = True
    scored: bool = True


@dataclass
class Plan:
    """What is trained in which order, and in what it departs from the lab."""

    runs: list[Run]
    departures: list[str]
    choices: list[str]

    def change(self, stage: str, departure: str, **changes: object) -> None:
        """Replaces fields of a stage's run, which is a departure."""
        self.runs = [replace(r, **changes) if r.stage == stage else r for r in self.runs]  # type: ignore[arg-type]
        self.departures.append(departure)

    def change_all(self, departure: str, **changes: object) -> None:
        self.runs = [replace(r, **changes) for r in self.runs]  # type: ignore[arg-type]
        self.departures.append(departure)


def planned(s: Student) -> Plan:
    """The student's plan."""
    plan = Plan(_stages(s), [], [])
    _choose(s, plan)
    slips = {"strong": 0, "ordinary": int(s.often(0.3)), "weak": s.rng.randint(1, 3)}[s.level]
    shared = s.layout in {"options", "table", "builders"}
    for slip in s.rng.sample([x for x in SLIPS if not (shared and x in BY_STAGE)], slips):
        slip(s, plan)
    _batches(s, plan)
    _beyond(s, plan)
    return plan


def _stages(s: Student) -> list[Run]:
    nonlinear = s.of(relu=76, elu=9, leaky_relu=8, tanh=7)
    later = s.of(elu=62, relu=30, same=8).replace("same", nonlinear)
    whole = s.often(0.7)
    return [
        Run("naive", "naive"),
        Run("init", "init", initializer="he_normal", whole=whole),
        Run("activation", "activation", activation=nonlinear),
        Run("optimizer", "optimizer", activation=later, optimizer="Adam"),
        Run("batchnorm", "batchnorm", activation=later, optimizer="Adam", norm="before"),
        Run("dropout", "dropout", activation=later, optimizer="Adam", dropout=0.2),
    ]


def _choose(s: Student, plan: Plan) -> None:
    """What a lab leaves open and honest students do differently."""
    if s.often(0.16):
        kept = {"activation", "optimizer", "batchnorm", "dropout"}
        plan.runs = [replace(r, initializer="he_normal", whole=False) if r.stage in kept else r for r in plan.runs]
        plan.choices.append("he_normal is kept in the later stages")
    if s.often(0.04):
        plan.runs[4], plan.runs[5] = plan.runs[5], plan.runs[4]
        plan.choices.append("dropout comes before batch normalization")
    if s.often(0.25):
        named = s.often(0.7)
        plan.runs = [replace(r, rate=None, named=named) if r.optimizer == "Adam" else r for r in plan.runs]
    if s.often(0.06 if s.activation_apart else 0.28):
        plan.change("batchnorm", "batch normalization after the activation", norm="after")
    plan.choices += [f"{s.api}, {s.layout}, {s.form}", f"pixels {s.scale}", f"validation {s.validation}"]
    plan.choices += [f"digits from {s.source}, {s.subset}, {'sparse' if s.sparse else 'one-hot'}, {s.score}, {s.plot}"]


def _batches(s: Student, plan: Plan) -> None:
    if s.layout in {"table", "builders"}:
        plan.choices.append("one batch size throughout")
        return
    if s.often(0.5):
        plan.runs = [replace(r, batch=256 if r.stage == "naive" else 0) for r in plan.runs]
        return
    batch = int(s.of(**{"0": 2, "32": 2, "64": 2, "128": 4, "256": 2}))
    plan.runs = [replace(r, batch=batch) for r in plan.runs]
    plan.choices.append(f"batches of {batch or 'the default'} throughout")


def _beyond(s: Student, plan: Plan) -> None:
    """Second tries within the lab, and tuned networks at its end."""
    there = {r.stage: n for n, r in enumerate(plan.runs)}
    tries: list[tuple[float, str, dict[str, object]]] = [
        (0.10, "activation", {"activation": s.of(tanh=4, elu=4, leaky_relu=3, selu=1)}),
        (0.07, "optimizer", {"optimizer": s.of(RMSprop=5, Nadam=1, Adagrad=2)}),
        (0.06, "dropout", {"dropout": float(s.rng.choice(["0.5", "0.3", "0.4"]))}),
        (0.04, "init", {"initializer": s.of(he_uniform=2, glorot_normal=1, random_normal=1)}),
    ]
    for share, stage, changes in reversed(tries):
        if s.often(share) and stage in there:
            at = plan.runs[there[stage]]
            plan.runs.insert(there[stage] + 1, replace(at, stage="", title="extra", **changes))  # type: ignore[arg-type]
            there = {r.stage: n for n, r in enumerate(plan.runs) if r.stage}
            plan.choices.append(f"{stage} is tried once more with {changes}")
    for _ in range(s.rng.choice([1, 1, 1, 2, 3]) if s.often(0.25) else 0):
        plan.runs.append(_tuned(s))
    plan.choices += ["tuned"] * any(r.title == "tuned" for r in plan.runs)


def _tuned(s: Student) -> Run:
    wide = s.rng.choice([(256, 128, 64), (512, 256, 128, 64), (128, 128, 128, 128), (100, 100), (200, 100, 50, 50)])
    return Run(
        "",
        "tuned",
        activation=s.of(relu=6, elu=4),
        initializer=s.of(none=5, he_normal=5).replace("none", ""),
        whole=False,
        optimizer=s.of(Adam=9, RMSprop=1),
        rate=s.rng.choice([0.001, 0.0005, 0.002, 0.0001]),
        norm=s.of(before=7, none=3).replace("none", ""),
        dropout=float(s.rng.choice(["0", "0.2", "0.3", "0.1"])),
        units=wide,
        batch=s.rng.choice([0, 64, 128]),
    )


def _rate(s: Student, p: Plan) -> None:
    rate = float(s.rng.choice(["0.5", "0.3", "0.25", "0.1"]))
    p.change("dropout", f"dropout rate {rate:g}", dropout=rate)


def _lost(s: Student, p: Plan) -> None:
    stage = s.of(init=2, activation=1, optimizer=2, batchnorm=3, dropout=5)
    p.runs = [r for r in p.runs if r.stage != stage]
    p.departures.append(f"no {stage}")


def _unscored(s: Student, p: Plan) -> None:
    stage = s.rng.choice(STAGES)
    p.change(stage, f"{stage} is not evaluated", scored=False)


def _unplotted(s: Student, p: Plan) -> None:
    stage = s.rng.choice(STAGES)
    p.change(stage, f"{stage} is not plotted", plotted=False)


def _never_scored(_: Student, p: Plan) -> None:
    p.change_all("nothing is evaluated", scored=False)


def _fast(s: Student, p: Plan) -> None:
    named = s.often(0.5)
    p.runs = [replace(r, rate=0.01, named=named) if r.optimizer == "SGD" else r for r in p.runs]
    p.departures.append("SGD with a learning rate of 0.01")


def _other_init(s: Student, p: Plan) -> None:
    kind = s.of(he_uniform=3, glorot_normal=1, random_normal=1)
    p.change("init", f"{kind} in place of he_normal", initializer=kind)


def _first_layer(_: Student, p: Plan) -> None:
    p.change("init", "he_normal in the first layer only", initializer="first:he_normal", whole=False)


def _units(s: Student, p: Plan) -> None:
    units = s.rng.choice([(64,) * 4, (128,) * 4, (100,) * 4, (128, 64, 32, 16)])
    p.change_all(f"hidden units {units}", units=units)


def _layers(s: Student, p: Plan) -> None:
    count = s.rng.choice([2, 3, 3])
    p.change_all(f"{count} hidden layers", units=(50,) * count)


def _rmsprop(_: Student, p: Plan) -> None:
    p.change("optimizer", "RMSprop in place of Adam", optimizer="RMSprop")


def _relu_early(_: Student, p: Plan) -> None:
    p.change("init", "relu in the stage of initialization", activation="relu")


def _piled(s: Student, p: Plan) -> None:
    p.change("dropout", "batch normalization stays in the dropout stage", norm=s.of(before=3, after=1))


def _slow_norm(_: Student, p: Plan) -> None:
    p.change("batchnorm", "SGD in the stage of batch normalization", optimizer="SGD", rate=0.001)


def _few_drops(_: Student, p: Plan) -> None:
    p.change("dropout", "dropout after the last hidden layer only", last_only=True)


SLIPS: list[Callable[[Student, Plan], None]] = [
    _rate, _rate, _lost, _lost, _unscored, _unplotted, _never_scored, _fast, _other_init,
    _first_layer, _units, _layers, _rmsprop, _relu_early, _piled, _slow_norm, _few_drops,
]  # fmt: skip
BY_STAGE = {_unscored, _unplotted, _never_scored}
"""What cannot slip where one function scores and plots every stage."""
