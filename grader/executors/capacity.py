"""How many submissions run at a time: as many as cores and memory allow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import psutil

GRADER = 600 << 20
"""Bytes that the grader itself holds, and what the processes that measure for it share."""
SUBMISSION = 2100 << 20
"""Bytes that one running submission holds at its worst moment, as nearly all do (1.2 GiB of the bundled ones), and the
process that waits to measure it (0.7 GiB of its own)."""
SPARE = 512 << 20
"""Bytes left to everything else."""
CGROUPS, OWN_CGROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Where Linux says what a container or service may use, and in which groups this process is."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to share: cores, and bytes of memory that are free."""

    cores: int
    memory: int


def this_machine() -> Machine:
    """The cores and the memory that this process may use, a container's limits included."""
    return Machine(_cores(), _memory())


def room(machine: Machine) -> int:
    """How many submissions the memory is enough for; one at least, since that is what was asked for."""
    return max(1, (machine.memory - GRADER - SPARE) // SUBMISSION)


def default_jobs(machine: Machine) -> int:
    """One submission a core, as far as there is memory."""
    return max(1, min(machine.cores, room(machine)))


def default_workers(machine: Machine) -> int:
    """One worker a core, as far as there is memory: each has TensorFlow, the data set and a submission of its own."""
    return max(1, min(machine.cores, (machine.memory - SPARE) // (GRADER + SUBMISSION)))


def because(machine: Machine, jobs: int) -> str:
    """One line for the terminal: what the choice rests on."""
    free = f"{machine.memory / (1 << 30):.1f} GiB of memory free, enough for {room(machine)}"
    cores = f"{machine.cores} core{'s' * (machine.cores != 1)}"
    return f"{jobs} at a time ({cores}; {free})"


def allowed_cores() -> int:
    """How many cores this process may use, whatever part of their time a container has."""
    return len(core_numbers()) or os.cpu_count() or 1


def core_numbers() -> tuple[int, ...]:
    """The cores that this process may use, by number; none where the system does not tell."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def _cores() -> int:
    quotas = [quota for group in groups("cpu", CGROUPS, OWN_CGROUPS) if (quota := cpu_quota(group))]
    return max(1, min(allowed_cores(), *(int(quota) for quota in quotas))) if quotas else allowed_cores()


def _memory() -> int:
    free = int(psutil.virtual_memory().available)
    left = [limit - used for limit, used in memory_limits()]
    return max(0, min(free, *left)) if left else free


def memory_limits() -> list[tuple[int, int]]:
    """What a container or service may hold and what it holds, in bytes, for each of the groups around this process."""
    found = (memory_limit(group) for group in groups("memory", CGROUPS, OWN_CGROUPS))
    return [limit for limit in found if limit]


def groups(controller: str, root: Path, own: Path) -> Iterator[Path]:
    """The folders of the cgroups that bound this process, from its own outwards, in the first and second version.

    Within a container the path may be one of the host's, which is not there: then the container's own is the root.
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = ["0::/"]
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        below = PurePosixPath(path.lstrip("/"))
        if not controllers or controller in controllers.split(","):
            for top in {root / controllers, root / controller} if controllers else {root, root / "unified"}:
                yield from (top / folder for folder in (below, *below.parents))


def cpu_quota(group: Path) -> float | None:
    """How many cores' time a group may use; None where that is not bounded."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text(encoding="utf-8").split()
        else:
            quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="utf-8") for name in ("quota", "period"))
        share = int(quota) / int(period)
        return share if share > 0 else None
    return None


def memory_limit(group: Path) -> tuple[int, int] | None:
    """How many bytes a group may hold and how many it holds; None where that is not bounded."""
    for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        with suppress(OSError, ValueError):
            return int((group / limit).read_text(encoding="utf-8")), int((group / used).read_text(encoding="utf-8"))
    return None
