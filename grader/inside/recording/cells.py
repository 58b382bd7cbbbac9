"""Which of a program's cells is running."""

from __future__ import annotations

from typing import Any


class Cells:
    """Counts the cells of a kernel from its start, those that do not parse included."""

    def __init__(self) -> None:
        self._running = 0

    def __call__(self) -> int:
        """The number of the running cell; 0 before the first."""
        return self._running

    def follow(self, shell: Any) -> None:
        """Counts from now on; what the runner asks the kernel beside the cells does not count."""

        def next_cell(info: Any) -> None:
            if info.store_history:
                self._running += 1

        shell.events.register("pre_run_cell", next_cell)
