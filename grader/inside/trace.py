"""The trace: one JSON object a line, written to the grader's pipe as things happen."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import math
import os
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from .bounds import bounded
from .protocol import (
    DIGEST,
    FAULT_DETAIL,
    LARGEST_BLOB,
    LONGEST_LINE,
    MOST_ARRAYS,
    SAMPLED_ROWS,
    Advisory,
    Blob,
    Event,
    Fault,
)
from .sampling import drawn_rows
from .signing import sealed

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Trace:
    """Writes events to the pipe whose number is in GRADER_TRACE_FD; several processes may do so at once."""

    def __init__(self, fd: int | None = None, key: bytes = b"") -> None:
        """`key`: what the lines are sealed with, and what draws rows; without one they are not sealed."""
        self._fd = int(os.environ["GRADER_TRACE_FD"]) if fd is None else fd
        self._key = key
        self._numbers = itertools.count(1)
        self._blobs: set[str] = set()
        self._cuts: set[str] = set()
        self._lock_path = os.path.join(tempfile.gettempdir(), ".grader-trace.lock")  # noqa: PTH118 (no pathlib in the kernel)

    def write(self, event: Event) -> None:
        """Writes one event, within the bounds to which the grader holds it; what is cut is told, once."""
        kept, cuts = bounded(plain(event))
        # First, so that readers know a line by its beginning.
        self.send({"t": event["t"], **kept})
        for cut in cuts:
            if cut not in self._cuts:
                self._cuts.add(cut)
                self.send(Advisory(t="advisory", cell=kept.get("cell", kept.get("number", 0)), message=cut))

    def send(self, event: Mapping[str, Any]) -> None:
        """Writes a line; a lock keeps the lines of several processes apart, a leading newline ends a torn one."""
        # Not in ASCII: a half of a surrogate pair that a student prints would be escaped, and refused outside.
        line = json.dumps(event, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        if self._key:
            line = sealed(line, self._key, next(self._numbers))
        data = memoryview(b"\n" + line.encode("utf-8", "replace") + b"\n")
        if len(data) > LONGEST_LINE:
            detail = f"a line of {len(data):,} bytes is longer than any that is read, and was not written"
            return self.send(Fault(t="fault", where=event["t"], detail=detail))
        import fcntl  # not on Windows, where events are kept in the process that has them

        with open(self._lock_path, "w") as lock:  # noqa: PTH123
            fcntl.flock(lock, fcntl.LOCK_EX)
            while data:
                data = data[os.write(self._fd, data) :]
        return None

    def blob(self, arrays: Mapping[str, NDArray[Any]]) -> str:
        """Writes arrays as a base64 `.npz` once and returns its id; the empty string for too large or too many."""
        if sum(a.nbytes for a in arrays.values()) > LARGEST_BLOB or len(arrays) > MOST_ARRAYS:
            return ""
        key = self.digest(arrays)
        if key not in self._blobs:
            buffer = io.BytesIO()
            named: dict[str, Any] = dict(arrays)
            np.savez_compressed(buffer, **named)
            self.write(Blob(t="blob", id=key, npz=base64.b64encode(buffer.getvalue()).decode("ascii")))
            self._blobs.add(key)
        return key

    @staticmethod
    def digest(arrays: Mapping[str, NDArray[Any]]) -> str:
        """The id that these arrays have, written or not."""
        digest = hashlib.blake2b(digest_size=DIGEST)
        for name, array in arrays.items():
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def drawn(self, rows: int) -> list[int]:
        """The rows of an array that are sampled without the program knowing: they follow from the key."""
        return drawn_rows(self._key, rows, SAMPLED_ROWS)

    @contextmanager
    def guarded(self, where: str) -> Iterator[None]:
        """Recording must never break a student's code: a failure of ours becomes an event, not an exception.

        Nor does it obey a student's wish that warnings be errors, or print warnings about what it looks at.
        """
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                yield
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 (whatever it is, it is ours and not the student's; theirs may exit)
            self.write(Fault(t="fault", where=where, detail=traceback.format_exc(limit=-4)[-FAULT_DETAIL:]))


def plain(value: Any) -> Any:
    """The value as JSON allows it: numbers of any library as Python's, NaN and infinities as None."""
    match value:
        case None | bool() | str():
            return value
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            return float(value) if math.isfinite(value) else None
        case dict():
            return {str(k): plain(v) for k, v in value.items()}
        case _ if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
            return plain(value.item())
        case list() | tuple() | np.ndarray():
            return [plain(v) for v in value]
        case _:
            return str(value)
