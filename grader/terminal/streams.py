"""Standard output and error that stop no command: a reader who has gone, or letters that the terminal does not know."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import suppress
from typing import TextIO

SIGNS = {"⚑": "!", "✓": "+", "✗": "x", "→": "->", "…": "...", "≤": "<=", "≥": ">="}
"""What our own signs are where there is only ASCII."""


class Outlet(io.RawIOBase):
    """Writes to a descriptor, until nobody reads it any more: then what is said is lost, and the work goes on.

    Any other failure is told once, and not again when Python flushes at its end.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lost = False

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """The descriptor, for who asks for the size of the screen."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def write(self, content: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Bytes that were written, or that nobody wants."""
        if self._lost:
            return len(content)
        try:
            return os.write(self._descriptor, content)
        except OSError as error:
            self._lost = True
            if isinstance(error, BrokenPipeError):
                return len(content)
            error.filename = "standard output" if self._descriptor == 1 else "standard error"
            raise


def sturdy_streams() -> None:
    """From now on `print` and consoles write through such outlets, in the encoding that they had."""
    codecs.register_error("grader", _spelled)
    sys.stdout, sys.stderr = _sturdy(sys.stdout, 1), _sturdy(sys.stderr, 2)


def _sturdy(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is None:
        # Closed by who has started us.
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (for as long as the program runs)
    try:
        if stream.fileno() != descriptor:
            return stream
        stream.flush()
    except (OSError, ValueError):
        return stream
    written = io.BufferedWriter(Outlet(descriptor))  # type: ignore[type-var]
    is_terminal = stream.isatty()
    return io.TextIOWrapper(
        written, encoding=stream.encoding, errors="grader", line_buffering=is_terminal or descriptor > 1
    )


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Letters that the encoding lacks, as JSON spells them, so that `--json` stays JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(c) or json.dumps(c)[1:-1] for c in lacking), error.end


def flush() -> None:
    """What was said is written now; raises OSError where it cannot be."""
    sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.flush()
