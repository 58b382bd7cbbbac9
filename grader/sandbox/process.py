"""A plain subprocess with limits, for one's own code: it keeps accidents small and hides nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

from grader.sandbox.base import Job, Promise, Stop
from grader.sandbox.environment import Places, environment
from grader.sandbox.launcher import launch
from grader.sandbox.scratch import scratch
from grader.sandbox.seccomp import seccomp_filter
from grader.sandbox.staging import stage
from grader.sandbox.supervise import Command, Prepare, Wires, supervise

PROMISES = frozenset({Promise.TIME, Promise.MEMORY, Promise.PROCESSES, Promise.OUTPUT, Promise.KEPT})
if seccomp_filter() is not None:
    PROMISES |= {Promise.HIDDEN_MEMORY, Promise.SYSTEM_CALLS}


class Process:
    """The sandbox for a student's own file, or for a machine that has nothing better."""

    name = "process"
    isolated = False
    promises = PROMISES
    """Nothing about files, disk, network and other processes: what the grader's user can do, the program can do.

    Nor that nothing of it is left: what it starts is ended by descent and by the run's mark, and a process that
    detaches itself and clears its environment between two looks of the watchdog escapes both.
    """

    def __init__(self, cancel: Event) -> None:
        """`cancel`, once set, ends every run."""
        self._cancel = cancel

    def run(self, job: Job, trace: Path) -> Stop:
        """As `Sandbox.run`."""
        with self.prepared(job) as prepare:
            return supervise(job, trace, self._cancel, prepare)

    @contextmanager
    def prepared(self, job: Job) -> Iterator[Prepare]:
        """As `Confinement.prepared`."""
        with scratch() as folder:
            yield partial(_command, job, folder)


def _command(job: Job, folder: Path, wires: Wires) -> Command:
    work, home, temporary, imports = (folder / name for name in ("work", "home", "tmp", "lib"))
    for new in (work, home, temporary, imports):
        new.mkdir()
    stage(job.files, work)
    # A link in a folder of its own: beside the real one lie packages of the grader, which are none of its imports.
    (imports / "inside").symlink_to(job.inside.absolute())
    places = Places(home, temporary, (imports,), job.mounts)
    argv = launch(job, imports / "inside", wires.ready, parent=os.getpid(), calls=seccomp_filter())
    return Command(tuple(argv), environment(job, places, wires.run, wires.trace), work)
