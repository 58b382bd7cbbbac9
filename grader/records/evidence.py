"""What was recorded by the run and measured by the grader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.records.executions import Ending, Execution, Limits
from grader.records.networks import Architecture
from grader.records.submissions import Submission


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
    """raw (0…255), unit (÷255), assignment (zero mean, unit variance) or other."""

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
    rate_unknown: bool = False
    """The rate is neither a number that could be read nor a schedule of Keras's own."""
    own_loss: str | None = None
    """What a loss of the program's own computes, by its Keras name; empty for none of these, None for Keras's own."""

    @property
    def computes(self) -> str:
        """The loss by what it does, in Keras's words; the name that the program gave it where nobody knows."""
        return self.own_loss or self.loss


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
    shortened: bool = False
    """Epochs beyond reason were asked for, and the grader ended the training earlier."""
    ended_by: str = ""
    """Who ended it before its last epoch, in the words of the protocol; empty where nobody did, or it raised."""
    monitor: str = ""
    """The series that Keras's EarlyStopping looked at, where that ended it."""
    steps_done: int | None = None
    """By how many steps the optimizer went on; None where that is not known."""
    steps_due: int | None = None
    """Steps that the epochs done take over all training images, but for a last one that is not full."""

    @property
    def rows_given(self) -> int:
        """Images that `fit` was given to train on and to validate by, without test images."""
        from_test = self.validation_images is not None and self.validation_images.split == "test"
        return self.training_rows + (0 if from_test or self.validation == "none" else self.validation_rows)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One `evaluate` or `predict`; `accuracy` is what the student's process said, a claim."""

    cell: int
    kind: str
    images: DataFacts
    accuracy: float | None = None
    untrained: bool = False
    """Before the run was trained at all: it tells of the network as it was drawn."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test image that the network takes for another digit."""

    image: int
    """Its number among the 10,000, from 0."""
    digit: int
    answer: int
    sure: float
    """The share of certainty that the network puts on its answer, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the grader measured with the recorded weights on the official 10,000 test images."""

    accuracy: float | None
    scaling: str = ""
    reason: str = ""
    """Why there is no accuracy, in words for people."""
    gradients: tuple[tuple[float, ...], ...] = ()
    """The gradient norm of each dense layer, input side first, before training and after it; empty if not measured."""
    fault: bool = False
    """The reason is a failure of the grader."""
    confusion: tuple[tuple[int, ...], ...] = ()
    """How many images of each digit (row) were taken for which (column); empty without an accuracy."""
    mistakes: tuple[Mistake, ...] = ()
    """The ten worst: those where the wrong answer lies farthest above the right one."""
    gradients_missing: str = ""
    """Why there are no gradients beside an accuracy, in words for people; that costs no mark."""
    training_accuracy: float | None = None
    """On 10,000 training images, whether the run was given them or not: what knows the test images better has seen
    them."""
    initial_accuracy: float | None = None
    """What the weights that it began with are right on, whichever output is taken for which digit: by chance, unless
    they were trained."""


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
    custom: str = ""
    """How it was trained past `fit`: GradientTape or train_on_batch; then little is known of it."""
    started_from: str = ""
    """The id of the run from whose trained weights it went on; empty where it began with weights of its own."""
    evaluations: tuple[Evaluation, ...] = ()
    plotted: tuple[str, ...] = ()
    """Which series of its history were drawn: accuracy, val_accuracy, loss, val_loss."""
    unread_curves: int = 0
    """Lines of as many points as it has epochs, drawn after it, that show no numbers of any run."""
    measurement: Measurement = Measurement(None, reason="not measured")
    fit_path: str = ""
    """How `fit` was run (exact, steps_per_execution or plain), and why no faster."""
    seed: int | None = None
    """What the grader started it from; None where the student seeded."""
    initial_weights: str = ""
    final_weights: str = ""
    """Keys into the weights that are stored beside the evidence."""
    marker: str = ""
    """The stage named by a `stage:` tag or comment in its cell."""
    heading: str = ""
    """The titles above it, the nearest first, one a line; those of Markdown with their `#`."""
    names: str = ""
    """Names and texts in the statement that led to it, one a line."""
    source: str = ""
    """The cell that built or trained it, for the report."""

    @property
    def trained(self) -> bool:
        """Whether `fit` was called at all."""
        return self.fit is not None

    @property
    def where(self) -> str:
        """Where a person finds it: the cell of a notebook, the line of a script, which is one cell to the grader."""
        return f"line {self.line}" if self.line and self.program.endswith(".py") else f"cell {self.cell}"

    @property
    def claimed_accuracy(self) -> float | None:
        """The last accuracy on the test images that the student's process reported."""
        told = (e for e in self.evaluations if not e.untrained or not self.trained)
        claims = [e.accuracy for e in told if e.accuracy is not None and e.images.split == "test"]
        return claims[-1] if claims else None

    @property
    def scaling(self) -> str:
        """How its images were scaled: as measured, else as they were handed to `fit`."""
        handed = self.fit.images.scaling if self.fit and self.fit.images else "other"
        return self.measurement.scaling or handed


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


EVIDENCE_VERSION = 6
"""What this grader writes and reads; `Evidence.version` of another number is not understood."""


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
    """Failures of the grader itself, as it saw them from outside; empty in a healthy run."""
    doubts: tuple[str, ...] = ()
    """Where the record contradicts itself, the weights or the program, for the instructor."""
    alike: tuple[str, ...] = ()
    """Where weights are almost those of another student, who is not named; known when the class is complete."""
    gaps: tuple[str, ...] = ()
    """Where something is lacking: the record says so itself, which is a claim, or it was beyond the limits to read and
    measure it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of what trained and measured: python, tensorflow, keras, numpy, grader, machine."""
    limits: Limits = field(default_factory=Limits)

    @property
    def ending(self) -> Ending:
        """The worst ending of its programs, in the order of `Ending`.

        A program without code beside one that ran (an `Untitled.ipynb`) ends nothing.
        """
        if self.faults:
            return Ending.GRADER_FAULT
        if not self.executions:
            return Ending.UNREADABLE if self.submission.not_opened else Ending.NOTHING_TO_RUN
        order = list(Ending)
        endings = {e.ending for e in self.executions}
        return max(endings - {Ending.NOTHING_TO_RUN} or endings, key=order.index)
