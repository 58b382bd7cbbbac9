"""What the recorder writes and the grader reads, one JSON object a line: every event with its fields, every bound.

Both sides of the process boundary go by it: beside the student's code, `trace` writes these events and `bounds` cuts
them; outside, `grader.evidence.events` holds every line to them as hostile input, and who only wants to know how far a
program has come asks `kind_of`. Standard library only.
"""

# Without `from __future__ import annotations`: which keys a TypedDict requires is known from its own annotations only.

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_args, get_type_hints

# ---------------------------------------------------------------- bounds of a line

LONGEST_LINE = 96 << 20
"""Bytes. The largest blob in base64 is 86 MiB."""
LARGEST_BLOB = 64 << 20
"""Bytes of arrays in one line; larger ones (a network of more than 16 million weights) are not recorded."""
MOST_ARRAYS = 2000
"""In one line: as many as 300 layers with batch normalization have."""
LARGEST_COUNT = 10**9
"""Of whatever is counted: far more than anybody trains or draws, and a number that every reader can take."""
LARGEST_SEED = 2**31 - 1
"""What every library takes."""
LONGEST_TEXT = 4000
"""Characters: a message or a traceback that a person reads."""
LONGEST_KEY = 200
"""Characters of an array's or a metric's name."""
LONGEST_NAME = 40
"""Of the way in which a loop of one's own trains."""
LONGEST_ARCHITECTURE = 2_000_000
"""Characters of Keras's description of a network; the lab's have some thousands."""
MOST_DIMENSIONS = 64
"""NumPy's own."""
DIGEST = 16
"""Bytes of the digest that names a blob; written as twice as many hexadecimal digits."""

# ---------------------------------------------------------------- bounds of what is recorded

KERAS_BATCH = 32
"""Images of a batch where a program does not say (keras/src/trainers/data_adapters/array_data_adapter.py)."""
TEST_IMAGES = 10_000
"""Of MNIST: who asks a network for them batch by batch has evaluated it."""
LONGEST_FIT = 1_000
"""Epochs of one `fit`, ten times the lab's; what is asked for is recorded, and accuracy is judged only in favour."""
MOST_METRICS = 50
"""Of one epoch."""
SAMPLED_ROWS = 256
"""Of an array, evenly spaced; images and labels of equal length are sampled at the same rows."""
MOST_COLUMNS = 4096
"""Of an array: five times the pixels of an image."""
MOST_LINES = 500
"""Drawn at once."""
LONGEST_CURVE = 20_000
"""Points of a line that may be a learning curve."""
MOST_DRAWN = 20_000
"""Lines of a whole program: one that draws its curves anew after each epoch of every stage draws 2,400."""
MOST_POINTS = 2_000_000
"""Of all these lines."""

# ---------------------------------------------------------------- bounds of texts and outputs

MOST_OUTPUTS = 10_000
"""Of one cell."""
CELL_ERROR = 500
"""Characters of the error with which a cell ended."""
FIT_ERROR = 1000
"""Characters of the error with which a `fit` ended."""
FAULT_DETAIL = 2000
"""Characters of a traceback of ours, the last."""

# ---------------------------------------------------------------- sentences that are read again

NOT_ALL_LINES = "more lines were drawn here than are recorded"
"""How an advisory begins after which a learning curve may not have been seen."""
RESTARTED = "this cell ended the kernel; the cells below ran in a fresh one, which knows nothing that was defined above"
"""What an advisory says where a program has ended its kernel, as is done in Colab to restart it."""
ENDED = "this cell ended the kernel, and with it the program"
"""The same where no cell comes after it."""
SYSTEM_EXIT = "SystemExit"
"""How the error of a cell begins in which the program has asked to end."""
NOT_SEEN = "a process of its own was started here, and what is trained in one is not seen"
"""How an advisory begins after which a training may not have been seen; a fork is."""
NOT_INSTALLED = "is not installed here"
"""What an advisory says of a package, behind its name."""
BY_KERAS, BY_PROGRAM, BY_NOBODY_KNOWN = "EarlyStopping", "the program", "not known"
"""Who ended a `fit` before its last epoch: Keras's own EarlyStopping, anything else in the program, or who knows."""

POSING, OWN = "posing", " (of one's own)"
"""What goes by a name of Keras's and is not Keras's: in place of a network's description, and behind a name."""

