"""Starts a run, watches it to its end, and leaves nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Event

from grader.errors import SandboxUnavailable
from grader.sandbox.base import Job, Stop, StopReason
from grader.sandbox.pipes import TAIL, Drain, Tail, TraceFile, feed
from grader.sandbox.scratch import marked
from grader.sandbox.watchdog import Watchdog

PATIENCE = 2.0
"""Seconds that pipes may take to run dry once everybody who could write is dead."""
READY = b"1"
"""What the launcher says when all is set up; anything after it is a complaint."""


@dataclass(frozen=True, slots=True)
class Wires:
    """What connects a run with the grader; descriptors keep their numbers in every child."""

    trace: int
    ready: int
    """The launcher writes one byte to it when all is set up and the job's own code is next."""
    run: str
    """The mark of this run."""


@dataclass(frozen=True, slots=True)
class Command:
    """A sandbox's way to start a job."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None = None
    descriptors: tuple[int, ...] = ()
    """To be inherited beside the wires."""
    scratch: tuple[str, ...] = ()
    """Where the run's own file systems are, as it sees them."""


Prepare = Callable[[Wires], Command]


def supervise(job: Job, trace: Path, cancel: Event, prepare: Prepare) -> Stop:
    """Runs what `prepare` gives, within the job's limits, appending its trace to a file.

    Raises:
        SandboxUnavailable: the end came before the job's own code had its turn.
        OSError: the trace cannot be written.
    """
    with ExitStack() as stack:
        sink = stack.enter_context(closing(TraceFile(trace, job.limits.trace)))
        traced, trace_wire = pipe(stack)
        ready, ready_wire = pipe(stack)
        errors, error_wire = pipe(stack)
        wires = Wires(trace_wire.fileno(), ready_wire.fileno(), secrets.token_hex(16))
        stack.enter_context(marked(wires.run))
        started = time.monotonic()
        command = prepare(wires)
        process = _start(command, wires, job.stdin, error_wire.fileno())
        for wire in (trace_wire, ready_wire, error_wire):
            wire.close()
        tail = Tail()
        drains = Drain(traced, sink), Drain(errors, tail)
        watchdog = Watchdog(process.pid, job.limits, command.scratch)
        try:
            reason = _watch(process, watchdog, lambda: _disturbed(cancel, sink))
        finally:
            kill(process)
            watchdog.clear(wires.run)
            seconds = time.monotonic() - started
            for drain in drains:
                drain.finish(PATIENCE)
        if sink.failure:
            raise sink.failure
        if sink.full:
            reason = StopReason.OUTPUT_LIMIT
        if reason is StopReason.EXITED:
            insist_on_start(ready, str(tail))
        status = process.returncode if reason is StopReason.EXITED else None
        return Stop(reason, status, seconds, watchdog.peak, str(tail), watchdog.used)


def pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    """The end to read from and the end to write to, open as long as `stack`."""
    read, write = os.pipe()
    return stack.enter_context(FileIO(read, "rb")), stack.enter_context(FileIO(write, "wb"))


def _start(command: Command, wires: Wires, stdin: bytes, stderr: int) -> subprocess.Popen[bytes]:
    read, write = os.pipe()
    try:
        process = spawn(command, wires, read, stderr)
    except BaseException:
        os.close(write)
        raise
    finally:
        os.close(read)
    feed(write, stdin)
    return process


def spawn(command: Command, wires: Wires, stdin: int, stderr: int) -> subprocess.Popen[bytes]:
    """Starts the command between these descriptors; it dies with the thread that has started it."""
    return subprocess.Popen(
        command.argv,
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        env=command.environment,
        cwd=command.folder,
        pass_fds=(wires.trace, wires.ready, *command.descriptors),
        # One group to kill, from the first moment on.
        start_new_session=True,
    )


def _watch(
    process: subprocess.Popen[bytes], watchdog: Watchdog, disturbed: Callable[[], StopReason | None]
) -> StopReason:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=watchdog.interval)
            return StopReason.EXITED
        if reason := disturbed() or watchdog.look():
            return reason


def _disturbed(cancel: Event, sink: TraceFile) -> StopReason | None:
    if cancel.is_set():
        return StopReason.CANCELLED
    return StopReason.OUTPUT_LIMIT if sink.full or sink.failure else None


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kills the process with its group, if it is still there, and takes its status."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def insist_on_start(ready: FileIO, stderr: str) -> None:
    """Raises SandboxUnavailable where the launcher did not come to its end.

    Its byte cannot be forged, or held back, by a student: their code runs only after it.
    """
    os.set_blocking(ready.fileno(), False)
    said = ready.read(TAIL) or b""
    if said != READY:
        reason = (said.removeprefix(READY).decode(errors="replace") + "\n" + stderr).strip()
        raise SandboxUnavailable(
            "The sandbox did not start, so the program was not run (this is no fault of the program). "
            f"The system said: {reason or 'nothing'}"
        )
