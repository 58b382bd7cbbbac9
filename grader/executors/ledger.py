"""Who was running what when a worker was lost, and when a task has cost too many workers to be tried again."""

from __future__ import annotations

from collections import Counter

MOST_KILLS = 3
"""Workers that a task may take with it. One is bad luck (a machine is taken away), three are a pattern."""


class Ledger:
    """Counts lost workers against what had begun on them, never against what only waited there."""

    def __init__(self) -> None:
        self._at: dict[str, str] = {}
        self._kills: Counter[str] = Counter()

    def begun(self, task: str, worker: str) -> None:
        """The task has begun on this worker."""
        self._at[task] = worker

    def whereabouts(self, task: str) -> str:
        """The worker on which it has begun; empty if it waits."""
        return self._at.get(task, "")

    def tried(self, task: str) -> bool:
        """Whether it has begun before, or has taken a worker with it."""
        return task in self._at or task in self._kills

    def lost(self, worker: str) -> list[str]:
        """The tasks that had begun on a worker that is no more; each has one more on its account."""
        hit = [task for task, at in self._at.items() if at == worker]
        for task in hit:
            del self._at[task]
            self._kills[task] += 1
        return hit

    def ended(self, task: str) -> None:
        """The task is over: what happens to its worker now is not its doing."""
        self._at.pop(task, None)
        self._kills.pop(task, None)

    def is_poison(self, task: str) -> bool:
        """Whether it must not be tried again."""
        return self._kills[task] >= MOST_KILLS
