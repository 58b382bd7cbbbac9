"""Tells the student something, once, that never costs a mark."""

from __future__ import annotations

from collections.abc import Callable

from ..looking import LOOKING
from ..protocol import Advisory
from ..trace import Trace


class Advice:
    """Called with a sentence, writes it to the trace beside the running cell's number."""

    def __init__(self, trace: Trace, cell: Callable[[], int]) -> None:
        self._trace = trace
        self._cell = cell
        self._said: set[str] = set()

    def __call__(self, message: str) -> None:
        """Says it unless it has been said, or is about a call of ours."""
        if message not in self._said and not LOOKING.now:
            self._said.add(message)
            self._trace.write(Advisory(t="advisory", cell=self._cell(), message=message))
