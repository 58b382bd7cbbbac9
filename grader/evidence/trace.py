"""Reads the trace that a submission's process wrote: hostile input, every line of it."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

LONGEST_LINE = 96 << 20
LARGEST_ARRAYS = 65 << 20
"""Bytes of arrays in one blob, unpacked: the recorder's bound (64 MiB) and room for the headers."""
MOST_ARRAYS = 2000
ROOM = 256 << 20
"""Bytes of memory, about, that all that is read may take beside arrays; an honest trace takes a hundredth."""
LINE_COST, VALUE_COST = 200, 32
"""Bytes that a line takes at least, and one of the values in it: `[[],[],…` takes twenty times its length."""
ARRAY_NAME = re.compile(r"w\d{4,5}|rows|values|mean|std")
"""The names that the recorder gives: weights in their order, and the parts of a sample."""

Count = Annotated[int, Field(ge=0, le=10**9)]
Text = Annotated[str, Field(max_length=4000)]
Key = Annotated[str, Field(max_length=200)]
BlobId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""A digest and nothing else: weights are stored in files of that name."""
Shape = Annotated[tuple[Count, ...], Field(max_length=8)]


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
    shapes: Annotated[tuple[Shape, ...], Field(max_length=8)] = ()


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


class Compiled(Event):
    """A call of `compile`."""

    t: Literal["compile"]
    model: Count
    cell: Count
    line: Count = 0
    architecture: Annotated[str, Field(max_length=2_000_000)]
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
    validation_x: Key = ""
    validation_given: bool = False
    validation_split: Annotated[float, Field(ge=0, le=1)] = 0.0
    batch_size: Count | None = None
    epochs: Count
    epochs_asked: Count
    initial_epoch: Count = 0
    weights: Key = ""
    seed: Annotated[int, Field(gt=0, lt=2**31)] | None = None
    wrapped: bool = False
    custom: Annotated[str, Field(max_length=40)] = ""
    architecture: Annotated[str, Field(max_length=2_000_000)]
    compile: CompileEvent


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
    logs: Annotated[dict[Key, float | None], Field(max_length=50)]


class FitEnd(Event):
    """The end of a `fit`, by return or by exception."""

    t: Literal["fit_end"]
    fit: Count
    error: Text = ""
    weights: Key = ""


class Evaluated(Event):
    """A call of `evaluate` or `predict`, with what it returned."""

    t: Literal["evaluate"]
    model: Count
    cell: Count
    kind: Literal["evaluate", "predict"]
    x: Key = ""
    accuracy: float | None = None


class Plot(Event):
    """Lines that were drawn."""

    t: Literal["plot"]
    cell: Count
    lines: Annotated[tuple[tuple[float | None, ...], ...], Field(max_length=500)]


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
    outputs: Annotated[tuple[dict[str, Any], ...], Field(max_length=10_000)] = ()


class End(Event):
    """The runner has had all cells, or the kernel is gone."""

    t: Literal["end"]
    ending: Literal["completed", "kernel died"]


class Flood(Event):
    """More was written than any notebook records, and the rest was not looked at; never read from a line."""


Written = (
    Environment | Load | Blob | Array | Compiled | FitBegin | FitPath | Epoch | FitEnd | Evaluated | Plot
    | AdvisoryEvent | Fault | CellBegin | CellEnd | End
)  # fmt: skip
AnyEvent = Written | Flood
_ANY: TypeAdapter[Written] = TypeAdapter(Annotated[Written, Field(discriminator="t")])


def read(path: Path) -> Iterator[AnyEvent]:
    """The events of a trace file in the order they were written; what is no event is passed over.

    Lines are counted before they are parsed, valid or not: a flood costs neither memory nor hours.
    """
    room = ROOM
    with path.open("rb") as lines:
        while line := lines.readline(LONGEST_LINE):
            room -= LINE_COST + VALUE_COST * sum(line.count(sign) for sign in (b",", b"[", b"{"))
            event = parse(line) if room > 0 else None
            room -= 0 if isinstance(event, Blob) else len(line)
            if room < 0:
                yield Flood()
                return
            if event is not None:
                yield event


def parse(line: bytes) -> AnyEvent | None:
    """The event in a line, or None for anything else: torn, nested too deep, NaN, fields out of range."""
    if not line.strip():
        return None
    try:
        return _ANY.validate_python(json.loads(line, parse_constant=_refuse))
    except (ValueError, ValidationError, RecursionError):
        return None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def arrays(blob: Blob) -> dict[str, NDArray[Any]]:
    """The arrays in a blob, each read no further than the bound; raises ValueError for anything suspicious."""
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(blob.npz, validate=True))) as archive:
            return _unpacked(archive)
    except Exception as error:
        # Between them, zipfile, zlib and numpy's header reader raise a dozen kinds, RecursionError among them.
        raise ValueError(f"not an .npz to be trusted: {error}") from error


def _unpacked(archive: zipfile.ZipFile) -> dict[str, NDArray[Any]]:
    room = LARGEST_ARRAYS
    found: dict[str, NDArray[Any]] = {}
    if len(archive.infolist()) > MOST_ARRAYS:
        raise ValueError(f"more than {MOST_ARRAYS} arrays")
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        # The other methods may ask for gigabytes of memory before the first byte is out.
        if not ARRAY_NAME.fullmatch(name) or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ValueError("a member that the recorder did not write")
        with archive.open(member) as stream:
            content = stream.read(room + 1)
        room -= len(content)
        if room < 0:
            raise ValueError(f"more than {LARGEST_ARRAYS} bytes of arrays")
        found[name] = _array(content)
    return found


def _array(content: bytes) -> NDArray[Any]:
    """One `.npy`; numpy checks the header's shape against the bytes that are there only while it reads them."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(stream)
    if dtype.hasobject or dtype.kind not in "biuf":
        raise ValueError(f"an array of {dtype}")
    count = 1
    for size in shape:
        count *= int(size)
    if count * dtype.itemsize != len(content) - stream.tell():
        raise ValueError("an array whose header does not fit its content")
    stream.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array
