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


class StopReason(StrEnum):
    """Why a run is over."""

    EXITED = "exited"
    """By itself, in whatever way: a crash is this too."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    OUTPUT_LIMIT = "output limit"
    PROCESS_LIMIT = "process limit"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Stop:
    """How a run ended."""

    reason: StopReason
    status: int | None
    """The exit status; None if the sandbox ended it. A signal shows as negative, or as 128 plus its number."""
    seconds: float
    peak_memory: int
    """Bytes over all processes of the run together, at the worst moment that was seen."""
    stderr: str
    """The last 4000 characters of standard error, for a person who wonders why nothing started."""


class Sandbox(Protocol):
    """A way to run a job so that it keeps to its limits and, if isolated, sees nothing but its own."""

    @property
    def name(self) -> str:
        """As in `--sandbox`."""

    @property
    def isolated(self) -> bool:
        """Whether the job is kept from files, processes and networks of the host."""

    def run(self, job: Job, trace: Path) -> Stop:
        """Runs the job to its end in the calling thread, which must live that long.

        What the job writes to the descriptor `GRADER_TRACE_FD` is appended to `trace` as it comes.

        Raises:
            SandboxUnavailable: the job's first instruction was never reached; not the student's fault.
            UnreadableSubmission: one of the job's files is not a regular file.
            OSError: the trace cannot be written.
        """
