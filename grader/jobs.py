"""How many submissions run at a time: as many as cores and memory allow."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

GRADER = 1300 << 20
"""Bytes that the grader itself holds: TensorFlow, the data set, and a network being measured."""
SUBMISSION = 1500 << 20
"""Bytes that one running submission holds at its worst moment, as nearly all do."""
SPARE = 512 << 20
"""Bytes left to everything else."""
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
MEMORY_LIMIT, MEMORY_USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


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
    cores = allowed_cores()
    with suppress(OSError, ValueError):
        quota, period = CPU_QUOTA.read_text().split()
        cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def _memory() -> int:
    free = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):
        free = min(free, int(MEMORY_LIMIT.read_text()) - int(MEMORY_USED.read_text()))
    return free
