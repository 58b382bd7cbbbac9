"""The frozen facts and findings that the steps of the pipeline hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from pathlib import Path

# ---------------------------------------------------------------- what was handed in


class FileKind(StrEnum):
    """What intake took a file for."""

    NOTEBOOK = "notebook"
    MODULE = "module"
    HELPER = "helper"
    """A module that another file imports: put beside it, not run by itself."""
    DATA = "data"
    """Anything else that a program may open: put beside it."""
    DUPLICATE = "duplicate"
    """An older copy of a program that counts: not run."""
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a submission; `name` is relative to the submission, `note` says why it was taken so."""

    name: str
    kind: FileKind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything one student handed in; `root` is the folder that the file names are relative to."""

    student: str
    root: Path
    files: tuple[SourceFile, ...]
    digest: str
    """sha256 over names and contents of the files that matter to a run."""

    @property
    def programs(self) -> tuple[SourceFile, ...]:
        """The files to run, in the order to run them."""
        return tuple(f for f in self.files if f.kind in {FileKind.NOTEBOOK, FileKind.MODULE})

    @property
    def beside(self) -> tuple[SourceFile, ...]:
        """The files a program may import or open."""
        return tuple(f for f in self.files if f.kind in {FileKind.HELPER, FileKind.DATA})


@dataclass(frozen=True, slots=True)
class Program:
    """A notebook or module read into code cells; a module is one cell."""

    name: str
    kind: FileKind
    cells: tuple[str, ...]
    """The sources of the code cells that are not blank; cell number 1 is the first, `In [1]` when executed."""
    headings: tuple[str, ...]
    """For each of `cells`, the markdown since the cell before it (empty for a module)."""
    tags: tuple[tuple[str, ...], ...]
    """For each of `cells`, its metadata tags."""
    notebook: Mapping[str, object]
    """The notebook as JSON (nbformat 4) that is handed to the kernel."""


# ---------------------------------------------------------------- how it ran


class Ending(StrEnum):
    """How a run ended; says nothing about what was found."""

    COMPLETED = "completed"
    CELL_ERROR = "cell error"
    """All cells had their turn, at least one raised or did not parse."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    OUTPUT_LIMIT = "output limit"
    PROCESS_LIMIT = "process limit"
    KERNEL_DIED = "kernel died"
    UNREADABLE = "unreadable"
    NOTHING_TO_RUN = "nothing to run"
    GRADER_FAULT = "grader fault"


