"""What every sandbox takes, gives back and promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from grader.records import Limits


@dataclass(frozen=True, slots=True)
class Job:
    """One program to run in confinement."""

    command: tuple[str, ...]
    """What follows the Python interpreter, such as `("-m", "inside")`. The interpreter is given `-P` as well: a
    student's `json.py` must not stand in for the library's."""
    inside: Path
    """The folder of the package that is importable as `inside`; its `launch.py` starts the program."""
    files: Mapping[str, Path]
    """Name relative to the working directory → regular file of the host, copied there."""
    mounts: Mapping[str, Path]
    """Name → folder of the host; where it is found inside stands in the variable `GRADER_<NAME>`."""
    stdin: bytes
    environment: Mapping[str, str]
    """Variables beside those that every run gets."""
    limits: Limits
    hidden: tuple[Path, ...] = ()
    """Files and folders of the host that it is not to see, wherever they lie; an isolated sandbox sees to that."""


class StopReason(StrEnum):
    """Why a run is over."""

    EXITED = "exited"
    """By itself, in whatever way: a crash is this too."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    OUTPUT_LIMIT = "output limit"
    PROCESS_LIMIT = "process limit"
    FILE_LIMIT = "file limit"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Stop:
    """How a run ended."""

    reason: StopReason
    status: int | None
    """The exit status; None if the sandbox ended it. A signal shows as negative, or as 128 plus its number."""
    seconds: float
    """By the clock."""
    peak_memory: int
    """Bytes over all processes of the run together, at the worst moment that was seen."""
    stderr: str
    """The last 4000 characters of standard error, for a person who wonders why nothing started."""
    used: float = 0.0
    """Seconds of its time limit: those in which it computed or idled, not those in which others had its core."""


class Promise(StrEnum):
    """What a sandbox may promise about whatever runs in it; tests/hostile tries each in earnest."""

    TIME = "It ends within its time limit and a few seconds, whatever it does."
    MEMORY = "All its processes together keep to the memory limit."
    HIDDEN_MEMORY = "It holds no memory that no limit sees (memfd, System V, message queues)."
    KERNEL_MEMORY = "What the kernel holds for its sockets and pipes counts as its memory."
    PROCESSES = "It has no more processes and threads than the limit."
    OUTPUT = "What it prints and records is cut at a limit; the grader's own memory stays bounded."
    KEPT = "What had finished before it was stopped is kept."
    GONE = "No process and no file of it is left when it is over, nor when the grader is killed."
    SYSTEM_CALLS = "It makes no namespace, no virtual machine's socket and no other call that no notebook needs."
    DISK = "It writes to a scratch space of fixed size, with so many files, and nowhere else."
    FILES = "It sees no other submission, no rubric, no reference, nothing of your home."
    PROCESSES_OF_OTHERS = "It sees and ends no process but its own, and learns nothing of the grader's environment."
    NETWORK = "It reaches no network, this machine's own services included."


class Sandbox(Protocol):
    """A way to run a job so that it keeps to its limits and, if isolated, sees nothing but its own."""

    @property
    def name(self) -> str:
        """As in `--sandbox`."""

    @property
    def isolated(self) -> bool:
        """Whether the job is kept from files, processes and networks of the host."""

    @property
    def promises(self) -> frozenset[Promise]:
        """What it promises on this machine; tests hold it to each."""

    def run(self, job: Job, trace: Path) -> Stop:
        """Runs the job to its end in the calling thread, which must live that long.

        What the job writes to the descriptor `GRADER_TRACE_FD` is appended to `trace` as it comes.

        Raises:
            SandboxUnavailable: the job's first instruction was never reached; not the student's fault.
            UnreadableSubmission: one of the job's files is not a regular file.
            OSError: the trace cannot be written.
        """
