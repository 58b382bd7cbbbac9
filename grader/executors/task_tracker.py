"""Who was running what when a worker was lost, and when a task has cost too many workers to be tried again."""

from __future__ import annotations

from collections import Counter

MOST_KILLS = 3
"""Workers that a task may take with it. One is bad luck (a machine is taken away), three are a pattern."""


class TaskTracker:
    """Counts lost workers against what had begun on them, never against what only waited there."""

    def __init__(self) -> None:
        self._at: dict[str, str] = {}
        self._kills: Counter[str] = Counter()
        self._tried: set[str] = set()

    def begun(self, task: str, worker: str) -> None:
        """The task has begun on this worker."""
        self._at[task] = worker
        self._tried.add(task)

    def waits(self, task: str) -> None:
        """The task is no longer on the worker on which it had begun, and that is nobody's fault."""
        self._at.pop(task, None)

    def whereabouts(self, task: str) -> str:
        """The worker on which it has begun; empty if it waits."""
        return self._at.get(task, "")

    def is_tried(self, task: str) -> bool:
        """Whether it has begun before."""
        return task in self._tried

    def moved(self, worker: str) -> list[str]:
        """The tasks that had begun on a worker that has left in good order."""
        hit = [task for task, at in self._at.items() if at == worker]
        for task in hit:
            self.waits(task)
        return hit

    def lost(self, worker: str) -> list[str]:
        """The tasks that had begun on a worker that is no more; each has one more on its account."""
        hit = self.moved(worker)
        self._kills.update(hit)
        return hit

    def ended(self, task: str) -> None:
        """The task is over: what happens to its worker now is not its doing."""
        self.waits(task)
        self._kills.pop(task, None)
        self._tried.discard(task)

    def is_poison(self, task: str) -> bool:
        """Whether it must not be tried again."""
        return self._kills[task] >= MOST_KILLS
