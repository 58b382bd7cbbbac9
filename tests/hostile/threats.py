"""The threats: which program tries what, who promises to hold it, and what is to become of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.records import Ending, Limits
from grader.sandbox.base import Promise

PROGRAMS = Path(__file__).parent / "programs"
LIMITS = Limits(seconds=60, memory=1536 << 20, processes=64, scratch=64 << 20, files=5_000, trace=12 << 20)
"""Small, so that every bomb meets its limit long before it harms the machine; each is bounded by itself besides."""
REFUSED = "refused"
"""The program whose cells try one threat each, none of which ends the run."""


@dataclass(frozen=True, slots=True)
class Threat:
    """One row of the table."""

    name: str
    promise: Promise
    program: str = REFUSED
    endings: tuple[Ending, ...] = (Ending.COMPLETED,)
    """Any of them is right."""
    words: str = ""
    """What the report must say of it."""

    @property
    def takes_its_time(self) -> bool:
        """Whether nothing but the time limit ends it."""
        return self.endings == (Ending.TIMED_OUT,)

    @property
    def ends_the_run(self) -> bool:
        """Whether it has a program of its own."""
        return self.program != REFUSED


def _timed_out(program: str, name: str, promise: Promise = Promise.TIME) -> Threat:
    # Behind it stands, on a busy machine, how long it took by the clock.
    return Threat(name, promise, program, (Ending.TIMED_OUT,), " in cell 2")


def _too_much(program: str, name: str, promise: Promise = Promise.MEMORY) -> Threat:
    return Threat(name, promise, program, (Ending.OUT_OF_MEMORY,), "it used more than 1.5 GiB of memory")


def _dies(program: str, name: str, promise: Promise = Promise.KEPT) -> Threat:
    return Threat(name, promise, program, (Ending.KERNEL_DIED,), "The kernel died in cell 2")


def _ends_its_kernel(program: str, name: str) -> Threat:
    # As in Colab, what stands below goes on in a fresh one.
    return Threat(name, Promise.KEPT, program, (Ending.COMPLETED,), "this cell ended the kernel")


def _too_many(program: str, name: str) -> Threat:
    return Threat(name, Promise.PROCESSES, program, (Ending.PROCESS_LIMIT,), "it started more than 64 processes or 512")


def _floods(program: str, name: str) -> Threat:
    return Threat(name, Promise.OUTPUT, program, (Ending.OUTPUT_LIMIT,), "it wrote more than 12 MiB")


ENDING = (
    _timed_out("endless_loop", "an endless loop"),
    _timed_out("sleep", "a long sleep"),
    _timed_out("stubborn", "ignores every signal, leaves a child, stops itself"),
    _timed_out("stop_the_runner", "stops the program that runs it"),
    _timed_out("endless_print", "an endless print", Promise.OUTPUT),
    _too_many("fork_bomb", "a fork bomb"),
    _too_many("thread_bomb", "a thread bomb"),
    _too_much("memory_private", "memory: private pages"),
    _too_much("memory_shared", "memory: shared pages"),
    _too_much("memory_of_children", "memory: many children"),
    _too_much("memory_of_sockets", "memory: what is in sockets", Promise.KERNEL_MEMORY),
    Threat(
        "300 MB of names: many small files", Promise.DISK, "many_files", (Ending.FILE_LIMIT,), "more than 5,000 files"
    ),
    Threat("400 MB printed in one go", Promise.OUTPUT, "huge_print", (Ending.COMPLETED, Ending.OUT_OF_MEMORY)),
    _floods("trace_flood", "a flood of trace lines"),
    _floods("endless_trace_line", "a trace line without an end"),
    Threat("a daemon by double fork", Promise.GONE, "daemon"),
    _ends_its_kernel("os_exit", "os._exit"),
    _dies("segmentation_fault", "a segmentation fault"),
    _ends_its_kernel("kill_the_kernel", "kills its kernel"),
    _dies("kill_the_runner", "kills its runner and writes that all is well"),
    _dies("kill_everybody", "kills every process there is", Promise.PROCESSES_OF_OTHERS),
    Threat("messages that no notebook sends", Promise.KEPT, "broken_messages", (Ending.COMPLETED, Ending.KERNEL_DIED)),
)
REFUSALS = (
    Threat("a service on the host's loopback", Promise.NETWORK),
    Threat("another network", Promise.NETWORK),
    Threat("a virtual machine's socket", Promise.SYSTEM_CALLS),
    Threat("a raw socket", Promise.SYSTEM_CALLS),
    Threat("rubric, reference, other submissions, home, system", Promise.FILES),
    Threat("the grader's environment", Promise.PROCESSES_OF_OTHERS),
    Threat("the processes of others", Promise.PROCESSES_OF_OTHERS),
    Threat("a full disk", Promise.DISK),
    Threat("one big file", Promise.DISK),
    Threat("files elsewhere", Promise.DISK),
    Threat("memory in a memfd", Promise.HIDDEN_MEMORY),
    Threat("memory of System V", Promise.HIDDEN_MEMORY),
    Threat("message queues", Promise.HIDDEN_MEMORY),
    Threat("a nested namespace", Promise.SYSTEM_CALLS),
    Threat("mounting", Promise.SYSTEM_CALLS),
    Threat("another core", Promise.SYSTEM_CALLS),
    Threat("tracing", Promise.SYSTEM_CALLS),
    Threat("privileges", Promise.PROCESSES_OF_OTHERS),
    Threat("links and special files left behind", Promise.GONE),
)
THREATS = (*ENDING, *REFUSALS)


def refusals() -> Iterator[tuple[str, str]]:
    """Name and code of each cell of the program whose threats are refused."""
    for part in (PROGRAMS / f"{REFUSED}.py").read_text().split("# %% ")[1:]:
        name, _, code = part.partition("\n")
        yield name, code