OWN_PART = "own part"
"""In place of the class of a layer or of an activation that the student wrote, in a network's description."""

TRY_PARTS = "# what is your own in these networks is tried"
"""What the runner asks the kernel for behind the last cell, as a cell that is not counted."""
TRY_SECONDS = 20
"""How long it waits for that."""

# ---------------------------------------------------------------- fields

Count = Annotated[int, LARGEST_COUNT]
"""From 0 on."""
Seed = Annotated[int, LARGEST_SEED]
"""From 1 on."""
Share = Annotated[float, 1]
"""From 0 on."""
Text = Annotated[str, LONGEST_TEXT]
Key = Annotated[str, LONGEST_KEY]
"""The empty string where there is nothing to name."""
Name = Annotated[str, LONGEST_NAME]
Description = Annotated[str, LONGEST_ARCHITECTURE]
BlobId = Annotated[str, 2 * DIGEST]
Shape = Annotated[Sequence[Count], MOST_DIMENSIONS]


class CompileFacts(TypedDict):
    """How a model is compiled; the rate is None for a schedule, and where it cannot be read (`rate_unknown`)."""

    optimizer: NotRequired[Text]
    learning_rate: NotRequired[float | None]
    momentum: NotRequired[float | None]
    loss: NotRequired[Text]
    from_logits: NotRequired[bool]
    own_loss: NotRequired[Text | None]
    weight_decay: NotRequired[float | None]
    rate_unknown: NotRequired[bool]


# ---------------------------------------------------------------- events


class Environment(TypedDict):
    """Versions inside the sandbox; the last event before the student's first line."""

    t: Literal["environment"]
    python: Text
    tensorflow: Text
    keras: Text
    numpy: Text


class Load(TypedDict):
    """A data set that was asked for."""

    t: Literal["load"]
    cell: Count
    dataset: Text
    source: Text
    shapes: NotRequired[Annotated[Sequence[Shape], MOST_DIMENSIONS]]


class Blob(TypedDict):
    """Arrays as a base64 `.npz`; its length is bounded by that of a line."""

    t: Literal["blob"]
    id: BlobId
    npz: str


class Array(TypedDict):
    """An array handed to Keras, with the id of the blob that holds a sample of it."""

    t: Literal["array"]
    id: Key
    shape: Shape
    dtype: Text
    sample: Key


class Compiled(TypedDict):
    """A call of `compile`."""

    t: Literal["compile"]
    model: Count
    cell: Count
    line: NotRequired[Count]
    architecture: Description
    compile: CompileFacts


class FitBegin(TypedDict):
    """A call of `fit`, before it trains, or the first step of a loop of one's own (`custom`)."""

    t: Literal["fit_begin"]
    fit: Count
    model: Count
    cell: Count
    line: NotRequired[Count]
    x: NotRequired[Key]
    y: NotRequired[Key]
    yields: NotRequired[bool]
    validation_x: NotRequired[Key]
    validation_given: NotRequired[bool]
    validation_split: NotRequired[Share]
    validation_most: NotRequired[Count | None]
    batch_size: NotRequired[Count | None]
    epochs: Count
    epochs_asked: Count
    initial_epoch: NotRequired[Count]
    weights: NotRequired[Key]
    seed: NotRequired[Seed | None]
    wrapped: NotRequired[bool]
    custom: NotRequired[Name]
    accuracy: NotRequired[Key]
    architecture: Description
    compile: CompileFacts


class FitStart(TypedDict):
    """Of a `fit` that had to build its model first: the weights with which it begins, and what that has become."""

    t: Literal["fit_start"]
    fit: Count
    weights: NotRequired[Key]
    architecture: NotRequired[Description]


class FitPath(TypedDict):
    """How a `fit` is run, and why no faster."""

    t: Literal["fit_path"]
    fit: Count
    path: Text
    reason: NotRequired[Text]


class Epoch(TypedDict):
    """An epoch's metrics; None for NaN and infinities."""

    t: Literal["epoch"]
    fit: Count
    epoch: Count
    logs: Annotated[Mapping[Key, float | None], MOST_METRICS]
    weights: NotRequired[Key]


