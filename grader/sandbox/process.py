"""A plain subprocess with limits, for one's own code: it keeps accidents small and hides nothing."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from threading import Event

from grader.sandbox.environment import Places, environment
from grader.sandbox.launcher import launch
from grader.sandbox.protocol import Job, Stop
from grader.sandbox.staging import stage
from grader.sandbox.supervise import Command, Wires, supervise


class Process:
    """The sandbox for a student's own file, or for a machine that has nothing better."""

    name = "process"
    isolated = False
    promises_not = (
        "The program can read and change every file that the grader's user can, rubric and other submissions included.",
        "The program has the network.",
        "The program can see and end other processes of the same user.",
        "What it writes to the disk is limited for each file, not altogether.",
        "Memory that is shared but not mapped (memfd, System V) is not counted.",
        "A process that detaches itself and clears its environment between two looks of the watchdog lives on.",
    )

    def __init__(self, cancel: Event) -> None:
        """`cancel`, once set, ends every run."""
        self._cancel = cancel

    def run(self, job: Job, trace: Path) -> Stop:
        """As `Sandbox.run`."""
        with tempfile.TemporaryDirectory(prefix="grader-") as folder:
            return supervise(job, trace, self._cancel, partial(_command, job, Path(folder)))


def _command(job: Job, folder: Path, wires: Wires) -> Command:
    work, home, temporary, imports = (folder / name for name in ("work", "home", "tmp", "lib"))
    for new in (work, home, temporary, imports):
        new.mkdir()
    stage(job.files, work)
    # A link in a folder of its own: beside the real one lie packages of the grader, which are none of its imports.
    (imports / "inside").symlink_to(job.inside.absolute())
    places = Places(home, temporary, (imports,), job.mounts)
    argv = launch(job, imports / "inside", wires.ready, parent=os.getpid())
    return Command(tuple(argv), environment(job, places, wires.run, wires.trace), work)
