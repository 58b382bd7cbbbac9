"""Watches all processes of a run from outside: their time, their number, the memory they hold, the files they make."""

from __future__ import annotations

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from grader.records import Limits
from grader.sandbox.allowance import Allowance
from grader.sandbox.base import StopReason
from grader.sandbox.environment import RUN_VARIABLE
from grader.sandbox.kernel_memory import held_for

SHORTEST, LONGEST = 0.1, 0.25
"""Seconds between two looks."""
ROUNDS = 50
"""Attempts at killing what is left: something that forks as fast as it dies is not followed forever."""


class Watchdog:
    """Looks at a tree of processes again and again, and remembers who has ever belonged to it.

    Memory is the sum of resident sizes as long as that is within the limit: it is cheap and never too low. It counts
    pages that processes share (forked children, TensorFlow's 300 MiB of code) once for each of them, so a sum above
    the limit is checked against proportional sizes (PSS), which divide a shared page among its holders. Both count
    shared memory that is mapped, which private or "unique" sizes would miss. What the kernel holds for sockets and
    pipes comes to both.
    """

    def __init__(self, pid: int, limits: Limits, scratch: Sequence[str] = ()) -> None:
        """`pid` is the root of the tree; `scratch` are the places of the run's own file systems as it sees them."""
        self._limits = limits
        self._scratch = scratch
        self._seen = {psutil.Process(pid)}
        self._allowance = Allowance()
        self.used = 0.0
        """Seconds of its time limit, up to the last look."""
        self.peak = 0
        """Bytes, at the worst moment so far."""
        self.interval = SHORTEST
        """Seconds until the next look; a machine with many processes makes looking dearer and it rarer."""

    def begin(self) -> None:
        """From now on, time counts anew."""
        self._allowance, self.used = Allowance(), 0.0

    def look(self) -> StopReason | None:
        """Why the run must be stopped now, if it must."""
        started = time.monotonic()
        members = self._members()
        self.used = self._allowance.used(members)
        if self.used > self._limits.seconds:
            return StopReason.TIMED_OUT
        if len(members) > self._limits.processes or _threads(members) > self._limits.tasks:
            return StopReason.PROCESS_LIMIT
        if self._files(members) > self._limits.files:
            return StopReason.FILE_LIMIT
        memory = self._memory(members)
        self.peak = max(self.peak, memory)
        self.interval = min(LONGEST, max(SHORTEST, 10 * (time.monotonic() - started)))
        return StopReason.OUT_OF_MEMORY if memory > self._limits.memory else None

    def clear(self, run: str) -> None:
        """Kills whatever of the run is left, and returns when it is gone.

        Those that left the tree before they were seen are known by the run's mark in their environment.
        """
        _kill_all(lambda: {*self._members(), *_marked(run)})

    def _members(self) -> list[psutil.Process]:
        """Who belongs to the run: everyone seen before who is still there, and all their descendants."""
        children = defaultdict(list)
        members = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                children[process.ppid()].append(process)
            if process in self._seen:
                members.append(process)
        for member in members:  # grows as it goes
            new = [child for child in children[member.pid] if child not in self._seen]
            self._seen.update(new)
            members.extend(new)
        return members

    def _files(self, members: list[psutil.Process]) -> int:
        """Files in the run's own file systems, whose size says nothing about empty ones.

        They are looked at through any process that is in there already; of a path, nothing is the student's. Who is
        still on the way in, as all are for a moment, sees the host's file systems and whatever files are there.
        """
        for place in self._scratch:
            for process in members:
                root = f"/proc/{process.pid}/root"
                with contextlib.suppress(OSError):
                    if Path(root).samefile("/"):
                        continue
                    seen = os.statvfs(root + place)
                    if (used := seen.f_files - seen.f_ffree) > self._limits.files:
                        return used
                    break
        return 0

    def _memory(self, members: list[psutil.Process]) -> int:
        unseen = held_for(p.pid for p in members)
        resident = sum(_measured(p, _resident) for p in members)
        if resident + unseen <= self._limits.memory:
            return resident + unseen
        return sum(_measured(p, _proportional) for p in members) + unseen


def kill_marked(run: str) -> None:
    """Kills the processes that carry the run's mark, and returns when they are gone."""
    _kill_all(lambda: set(_marked(run)))


def _kill_all(find: Callable[[], set[psutil.Process]]) -> None:
    for _ in range(ROUNDS):
        left = [p for p in find() if _alive(p)]
        if not left:
            return
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=LONGEST)


def _threads(members: list[psutil.Process]) -> int:
    return sum(_measured(p, lambda process: int(process.num_threads())) for p in members)


def _measured(process: psutil.Process, size: Callable[[psutil.Process], int]) -> int:
    try:
        return size(process)
    except psutil.AccessDenied:
        # A process can refuse to be read in detail; then it is held to what it seems to hold.
        return _resident(process)
    except psutil.Error:
        return 0


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _proportional(process: psutil.Process) -> int:
    sizes = process.memory_full_info()
    # Only Linux has proportional sizes.
    return int(getattr(sizes, "pss", sizes.rss))


def _marked(run: str) -> list[psutil.Process]:
    marked = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(RUN_VARIABLE) == run:
                marked.append(process)
    return marked


def _alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
