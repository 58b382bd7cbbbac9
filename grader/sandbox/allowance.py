"""How much of its time a run has used: what it computed and what it idled, not what others took from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

CLOCK = 4
"""So many times its limit a run may take by the clock, where others are given the processor in its place."""
WINDOW = 0.5
"""Seconds that are judged together: shorter ones are lost in the grain of the processor's accounts."""
NANOSECONDS = 1e9


class Allowance:
    """The time of one run, from when it was made.

    In each window the run has used what passed by the clock, less what its threads stood ready and were not let on. It
    has used no less than it computed: threads of its own that wait for each other have lost nothing to others. And it
    has used no more than passed by the clock: two threads cost no more than one. Who sleeps is charged for it. Where
    the system does not tell how long threads stood ready, the clock alone counts.
    """

    def __init__(self) -> None:
        self._began = self._since = time.monotonic()
        self._charged = 0.0
        self._computed: dict[psutil.Process, float] = {}
        self._waited: dict[tuple[psutil.Process, str], float] = {}

    def used(self, members: Sequence[psutil.Process]) -> float:
        """Seconds so far; `members` are the processes of the run at this moment."""
        now = time.monotonic()
        if (window := now - self._since) >= WINDOW:
            computed, waited = self._computed_since(members), self._waited_since(members)
            self._charged += min(window, max(computed, window - waited, 0.0))
            self._since, window = now, 0.0
        return max(self._charged + window, (now - self._began) / CLOCK)

    def _computed_since(self, members: Sequence[psutil.Process]) -> float:
        """Seconds of processor time of all members since they were last asked, their ended children included."""
        before, self._computed = self._computed, {}
        for process in members:
            with suppress(psutil.Error):
                times = process.cpu_times()
                # Of a child that has ended since, only its parent still tells.
                self._computed[process] = times.user + times.system + times.children_user + times.children_system
        return sum(max(0.0, now - before.get(process, 0.0)) for process, now in self._computed.items())

    def _waited_since(self, members: Sequence[psutil.Process]) -> float:
        """Seconds that threads of the members stood ready to run since they were last asked, all together."""
        before, self._waited = self._waited, {}
        for process in members:
            for thread, waited in _waiting(process.pid):
                self._waited[process, thread] = waited
        return sum(max(0.0, now - before.get(thread, 0.0)) for thread, now in self._waited.items())


def _waiting(pid: int) -> list[tuple[str, float]]:
    """Each thread with the seconds that it has ever stood ready without running; empty where Linux does not tell."""
    found = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError, ValueError, IndexError):
                found.append((thread.name, int((thread / "schedstat").read_bytes().split()[1]) / NANOSECONDS))
    return found
