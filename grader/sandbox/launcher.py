"""The argv that starts a job through `inside/launch.py`, with its limits."""

from __future__ import annotations

import base64
import json
import math
import sys
from pathlib import PurePath

from grader.records import Limits
from grader.sandbox.base import Job

LARGEST_FILE = 256 << 20
"""Bytes."""
MOST_FILES = 1024
"""Open at the same time."""
MOST_TASKS = 4096
"""RLIMIT_NPROC counts all threads that a user has on the machine, other runs and a desktop included, and TensorFlow
alone starts dozens. So it is set high, to slow what forks too fast for the watchdog; the watchdog holds the number of
processes."""
SPARE_CPU = 60
"""Seconds, so that the wall clock always comes first."""


def launch(
    job: Job,
    inside: PurePath,
    ready: int,
    *,
    user: int | None = None,
    parent: int | None = None,
    calls: bytes | None = None,
) -> list[str]:
    """The whole command; `inside` as the launcher will see it, `user` to become, `parent` to die with.

    `calls` is a seccomp filter, in force from when all is set up.
    """
    settings = {
        "ready": ready,
        "limits": resource_limits(job.limits),
        "tasks": MOST_TASKS,
        "cpus": job.limits.cpus,
        "user": user,
        "parent": parent,
        "calls": base64.b64encode(calls or b"").decode(),
    }
    # -I -S: the launcher imports the standard library and nothing a student could have put beside it.
    return [sys.executable, "-I", "-S", str(inside / "launch.py"), json.dumps(settings), *job.command]


def resource_limits(limits: Limits) -> dict[str, int]:
    """The limits the kernel holds for each process, by their names in `resource`."""
    return {
        # Private memory that is asked for, not used: a quarter more, so that what grows slowly meets the watchdog, who
        # can say what happened, and only what jumps far beyond is refused here, as a MemoryError.
        "RLIMIT_DATA": limits.memory + limits.memory // 4,
        "RLIMIT_FSIZE": LARGEST_FILE,
        "RLIMIT_NOFILE": MOST_FILES,
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": math.ceil(limits.seconds) * max(2, limits.threads) + SPARE_CPU,
    }
