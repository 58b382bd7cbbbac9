"""A good and a bad submission, built from the records, for the tests of the reports."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grader.records import (
    EVIDENCE_VERSION,
    Advisory,
    Architecture,
    AskedNetwork,
    Band,
    Bands,
    CellRun,
    CellStatus,
    CheckResult,
    CompileFacts,
    CriterionResult,
    DataFacts,
    DataLoad,
    Ending,
    Evaluation,
    Evidence,
    Execution,
    FileKind,
    FitFacts,
    Grade,
    LabelFacts,
    Layer,
    Limits,
    Measurement,
    Mistake,
    Outcome,
    SourceFile,
    StageMatch,
    Submission,
    TrainingRun,
    Verdict,
)
from grader.reports.background import Background
from grader.reports.student import pages

HOSTILE = "<script>alert('x')</script>"
STAGES = {
    "naive": ("Naive MLP", 0.1135),
    "init": ("Weight initialization", 0.4694),
    "activation": ("Nonlinearity", 0.9145),
    "optimizer": ("Optimizers", 0.9464),
    "batchnorm": ("Batch normalization", 0.9616),
    "dropout": ("Dropout", 0.9035),
}
CONFUSION = tuple(tuple(940 if r == c else (r + 2 * c) % 13 for c in range(10)) for r in range(10))
MISTAKES = tuple(Mistake(100 * n + 7, n, (n + 3) % 10, 0.9 - n / 100) for n in range(10))
TEST_IMAGES = DataFacts((10000, 784), "uint8", "mnist", "test", "raw")
TRAINING_IMAGES = DataFacts((19800, 784), "uint8", "mnist", "train", "raw")


def band(stage: str, accuracy: float) -> Band:
    words = f"12 reference runs on raw pixels ended between {accuracy - 0.01:.4f} and {accuracy + 0.008:.4f}."
    return Band(stage, accuracy - 0.01, accuracy + 0.008, 12, 0, "raw", 32, 19800, words)


BANDS = Bands({stage: (band(stage, accuracy),) for stage, (_, accuracy) in STAGES.items()})


def curve(end: float, epochs: int, lag: float) -> tuple[float | None, ...]:
    wobble = (0.012 * math.sin(7.3 * e + lag) * math.exp(-e / 60) for e in range(epochs))
    return tuple(round(end * (1 - 0.7 * math.exp(-e / lag)) + w, 6) for e, w in enumerate(wobble))


def network(activation: str = "elu") -> Architecture:
    hidden = (Layer("dense", 50, initializer="he_normal", name="Dense"), Layer("activation", activation=activation))
    output = (Layer("dense", 10, initializer="he_normal", name="Dense"), Layer("activation", activation="softmax"))
    return Architecture((Layer("input"), *hidden * 4, *output), (None, 784))


def training_run(stage: str, number: int, epochs: int = 100, program: str = "lab.ipynb") -> TrainingRun:
    accuracy = STAGES[stage][1]
    labels = LabelFacts((19800, 10), "float32", "one-hot", 1.0)
    fit = FitFacts(epochs, epochs, 32, "split", 5940, 13860, TRAINING_IMAGES, labels)
    history = {"accuracy": curve(accuracy + 0.02, epochs, 12), "val_accuracy": curve(accuracy, epochs, 9)}
    return TrainingRun(
        id=f"r{number}",
        program=program,
        cell=10 + number,
        architecture=network(),
        compile=CompileFacts("adam", 0.001, loss="categorical_crossentropy", metrics=("accuracy",)),
        fit=fit,
        history=history,
        evaluations=(Evaluation(12 + number, "evaluate", TEST_IMAGES, accuracy + 0.0004),),
        plotted=("accuracy", "val_accuracy"),
        measurement=Measurement(accuracy, "raw", confusion=CONFUSION, mistakes=MISTAKES),
        source=f"model = build_{stage}()\nmodel.compile(Adam(0.001))\nhistory = model.fit(X_train, y_train)",
    )


def check(outcome: Outcome, maximum: str = "0.25", share: Fraction = Fraction(0), **texts: str) -> CheckResult:
    verdict = Verdict(
        outcome,
        Fraction(1) if outcome is Outcome.PASSED else share,
        texts.get("expected", "four hidden Dense(50), each followed by its activation"),
        texts.get("found", "four hidden Dense(50), each followed by elu"),
        texts.get("help", ""),
        texts.get("review", ""),
    )
    most = Fraction(maximum)
    return CheckResult(texts.get("criterion", ""), texts.get("name", "network"), verdict, most * verdict.share, most)


def criterion(id_: str, title: str, *checks: CheckResult, stage: str | None = None) -> CriterionResult:
    outcomes = {c.verdict.outcome for c in checks}
    outcome = outcomes.pop() if len(outcomes) == 1 else Outcome.PARTIAL
    score = sum((c.score for c in checks), Fraction(0))
    return CriterionResult(id_, title, stage, outcome, score, sum((c.max_score for c in checks), Fraction(0)), checks)


def grade(student: str, criteria: tuple[CriterionResult, ...], **changes: object) -> Grade:
    given: dict[str, object] = {
        "student": student,
        "total": sum((c.score for c in criteria), Fraction(0)),
        "max": Fraction(10),
        "ending": Ending.COMPLETED,
        "criteria": criteria,
        "stages": (),
        "review": (),
        "faults": (),
        "rubric_digest": "c0ffee" * 10,
        "submission_digest": "5eed" * 16,
    }
    return Grade(**(given | changes))  # type: ignore[arg-type] # the changes are fields of a Grade


def _data() -> tuple[CriterionResult, ...]:
    shapes = check(Outcome.PASSED, expected="(60000, 28, 28) and (10000, 28, 28)", found="these shapes, in cell 2")
    flat = check(Outcome.PASSED, "0.25", expected="784 values an image", found="784 values an image", name="flatten")
    rows = check(Outcome.PASSED, "0.25", expected="19,800 training images", found="19,800", name="subset")
    one_hot = check(Outcome.PASSED, expected="labels of shape (n, 10)", found="(19800, 10)")
    return (
        criterion("data.shapes", "MNIST loaded with its shapes", shapes),
        criterion("data.subset", "Flattened and cut to 19,800 rows", flat, rows),
        criterion("data.onehot", "One-hot labels over ten classes", one_hot),
    )


def _stage_criteria(stage: str) -> tuple[CriterionResult, ...]:
    title = STAGES[stage][0]
    kept = check(Outcome.PASSED, "0.5")
    reached = check(
        Outcome.PASSED,
        "1",
        expected="at least the lower edge of the band",
        found=f"measured {STAGES[stage][1]:.4f}",
        name="accuracy",
    )
    return (
        criterion(f"{stage}.kept", f"{title}: the rest kept", kept, stage=stage),
        criterion(f"{stage}.accuracy", f"{title}: accuracy", reached, stage=stage),
    )


def good_evidence(epochs: int = 100) -> Evidence:
    files = (
        SourceFile("lab.ipynb", FileKind.NOTEBOOK, "the newest of two near-identical notebooks"),
        SourceFile("lab (1).ipynb", FileKind.DUPLICATE, "98 % the same as lab.ipynb, and older"),
        SourceFile("plots.py", FileKind.HELPER, "imported by lab.ipynb"),
    )
    cells = tuple(CellRun(n, CellStatus.OK, 1.5) for n in range(1, 20))
    return Evidence(
        version=EVIDENCE_VERSION,
        submission=Submission("Ada Lovelace", Path("/class/ada"), files, "5eed" * 16),
        executions=(Execution("lab.ipynb", Ending.COMPLETED, 412.7, 1_288_490_188, cells, "", "bubblewrap"),),
        loads=(DataLoad("lab.ipynb", 2, "mnist", "load_data", ((60000, 28, 28), (60000,))),),
        runs=tuple(training_run(stage, n, epochs) for n, stage in enumerate(STAGES)),
        advisories=(Advisory("lab.ipynb", 4, "SGD(lr=…) was removed in Keras 3; write SGD(learning_rate=…) instead."),),
        environment={"python": "3.12.3", "tensorflow": "2.21.0", "keras": "3.15.0", "numpy": "2.4.1"},
    )


def good_grade() -> Grade:
    criteria = (*_data(), *(c for stage in STAGES for c in _stage_criteria(stage)))
    because = "it alone has the stage's optimizer and activation, and the heading above it names the stage"
    stages = tuple(StageMatch(s, title, f"r{n}", because) for n, (s, (title, _)) in enumerate(STAGES.items()))
    return grade("Ada Lovelace", criteria, stages=stages)


def bad_evidence() -> Evidence:
    module = training_run("batchnorm", 1, program="lab <b>.ipynb")
    source = f"print('{HOSTILE}')\nmodel.fit(X, y)"
    broken = TrainingRun(
        id="r2",
        program="lab <b>.ipynb",
        cell=21,
        architecture=Architecture((Layer("other", name=HOSTILE),), problem=f"holds a custom layer {HOSTILE}"),
        compile=CompileFacts(HOSTILE, None, loss=HOSTILE),
        fit=FitFacts(100, 7, None, "none"),
        history={"accuracy": (0.1, None, 0.3), "val_accuracy": (0.1, 0.2, None)},
        finished=False,
        error=f"ValueError: {HOSTILE}",
        measurement=Measurement(None, reason="a custom layer cannot be rebuilt outside"),
        source=source,
    )
    cells = (
        CellRun(1, CellStatus.OK, 1.0),
        CellRun(2, CellStatus.ERROR, 0.1, f"NameError: name '{HOSTILE}' is not defined"),
        CellRun(21, CellStatus.UNFINISHED, 900.0),
        CellRun(22, CellStatus.NOT_REACHED),
    )
    message = "Stopped after 30 minutes in cell 21; train for fewer epochs or look for a loop that never ends."
    ran = Execution("lab <b>.ipynb", Ending.TIMED_OUT, 1800.0, 900 << 20, cells, message, "process")
    files = (SourceFile(f"{HOSTILE}.ipynb", FileKind.NOTEBOOK, HOSTILE), SourceFile("a.txt", FileKind.IGNORED))
    return Evidence(
        version=EVIDENCE_VERSION,
        submission=Submission(HOSTILE, Path("/class/x y"), files, "0" * 64),
        executions=(ran,),
        runs=(module, broken, training_run("dropout", 3, program="lab <b>.ipynb")),
        advisories=(Advisory(HOSTILE, 3, HOSTILE),),
        faults=("measuring run r2 failed: no space left on device",),
        environment={"python": "3.12.3"},
        limits=Limits(max_epochs=3),
    )


def bad_grade() -> Grade:
    placement = check(
        Outcome.PARTIAL,
        "0.5",
        Fraction(1, 3),
        expected="batch normalization before the activation of every hidden layer",
        found="before it in 1 of 3 layers",
        help="Put BatchNormalization between Dense and its activation.",
        review="the order could not be read in one layer",
    )
    rest = (
        criterion("naive.network", "Naive MLP: the lab's network", _missing("0.5", HOSTILE), stage="naive"),
        criterion(
            "naive.vanishes", "Naive MLP: the gradient vanishes", check(Outcome.SKIPPED, found=""), stage="naive"
        ),
        criterion("batchnorm.placement", "Batch norm before the activation", placement, stage="batchnorm"),
        criterion("batchnorm.accuracy", "Batch norm: accuracy", _open("0.5"), stage="batchnorm"),
        criterion("dropout.all", "Dropout everywhere", check(Outcome.PASSED), _missing("0.25"), stage="dropout"),
    )
    stages = (
        StageMatch("naive", "Naive MLP", None, "no run has sigmoid units and plain SGD"),
        StageMatch("batchnorm", "Batch normalization", "r1", "it has batch norm", ("r3",), "r3 fits as well"),
        StageMatch("dropout", "Dropout", "r2", "its marker says so"),
    )
    return grade(
        HOSTILE,
        (*_data(), *rest),
        ending=Ending.TIMED_OUT,
        stages=stages,
        review=("batchnorm: r1 and r3 fit equally well", f"the student's name is odd: {HOSTILE}"),
        faults=("measuring run r2 failed: no space left on device",),
    )


def student_html(grade: Grade, evidence: Evidence, background: Background) -> str:
    """The student's page of a grade that hides nothing."""
    return pages(grade, grade, evidence, background).student


def _missing(maximum: str, found: str = "no such layer") -> CheckResult:
    advice = "Add a training run of this stage: four Dense(50) with sigmoid, SGD(0.001)."
    return check(Outcome.FAILED, maximum, found=found, help=advice, name="hidden layers")


def _open(maximum: str) -> CheckResult:
    found = "not measured: quick mode trained for 3 epochs"
    return check(Outcome.NOT_ASSESSED, maximum, expected="at least 0.9516", found=found, name="accuracy")


LAB = AskedNetwork(hidden=4, units=50, outputs=10, activation=("elu", "relu"), norm=False, dropout=False)
ASKED = {
    "naive": replace(LAB, activation=("sigmoid",)),
    "init": replace(LAB, initializer=("he_normal",)),
    "activation": LAB,
    "optimizer": LAB,
    "batchnorm": replace(LAB, norm=True, norm_first=True),
    "dropout": replace(LAB, dropout=True, rate=0.2),
}


def digit(number: int) -> NDArray[np.uint8]:
    """A picture of 28 by 28 that is another for each number."""
    return (np.indices((28, 28)).sum(axis=0) * (number % 7 + 1) % 256).astype(np.uint8)


BACKGROUND = Background(BANDS, ASKED, ASKED, test_image=digit)
