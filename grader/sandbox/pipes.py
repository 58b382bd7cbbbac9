"""The pipes between the grader and a run: drained as it goes, so that neither side ever waits for the other."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from threading import Thread

CHUNK = 1 << 16
FULLEST = 1 << 20
"""Bytes that a pipe can hold, whatever a program asks for: what was written before the end is never more."""
TAIL = 4000
"""Characters of standard error that are kept."""


class Drain:
    """Reads a pipe in a thread of its own until nobody can write to it any more."""

    def __init__(self, pipe: FileIO, sink: Callable[[bytes], bool]) -> None:
        """`sink` gets every piece as it comes and says whether it wants more."""
        self._pipe = pipe
        self._sink = sink
        self._until = math.inf
        self._thread = Thread(target=self._read, name="drain", daemon=True)
        self._thread.start()

    def finish(self, patience: float) -> None:
        """Takes what was written before everybody who could write was dead, however slow the sink is.

        A survivor may hold the other end: its silence is waited for `patience` seconds, and its flood is cut.
        """
        self._until = time.monotonic() + patience
        self._thread.join()

    def _read(self) -> None:
        rest = FULLEST
        with selectors.DefaultSelector() as ready:
            ready.register(self._pipe, selectors.EVENT_READ)
            while rest > 0:
                is_late = time.monotonic() >= self._until
                if not ready.select(timeout=0 if is_late else 0.1):
                    if is_late:
                        return
                    continue
                data = self._pipe.read(CHUNK)
                if not data or not self._sink(data):
                    return
                rest -= len(data) * is_late


class TraceFile:
    """The file that a run's trace is appended to, up to a cap in bytes."""

    def __init__(self, path: Path, cap: int) -> None:
        self._file = path.open("ab", buffering=0)
        self._room = cap
        self.full = False
        """More was written than the cap allows."""
        self.failure: OSError | None = None

    def __call__(self, data: bytes) -> bool:
        """Appends what fits."""
        self.full = len(data) > self._room
        piece = memoryview(data)[: self._room]
        self._room -= len(piece)
        try:
            while piece:
                piece = piece[self._file.write(piece) :]
        except OSError as error:
            self.failure = error
        return not self.full and self.failure is None

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


class Tail:
    """The last characters of a text that may be endless."""

    def __init__(self) -> None:
        self._end = b""

    def __call__(self, data: bytes) -> bool:
        """Keeps enough bytes for `TAIL` characters of any width."""
        self._end = (self._end + data)[-4 * TAIL :]
        return True

    def __str__(self) -> str:
        return self._end.decode(errors="replace")[-TAIL:]


def feed(descriptor: int, data: bytes) -> None:
    """Writes everything and closes the descriptor, in a thread: the reader may take its time or never read."""

    def write() -> None:
        # Nobody has to read what is handed in.
        with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb", buffering=0) as pipe:
            rest = memoryview(data)
            while rest:
                rest = rest[pipe.write(rest) :]

    Thread(target=write, name="feed", daemon=True).start()
