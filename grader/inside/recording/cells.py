"""Which of a program's cells is running."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any

ROOM = 200
"""Fits and models of a process that is not a program's first kernel."""


class Cells:
    """Counts the cells of a kernel from its start, those that do not parse included."""

    def __init__(self, before: int = 0) -> None:
        """`before`: how many had their turn in another kernel."""
        self._running = before
        self._first_kernel = 0 if before else os.getpid()

    def __call__(self) -> int:
        """The number of the running cell; 0 before the first."""
        return self._running

    def first_number(self) -> int:
        """From which this process counts its fits and models: no two of a program share a number."""
        own = os.getpid()
        return 1 if own == self._first_kernel else own * ROOM

    def follow(self, shell: Any) -> None:
        """Counts from now on; what the runner asks the kernel beside the cells does not count."""

        def next_cell(info: Any) -> None:
            if info.store_history:
                self._running += 1

        shell.events.register("pre_run_cell", next_cell)


def in_forks(method: Callable[[], None]) -> None:
    """Calls it in each process that is forked from this one, as long as its object lives."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if (found := reference()) is not None:
            found()

    os.register_at_fork(after_in_child=call)
