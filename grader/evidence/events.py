"""The events of `inside.protocol` as the grader reads them, each line validated, and what reading it tells."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from grader.inside import protocol

Count = Annotated[int, Field(ge=0, le=protocol.LARGEST_COUNT)]
Text = Annotated[str, Field(max_length=protocol.LONGEST_TEXT)]
Key = Annotated[str, Field(max_length=protocol.LONGEST_KEY)]
Description = Annotated[str, Field(max_length=protocol.LONGEST_ARCHITECTURE)]
BlobId = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{2 * protocol.DIGEST}}}$")]
"""A digest and nothing else: weights are stored in files of that name."""
Shape = Annotated[tuple[Count, ...], Field(max_length=protocol.MOST_DIMENSIONS)]


class Event(BaseModel):
    """One line; unknown fields are ignored, wrong ones make the line count for nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Environment(Event):
    """Versions inside the sandbox."""

    t: Literal["environment"]
    python: Text
    tensorflow: Text
    keras: Text
    numpy: Text


class Load(Event):
    """A data set that was asked for."""

    t: Literal["load"]
    cell: Count
    dataset: Text
    source: Text
    shapes: Annotated[tuple[Shape, ...], Field(max_length=protocol.MOST_DIMENSIONS)] = ()


class Blob(Event):
    """Arrays as a base64 `.npz`."""

    t: Literal["blob"]
    id: BlobId
    npz: str


class Array(Event):
    """An array handed to Keras, with the id of its sample."""

    t: Literal["array"]
    id: Key
    shape: Shape
    dtype: Text
    sample: Key


class CompileEvent(Event):
    """How a model is compiled."""

    optimizer: Text = ""
    learning_rate: float | None = None
    momentum: float | None = 0.0
    loss: Text = ""
    from_logits: bool = False
    weight_decay: float | None = None
    """0 where there is none; None where it was not looked at."""
    rate_unknown: bool = False
    """The rate is no number that can be read, and no schedule of Keras's own either."""
    own_loss: Text | None = None
    """What a loss of the program's own computes, by its Keras name; empty for none of these, None for Keras's own."""


class Compiled(Event):
    """A call of `compile`."""

    t: Literal["compile"]
    model: Count
    cell: Count
    line: Count = 0
    architecture: Description
    compile: CompileEvent


class FitBegin(Event):
    """A call of `fit`, before it trains."""

    t: Literal["fit_begin"]
    fit: Count
    model: Count
    cell: Count
    line: Count = 0
    x: Key = ""
    y: Key = ""
    yields: bool = False
    """Its images came batch by batch: of them one pass was looked at, and the next may hold others."""
    validation_x: Key = ""
    validation_given: bool = False
    validation_split: Annotated[float, Field(ge=0, le=1)] = 0.0
    validation_most: Count | None = None
    """Images of each validation, where `validation_steps` says so; None where all are taken."""
    batch_size: Count | None = None
    epochs: Count
    epochs_asked: Count
    initial_epoch: Count = 0
    weights: Key = ""
    seed: Annotated[int, Field(gt=0, le=protocol.LARGEST_SEED)] | None = None
    wrapped: bool = False
    custom: Annotated[str, Field(max_length=protocol.LONGEST_NAME)] = ""
    accuracy: Key = ""
    """The metric that is the accuracy, where its name does not say so."""
    architecture: Description
    compile: CompileEvent


class FitStart(Event):
    """Of a `fit` that had to build its model first: the weights with which it begins, and what that has become."""

    t: Literal["fit_start"]
    fit: Count
    weights: Key = ""
    architecture: Description = ""


class FitPath(Event):
    """How a `fit` is run, and why no faster."""

    t: Literal["fit_path"]
    fit: Count
    path: Text
    reason: Text = ""


class Epoch(Event):
    """An epoch's metrics; None for NaN and infinities."""

    t: Literal["epoch"]
    fit: Count
    epoch: Count
    logs: Annotated[dict[Key, float | None], Field(max_length=protocol.MOST_METRICS)]
    weights: Key = ""
    """The id that the weights have at its end; most of them are never written."""


class FitEnd(Event):
    """The end of a `fit`, by return or by exception."""

    t: Literal["fit_end"]
    fit: Count
    error: Text = ""
    weights: Key = ""
    ended_by: Annotated[str, Field(max_length=protocol.LONGEST_NAME)] = ""
    """What ended it before its last epoch, in the words of the protocol; empty where nothing did."""
    monitor: Key = ""
    """What Keras's own EarlyStopping looked at, if that ended it."""
    steps: Count | None = None
    """By how many steps its optimizer went on; None where it does not count them."""
    x: Key = ""
    """What it was handed batch by batch, and could be looked at only then; as in `FitBegin`, as the next three."""
    y: Key = ""
    validation_x: Key = ""
    batch_size: Count | None = None


class Evaluated(Event):
    """A call of `evaluate` or `predict`, with what it returned."""

    t: Literal["evaluate"]
    model: Count
    cell: Count
    kind: Literal["evaluate", "predict"]
    x: Key = ""
    accuracy: float | None = None
    weights: Key = ""
    """The id that the network's weights have."""


class Plot(Event):
    """Lines that were drawn."""

    t: Literal["plot"]
    cell: Count
    lines: Annotated[tuple[tuple[float | None, ...], ...], Field(max_length=protocol.MOST_LINES)]


class TriedPart(Event):
    """A layer or a function of the student's own, tried after the last cell."""

    t: Literal["part"]
    part: Count
    called: Key
    width: Count = 0
    answers: Key = ""
    weights: Key = ""
    initializers: Annotated[tuple[Text, ...], Field(max_length=protocol.MOST_DIMENSIONS)] = ()
    source: Text = ""
    error: Text = ""


class AdvisoryEvent(Event):
    """Something to tell the student."""

    t: Literal["advisory"]
    cell: Count
    message: Text


class Fault(Event):
    """A failure of the recorder."""

    t: Literal["fault"]
    where: Text
    detail: Text


class CellBegin(Event):
    """A cell's turn begins."""

    t: Literal["cell_begin"]
    number: Count


class CellEnd(Event):
    """A cell's turn is over; outputs in nbformat's form."""

    t: Literal["cell"]
    number: Count
    index: Count
    status: Literal["ok", "error"]
    error: Text = ""
    seconds: float
    left_out: Count = 0
    outputs: Annotated[tuple[dict[str, Any], ...], Field(max_length=protocol.MOST_OUTPUTS)] = ()


class End(Event):
    """The runner has had all cells, or the kernel is gone."""

    t: Literal["end"]
    ending: Literal["completed", "kernel died"]


class Flood(Event):
    """More was written than any notebook records, and the rest was not looked at; never read from a line."""


class Refused(Event):
    """Lines in the recorder's form that were no events: it keeps to the bounds, so that it or a forger has failed.

    Never read from a line.
    """

    kind: str
    reason: str
    """In words for people, with the field."""
    lines: int = 1


Written = (
    Environment | Load | Blob | Array | Compiled | FitBegin | FitStart | FitPath | Epoch | FitEnd | Evaluated | Plot
    | TriedPart | AdvisoryEvent | Fault | CellBegin | CellEnd | End
)  # fmt: skip
AnyEvent = Written | Flood | Refused
KINDS = frozenset(get_args(one.model_fields["t"].annotation)[0] for one in get_args(Written))
