"""Builds records of a faultless submission, for tests to plant one fault in each."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from grader.assignment.criterion import Rubric
from grader.assignment.rubric import bundled, load
from grader.grading.scoring import grade
from grader.records import (
    EVIDENCE_VERSION,
    Architecture,
    Band,
    Bands,
    CompileFacts,
    CriterionResult,
    DataFacts,
    DataLoad,
    Ending,
    Evaluation,
    Evidence,
    Execution,
    Facts,
    FileKind,
    FitFacts,
    Grade,
    LabelFacts,
    Layer,
    Measurement,
    SourceFile,
    StageMatch,
    Submission,
    TrainingRun,
)

STAGES = ("naive", "init", "activation", "optimizer", "batchnorm", "dropout")
ACTIVATIONS = {"naive": "sigmoid", "init": "sigmoid", "activation": "relu"}
LOW = {"naive": 0.1, "init": 0.38, "activation": 0.9, "optimizer": 0.94, "batchnorm": 0.96, "dropout": 0.89}
MEASURED = {s: 0.1135 if s == "naive" else low + 0.005 for s, low in LOW.items()}
TRAIN = DataFacts((19_800, 784), "uint8", "mnist", "train", "raw")
TEST = DataFacts((10_000, 784), "uint8", "mnist", "test", "raw")
ONE_HOT = LabelFacts((19_800, 10), "float64", "one-hot", 1.0)
OFFICIAL = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))


def dense(units: int = 50, initializer: str = "glorot_uniform") -> Layer:
    return Layer("dense", units=units, initializer=initializer, name="Dense")


def activation(name: str) -> Layer:
    return Layer("activation", activation=name, name="Activation")


def dropout(rate: float = 0.2) -> Layer:
    return Layer("dropout", rate=rate, name="Dropout")


NORM = Layer("norm", name="BatchNormalization")


def network(stage: str) -> Architecture:
    """The network of that stage as the lab builds it."""
    initializer = "he_normal" if stage == "init" else "glorot_uniform"
    block = [dense(initializer=initializer), activation(ACTIVATIONS.get(stage, "elu"))]
    if stage == "batchnorm":
        block.insert(1, NORM)
    if stage == "dropout":
        block.append(dropout())
    return Architecture((*block * 4, dense(10, initializer), activation("softmax")), (784,))


def perfect_run(stage: str, **changes: Any) -> TrainingRun:
    """The run of that stage as the lab trains it, with the fields in `changes` replaced."""
    kind = "sgd" if stage in {"naive", "init", "activation"} else "adam"
    run = TrainingRun(
        id=f"run-{stage}",
        program="lab.ipynb",
        cell=STAGES.index(stage) + 3,
        architecture=network(stage),
        compile=CompileFacts(kind, 0.0010000000474974513, loss="categorical_crossentropy", metrics=("accuracy",)),
        fit=FitFacts(100, 100, 256 if stage == "naive" else 32, "split", 5_940, 13_860, images=TRAIN, labels=ONE_HOT),
        evaluations=(Evaluation(STAGES.index(stage) + 3, "evaluate", TEST, MEASURED[stage]),),
        plotted=("accuracy", "val_accuracy"),
        measurement=Measurement(MEASURED[stage], "raw"),
    )
    return replace(run, **changes)


def refit(run: TrainingRun, **changes: Any) -> TrainingRun:
    """The run with fields of its fit replaced."""
    assert run.fit
    return replace(run, fit=replace(run.fit, **changes))


def recompiled(run: TrainingRun, **changes: Any) -> TrainingRun:
    """The run with fields of its compile settings replaced."""
    return replace(run, compile=replace(run.compile, **changes))


def rebuilt(run: TrainingRun, *layers: Layer) -> TrainingRun:
    """The run with another network."""
    return replace(run, architecture=Architecture(layers, (784,)))


def perfect_runs() -> dict[str, TrainingRun]:
    return {stage: perfect_run(stage) for stage in STAGES}


def evidence(runs: Iterable[TrainingRun] | None = None, **changes: Any) -> Evidence:
    """The evidence of a submission of one notebook that ran to its end."""
    submission = Submission("ada", Path("ada"), (SourceFile("lab.ipynb", FileKind.NOTEBOOK),), "d1g35t")
    facts = Evidence(
        version=EVIDENCE_VERSION,
        submission=submission,
        executions=(execution(),),
        loads=(DataLoad("lab.ipynb", 2, "mnist", "load_data", OFFICIAL),),
        runs=tuple(perfect_runs().values() if runs is None else runs),
    )
    return replace(facts, **changes)


def execution(ending: Ending = Ending.COMPLETED, message: str = "") -> Execution:
    return Execution("lab.ipynb", ending, 60.0, 1 << 30, (), message, "bubblewrap")


def band(stage: str, **changes: Any) -> Band:
    """The band on raw pixels with the lab's settings."""
    settings = Band(
        stage,
        LOW[stage],
        LOW[stage] + 0.02,
        10,
        0,
        "raw",
        256 if stage == "naive" else 32,
        19_800,
        "10 seeds on raw pixels",
    )
    return replace(settings, **changes)


def bands() -> Bands:
    return Bands({stage: (band(stage),) for stage in STAGES})


def matched(runs: Mapping[str, TrainingRun]) -> tuple[StageMatch, ...]:
    """Every stage matched with the run of its name, or with none."""
    ids = {stage: runs[stage].id if stage in runs else None for stage in STAGES}
    return tuple(
        StageMatch(s, s.title(), i, "it fits best" if i else "no run has what it asks for") for s, i in ids.items()
    )


def facts(run: TrainingRun, stage: str, **changes: Any) -> Facts:
    """What a check of that stage sees where this run answers it."""
    seen = Facts(evidence([run]), {stage: run}, STAGES, stage, bands())
    return replace(seen, **changes)


def all_facts(runs: Mapping[str, TrainingRun], **changes: Any) -> Facts:
    """What a check without a stage sees."""
    return Facts(evidence(runs.values(), **changes), runs, STAGES, None, bands())


@cache
def rubric() -> Rubric:
    """The bundled rubric."""
    return load(bundled())


def graded(runs: Mapping[str, TrainingRun] | None = None, **changes: Any) -> Grade:
    """The grade of these runs by the bundled rubric; `changes` are fields of the evidence."""
    runs = perfect_runs() if runs is None else runs
    return grade(evidence(runs.values(), **changes), rubric(), matched(runs), bands())


def criterion(grade: Grade, id_: str) -> CriterionResult:
    """The result of one criterion."""
    return next(c for c in grade.criteria if c.id == id_)
