"""Reads the trace that a submission's process wrote: hostile input, every line of it."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from grader.evidence.events import (
    KINDS,
    AdvisoryEvent,
    AnyEvent,
    Array,
    Blob,
    CellBegin,
    CellEnd,
    Compiled,
    CompileEvent,
    End,
    Environment,
    Epoch,
    Evaluated,
    Event,
    Fault,
    FitBegin,
    FitEnd,
    FitPath,
    FitStart,
    Flood,
    Load,
    Plot,
    Refused,
    TriedPart,
    Written,
)
from grader.inside.protocol import ARRAY_NAME, LARGEST_BLOB, LONGEST_LINE, MOST_ARRAYS, kind_of
from grader.inside.signing import number_of

__all__ = [
    "KINDS",
    "LARGEST_ARRAYS",
    "LONGEST_LINE",
    "MOST_ARRAYS",
    "AdvisoryEvent",
    "AnyEvent",
    "Array",
    "Blob",
    "CellBegin",
    "CellEnd",
    "CompileEvent",
    "Compiled",
    "End",
    "Environment",
    "Epoch",
    "Evaluated",
    "Event",
    "Fault",
    "FitBegin",
    "FitEnd",
    "FitPath",
    "FitStart",
    "Flood",
    "Load",
    "Plot",
    "Refused",
    "TriedPart",
    "Written",
    "arrays",
    "parse",
    "read",
]

LARGEST_ARRAYS = LARGEST_BLOB + (1 << 20)
"""Bytes of arrays in one blob, unpacked: the recorder's bound and room for the headers."""
ROOM = 256 << 20
"""Bytes of memory, about, that all that is read may take beside arrays; an honest trace takes a hundredth."""
LINE_COST, VALUE_COST = 200, 32
"""Bytes that a line takes at least, and one of the values in it: `[[],[],…` takes twenty times its length."""
MOST_REFUSED = 20
"""Kinds of refused lines that are told apart; a hostile program makes as many as it likes."""
LONGEST_REASON = 200
FOREIGN = "the grader's recorder has not written it"
"""Of a line without its seal, or with one that was used before."""

_ANY: TypeAdapter[Written] = TypeAdapter(Annotated[Written, Field(discriminator="t")])
OTHERS = ("another", "one of many reasons")
WHOLE = b"}\n"
"""How a line ends that the recorder wrote; one that was torn has lost it."""


def read(path: Path, key: bytes = b"") -> Iterator[AnyEvent]:
    """The events of a trace file in the order they were written; what has not even the form of one is passed over.

    Lines are counted before they are parsed, valid or not: a flood costs neither memory nor hours. What was refused
    comes last, each reason once. With a `key`, that is what was not sealed with it, too, or came a second time.
    """
    numbers: set[bytes] = set()
    room = ROOM
    refused: Counter[tuple[str, str]] = Counter()
    with path.open("rb") as lines:
        while room >= 0 and (line := lines.readline(LONGEST_LINE)):
            room -= LINE_COST + VALUE_COST * sum(line.count(sign) for sign in (b",", b"[", b"{"))
            event = _read(line) if room > 0 else None
            if key and event is not None:
                number = number_of(line, key)
                if number is None or number in numbers:
                    event = Refused(kind=event.kind if isinstance(event, Refused) else event.t, reason=FOREIGN)
                numbers.add(number or b"")
            room -= 0 if isinstance(event, Blob) else len(line)
            if isinstance(event, Refused):
                why = (event.kind, event.reason)
                refused[why if why in refused or len(refused) < MOST_REFUSED else OTHERS] += 1
            elif room >= 0 and event is not None:
                yield event
    yield from (Refused(kind=kind, reason=reason, lines=n) for (kind, reason), n in refused.items())
    if room < 0:
        yield Flood()


def parse(line: bytes) -> Written | None:
    """The event in a line, or None for anything else: torn, nested too deep, NaN, fields out of range."""
    event = _read(line)
    return None if isinstance(event, Refused) else event


def _read(line: bytes) -> Written | Refused | None:
    if not line.strip():
        return None
    try:
        value = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        kind = kind_of(line) if line.endswith(WHOLE) else None
        return Refused(kind=kind, reason=f"{error}"[:LONGEST_REASON]) if kind else None
    try:
        return _ANY.validate_python(value)
    except ValidationError as error:
        kind = value.get("t") if isinstance(value, dict) else None
        known = isinstance(kind, str) and kind in KINDS
        return Refused(kind=str(kind), reason=_why(error)) if known else None
    except RecursionError:
        return None


def _why(error: ValidationError) -> str:
    """The first field that is wrong, without what stands in it, which may be anything, and as many as it likes."""
    if error.error_count() > MOST_REFUSED:
        return f"more than {MOST_REFUSED} values are wrong"
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"][1:2])
    return f"field {field}: {first['msg']}"[:LONGEST_REASON]


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