class CellStatus(StrEnum):
    """What became of one cell."""

    OK = "ok"
    ERROR = "error"
    NOT_REACHED = "not reached"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class CellRun:
    """One code cell's turn; `error` is a line such as `NameError: name 'x' is not defined`."""

    number: int
    status: CellStatus
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """One program's run in the sandbox; memory in bytes."""

    program: str
    ending: Ending
    seconds: float
    peak_memory: int
    cells: tuple[CellRun, ...]
    message: str
    """One sentence for people: what happened and what to do; empty when all is well."""
    sandbox: str

    @property
    def failed_cell(self) -> int | None:
        """The first cell that raised or was running when the run was stopped."""
        bad = {CellStatus.ERROR, CellStatus.UNFINISHED}
        return next((c.number for c in self.cells if c.status in bad), None)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use; bytes and seconds."""

    seconds: float = 1800.0
    memory: int = 4 << 30
    processes: int = 256
    scratch: int = 256 << 20
    trace: int = 512 << 20
    """Of what it may write to the grader, cell outputs included."""
    threads: int = 1
    cpus: tuple[int, ...] = ()
    """Cores to pin to; empty: any."""
    max_epochs: int | None = None
    """Quick mode: each `fit` trains at most so many epochs, and accuracy is not assessed."""
    fast: bool = True
    """Whole epochs in one graph where that leaves every bit as plain Keras leaves it."""


# ---------------------------------------------------------------- what was recorded and measured


@dataclass(frozen=True, slots=True)
class Layer:
    """One step of a network in normal form: `Dense(50, activation="relu")` is a dense and an activation layer."""

    kind: str
    """input, flatten, rescale, normalize, dense, norm, activation, dropout or other."""
    units: int | None = None
    activation: str | None = None
    initializer: str | None = None
    rate: float | None = None
    name: str = ""
    """The Keras class."""

    def __str__(self) -> str:
        match self.kind:
            case "dense":
                return f"Dense({self.units})"
            case "activation":
                return str(self.activation)
            case "norm":
                return self.name or "BatchNormalization"
            case "dropout":
                return f"Dropout({self.rate:g})" if self.rate is not None else "Dropout"
            case _:
                return self.name or self.kind


@dataclass(frozen=True, slots=True)
class Block:
    """A dense layer and what follows it up to the next one, in the order it occurs."""

    dense: Layer
    after: tuple[Layer, ...]

    @property
    def activation(self) -> str:
        """The first activation in the block, `linear` where there is none."""
        return next((la.activation or "linear" for la in self.after if la.kind == "activation"), "linear")

    def position(self, kind: str) -> int | None:
        """Where the first layer of that kind stands after the dense layer, None if nowhere."""
        return next((i for i, la in enumerate(self.after) if la.kind == kind), None)

    def __str__(self) -> str:
        return " → ".join(str(la) for la in (self.dense, *self.after))


@dataclass(frozen=True)
class Architecture:
    """A network in normal form; `problem` says why it could not be read as a chain of known layers."""

    layers: tuple[Layer, ...]
    input_shape: tuple[int | None, ...] | None = None
    problem: str = ""

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """One block for each dense layer, the output layer last."""
        starts = [i for i, la in enumerate(self.layers) if la.kind == "dense"]
        ends = [*starts[1:], len(self.layers)] if starts else []
        return tuple(Block(self.layers[s], self.layers[s + 1 : e]) for s, e in zip(starts, ends, strict=True))

    @property
    def hidden(self) -> tuple[Block, ...]:
        """All blocks but the output."""
        return self.blocks[:-1]

    @property
    def output(self) -> Block | None:
        """The last block."""
        return self.blocks[-1] if self.blocks else None

    def has(self, kind: str) -> bool:
        """Whether any layer is of that kind."""
        return any(la.kind == kind for la in self.layers)


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What an array handed to Keras was found to hold, judged by comparing sampled rows with the official arrays."""

    shape: tuple[int, ...]
    dtype: str
    dataset: str = "unknown"
    """mnist, fashion-mnist or unknown."""
    split: str = "unknown"
    """train, test, mixed or unknown (where the rows come from in the official data set)."""
    scaling: str = "other"
    """raw (0…255), unit (÷255), standard (zero mean, unit variance) or other."""

    @property
    def rows(self) -> int:
        """Number of images or labels."""
        return self.shape[0] if self.shape else 0

    @property
    def features(self) -> int:
        """Number of values in one row."""
        count = 1
        for size in self.shape[1:]:
            count *= size
        return count


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a label array was found to be."""

    shape: tuple[int, ...]
    dtype: str
    encoding: str
    """one-hot, classes (integers 0…9) or other."""
    right: float | None = None
    """The share of sampled labels that are the official labels of their images; None where not comparable."""


@dataclass(frozen=True, slots=True)
class CompileFacts:
    """How a model was compiled, in Keras's own words."""

    optimizer: str
    """The class name in lower case: sgd, adam, rmsprop, …"""
    learning_rate: float | None
    momentum: float = 0.0
    loss: str = ""
    """Snake case: categorical_crossentropy, sparse_categorical_crossentropy, …"""
    from_logits: bool = False
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FitFacts:
    """What `fit` was asked to do and did; a continued run sums its epochs."""

    epochs_asked: int
    epochs_done: int
    batch_size: int | None
    validation: str
    """split, data or none."""
    validation_rows: int = 0
    training_rows: int = 0
    images: DataFacts | None = None
    labels: LabelFacts | None = None
    validation_images: DataFacts | None = None
    capped: bool = False
    """Quick mode cut the epochs."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One `evaluate` or `predict`; `accuracy` is what the student's process said, a claim."""

    cell: int
    kind: str
    images: DataFacts
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the grader measured with the recorded weights on the official 10,000 test images."""

    accuracy: float | None
    scaling: str = ""
    reason: str = ""
    """Why there is no accuracy, in words for people."""
    fault: bool = False
    """The reason is a failure of the grader."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One model that was compiled and, unless `fit` is None, trained; refits of the same model are one run."""

    id: str
    program: str
    cell: int
    """The cell of the (last) fit, or of the compile."""
    architecture: Architecture
    compile: CompileFacts
    fit: FitFacts | None = None
    history: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    """Per epoch, as Keras recorded it; None for NaN and infinities."""
    finished: bool = True
    """False if the process was stopped or `fit` raised before it returned."""
    error: str = ""
    """What `fit` raised."""
    line: int = 0
    """The line of its cell from which it was called; of the file, for a module."""
    wrapped: bool = False
    """Called from within scikit-learn or a Keras wrapper for it."""
    evaluations: tuple[Evaluation, ...] = ()
    plotted: tuple[str, ...] = ()
    """Which series of its history were drawn: accuracy, val_accuracy, loss, val_loss."""
    measurement: Measurement = Measurement(None, reason="not measured")
    fit_path: str = ""
    """How `fit` was run (exact, steps_per_execution or plain), and why no faster."""
    initial_weights: str = ""
    final_weights: str = ""
    """Keys into the weights that are stored beside the evidence."""
    marker: str = ""
    """The stage named by a `stage:` tag or comment in its cell."""
    heading: str = ""
    """The markdown above its cell."""
    source: str = ""
    """The cell that built or trained it, for the report."""

    @property
    def trained(self) -> bool:
        """Whether `fit` was called at all."""
        return self.fit is not None

    @property
    def claimed_accuracy(self) -> float | None:
        """The last accuracy on the test images that the student's process reported."""
        claims = [e.accuracy for e in self.evaluations if e.accuracy is not None and e.images.split == "test"]
        return claims[-1] if claims else None