class FitEnd(TypedDict):
    """The end of a `fit`, by return or by exception, and the steps that its optimizer did."""

    t: Literal["fit_end"]
    fit: Count
    error: NotRequired[Text]
    weights: NotRequired[Key]
    ended_by: NotRequired[Name]
    monitor: NotRequired[Key]
    steps: NotRequired[Count | None]
    x: NotRequired[Key]
    y: NotRequired[Key]
    validation_x: NotRequired[Key]
    batch_size: NotRequired[Count | None]


class Evaluated(TypedDict):
    """A call of `evaluate` or `predict`, with what it returned."""

    t: Literal["evaluate"]
    model: Count
    cell: Count
    kind: Literal["evaluate", "predict"]
    x: NotRequired[Key]
    accuracy: NotRequired[float | None]
    weights: NotRequired[Key]


class Plot(TypedDict):
    """Lines that were drawn."""

    t: Literal["plot"]
    cell: Count
    lines: Annotated[Sequence[Sequence[float | None]], MOST_LINES]


class TriedPart(TypedDict):
    """A layer or a function of the student's own, tried on `trial_inputs` after the last cell.

    `answers` are twice those of a network in use and twice those of one in training; `initializers` are Keras's
    descriptions of what drew each of the weights.
    """

    t: Literal["part"]
    part: Count
    called: Key
    width: NotRequired[Count]
    answers: NotRequired[Key]
    weights: NotRequired[Key]
    initializers: NotRequired[Annotated[Sequence[Text], MOST_DIMENSIONS]]
    source: NotRequired[Text]
    error: NotRequired[Text]


class Advisory(TypedDict):
    """Something to tell the student that never costs a mark."""

    t: Literal["advisory"]
    cell: Count
    message: Text


class Fault(TypedDict):
    """A failure of the recorder."""

    t: Literal["fault"]
    where: Text
    detail: Text


class CellBegin(TypedDict):
    """A cell's turn begins."""

    t: Literal["cell_begin"]
    number: Count


class CellEnd(TypedDict):
    """A cell's turn is over; outputs in nbformat's form."""

    t: Literal["cell"]
    number: Count
    index: Count
    status: Literal["ok", "error"]
    error: NotRequired[Text]
    seconds: float
    left_out: NotRequired[Count]
    outputs: NotRequired[Annotated[Sequence[Mapping[str, Any]], MOST_OUTPUTS]]


class End(TypedDict):
    """The runner has had all cells, or the kernel is gone."""

    t: Literal["end"]
    ending: Literal["completed", "kernel died"]


Event = (
    Environment | Load | Blob | Array | Compiled | FitBegin | FitStart | FitPath | Epoch | FitEnd | Evaluated | Plot
    | TriedPart | Advisory | Fault | CellBegin | CellEnd | End
)  # fmt: skip
Kind = Literal[
    "environment", "load", "blob", "array", "compile", "fit_begin", "fit_start", "fit_path", "epoch", "fit_end",
    "evaluate", "plot", "part", "advisory", "fault", "cell_begin", "cell", "end",
]  # fmt: skip
"""What the field `t` says."""

FORMS: Mapping[Kind, type] = {get_args(get_type_hints(form)["t"])[0]: form for form in get_args(Event)}
"""The event of each kind."""
_KINDS: Mapping[bytes, Kind] = {kind.encode(): kind for kind in FORMS}

# ---------------------------------------------------------------- how a line begins

BEGINNING = re.compile(rb'\{"t":"([a-z_]{1,20})"')
"""`t` comes first and without a space, so that a kind is known before a line of a hundred megabytes is parsed."""


def kind_of(line: bytes) -> Kind | None:
    """The kind of event that a line begins as, whether or not it goes on as one; None for any other line."""
    found = BEGINNING.match(line)
    return _KINDS.get(found.group(1)) if found else None


# ---------------------------------------------------------------- names of arrays

SAMPLE = frozenset({"rows", "values", "drawn", "drawn_values", "mean", "std"})
"""The parts of an array's sample: rows, what is in them, rows that were `drawn`, mean and deviation of each column."""
ARRAY_NAME = re.compile(rf"w\d{{4,5}}|{'|'.join(sorted(SAMPLE))}")
"""In a blob: a network's weights in their order, or the parts of a sample."""


def weight_name(place: int) -> str:
    """Of a network's weights in a blob, by their place in `get_weights()`."""
    return f"w{place:04}"
