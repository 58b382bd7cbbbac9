"""Which of a program's cells is running."""

from __future__ import annotations

from typing import Any


class Cells:
    """Counts the cells of a kernel from its start, those that do not parse included."""

    def __init__(self, before: int = 0) -> None:
        """`before`: how many had their turn in another kernel."""
        self._running = before

    def __call__(self) -> int:
        """The number of the running cell; 0 before the first."""
        return self._running

    def follow(self, shell: Any) -> None:
        """Counts from now on; what the runner asks the kernel beside the cells does not count."""

        def next_cell(info: Any) -> None:
            if info.store_history:
                self._running += 1

        shell.events.register("pre_run_cell", next_cell)