@dataclass(frozen=True, slots=True)
class DataLoad:
    """One successful (or refused) request for a data set."""

    program: str
    cell: int
    dataset: str
    source: str
    """load_data or a file name."""
    shapes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Advisory:
    """Something a student should know that never costs a mark."""

    program: str
    cell: int
    message: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts about one submission; a grade is a pure function of this and a rubric."""

    version: int
    submission: Submission
    executions: tuple[Execution, ...]
    loads: tuple[DataLoad, ...] = ()
    runs: tuple[TrainingRun, ...] = ()
    advisories: tuple[Advisory, ...] = ()
    faults: tuple[str, ...] = ()
    """Failures of the grader itself; empty in a healthy run."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of what trained and measured: python, tensorflow, keras, numpy, grader, machine."""
    limits: Limits = Limits()

    @property
    def ending(self) -> Ending:
        """The worst ending of its programs, in the order of `Ending`."""
        if self.faults:
            return Ending.GRADER_FAULT
        if not self.executions:
            return Ending.NOTHING_TO_RUN
        order = list(Ending)
        return max((e.ending for e in self.executions), key=order.index)


# ---------------------------------------------------------------- what is asked for


@dataclass(frozen=True, slots=True)
class StageSignature:
    """What distinguishes a stage from the others; an empty tuple or None means any."""

    id: str
    title: str
    activation: tuple[str, ...] = ()
    initializer: tuple[str, ...] = ()
    optimizer: tuple[str, ...] = ()
    batch_norm: bool | None = None
    dropout: bool | None = None
    keywords: tuple[str, ...] = ()
    """Words of a markdown heading that hint at the stage, lower case."""


@dataclass(frozen=True, slots=True)
class Band:
    """The accuracies of the reference for one stage on the test images, and under which settings they were had."""

    stage: str
    low: float
    high: float
    runs: int
    collapsed: int
    """How many of `runs` ended at chance level though the stage should learn; they do not widen the band."""
    scaling: str
    batch_size: int
    rows: int
    words: str
    """The band as a sentence, for the report."""


@dataclass(frozen=True, slots=True)
class StageMatch:
    """Which run answers a stage, and why."""

    stage: str
    title: str
    run: str | None
    """The run's id; None where nothing answers the stage."""
    because: str
    others: tuple[str, ...] = ()
    """Runs that would have answered it as well."""
    close_call: str = ""
    """Why a person should look at the match; empty when it is clear."""


# ---------------------------------------------------------------- what was found


class Outcome(StrEnum):
    """What became of a check or criterion."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    """A prerequisite failed."""
    NOT_ASSESSED = "not assessed"
    """Cannot honestly be judged, with the reason."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found; `share` in [0, 1] is the part of its marks that is earned."""

    outcome: Outcome
    share: Fraction
    expected: str
    found: str
    help: str = ""
    review: str = ""
    """Why a person should look at it; empty when there is no need."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a check may look at: the whole evidence, and for a stage's check the run that answers it."""

    evidence: Evidence
    matches: Mapping[str, TrainingRun]
    """The matched runs by stage id, in the rubric's order; stages without a run are absent."""
    stages: tuple[str, ...]
    """All stage ids of the rubric."""
    stage: str | None = None
    """The stage the criterion belongs to."""
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)

    @property
    def run(self) -> TrainingRun | None:
        """The run that answers the criterion's stage."""
        return self.matches.get(self.stage) if self.stage else None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one criterion with its marks."""

    criterion: str
    check: str
    verdict: Verdict
    score: Fraction
    max_score: Fraction


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion with its checks added up."""

    id: str
    title: str
    stage: str | None
    outcome: Outcome
    score: Fraction
    max_score: Fraction
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """The marks of one submission and everything a report says about them."""

    student: str
    total: Fraction
    max: Fraction
    ending: Ending
    criteria: tuple[CriterionResult, ...]
    stages: tuple[StageMatch, ...]
    review: tuple[str, ...]
    """Why a person should look at this grade; empty when there is no need."""
    faults: tuple[str, ...]
    rubric_digest: str
    submission_digest: str

    @property
    def needs_review(self) -> bool:
        """Whether a person should look before the marks go out."""
        return bool(self.review)

    @property
    def not_assessed(self) -> Fraction:
        """Marks that could not honestly be judged."""
        open_ = (c.max_score for k in self.criteria for c in k.checks if c.verdict.outcome is Outcome.NOT_ASSESSED)
        return sum(open_, Fraction(0))
