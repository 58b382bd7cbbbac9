"""A process in confinement that answers one request after the other, and is warm for the next."""

from __future__ import annotations

import os
import selectors
import struct
import time
from contextlib import AbstractContextManager, ExitStack
from threading import Event
from typing import Protocol, runtime_checkable

from grader.sandbox.base import Job, StopReason
from grader.sandbox.pipes import CHUNK, Drain, Tail
from grader.sandbox.scratch import marked
from grader.sandbox.supervise import PATIENCE, Prepare, Wires, insist_on_start, kill, pipe, spawn
from grader.sandbox.watchdog import Watchdog

SIZE = struct.Struct(">Q")
"""How long a request or an answer is, in bytes, before it."""
STARTS = 120.0
"""Seconds within which it must say that it is there, on a machine that is busy with a class."""
GRACE = 10.0
"""Seconds in which it may come to the end of what it is at, when everything is to stop."""


@runtime_checkable
class Confinement(Protocol):
    """A sandbox that can keep a process of the grader's own."""

    def prepared(self, job: Job) -> AbstractContextManager[Prepare]:
        """How the job is started, for as long as what it is given lies ready."""


class ResidentEndedError(Exception):
    """The process is gone without an answer: it exceeded a limit, or ended by itself."""

    def __init__(self, reason: StopReason, status: int | None, said: str) -> None:
        """`status` as in `Stop`; `said` is the end of what it wrote to standard error."""
        super().__init__(f"{reason}, status {status}. {said}".strip())
        self.reason = reason
        self.status = status


class Resident:
    """Reads requests from its standard input and writes answers to the descriptor `GRADER_TRACE_FD`.

    Before each stands its length (`SIZE`); an empty answer comes first of all, when it is ready. Its job's limits hold
    for its whole life, but for those on time and output, which are each request's own.
    """

    def __init__(self, confinement: Confinement, job: Job, cancel: Event) -> None:
        """Starts it; it dies with the thread that does. Once `cancel` is set, what it is at has `GRACE` seconds.

        Raises:
            SandboxUnavailable: it cannot be confined.
        """
        self._cancel = cancel
        self._tail = Tail()
        self._is_ready = False
        self._cancelled = 0.0
        """Seconds for which everything was to stop already."""
        with ExitStack() as stack:
            prepare = stack.enter_context(confinement.prepared(job))
            self._answers, answer_wire = pipe(stack)
            self._ready, ready_wire = pipe(stack)
            errors, error_wire = pipe(stack)
            request_wire, self._requests = pipe(stack)
            wires = Wires(answer_wire.fileno(), ready_wire.fileno(), os.urandom(16).hex())
            stack.enter_context(marked(wires.run))
            command = prepare(wires)
            self._process = spawn(command, wires, request_wire.fileno(), error_wire.fileno())
            self._watchdog = Watchdog(self._process.pid, job.limits, command.scratch)
            for wire in (answer_wire, ready_wire, error_wire, request_wire):
                wire.close()
            drain = Drain(errors, self._tail)
            stack.callback(drain.finish, PATIENCE)
            stack.callback(self._watchdog.clear, wires.run)
            stack.callback(kill, self._process)
            os.set_blocking(self._requests.fileno(), False)
            self._stack = stack.pop_all()

    @property
    def pid(self) -> int:
        """Of the root of its processes."""
        return self._process.pid

    @property
    def used(self) -> float:
        """Seconds that it was given for what it was asked last, or idled."""
        return self._watchdog.used

    @property
    def peak(self) -> int:
        """Bytes that it was seen to hold at its worst moment."""
        return self._watchdog.peak

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, as far as the system knows."""
        return self._process.poll() is None

    def wait(self) -> None:
        """Until it is ready.

        Raises:
            SandboxUnavailable, ResidentEndedError: it never was; nobody has asked it anything.
        """
        if not self._is_ready:
            self._exchange(b"", STARTS, 0)
            self._is_ready = True

    def ask(self, request: bytes, seconds: float, most: int) -> bytes:
        """The answer, of `most` bytes, given within so many seconds, of which those count that it was given.

        Raises:
            ResidentEndedError: there is none, and the process is gone.
        """
        return self._exchange(SIZE.pack(len(request)) + request, seconds, most)

    def close(self) -> None:
        """Ends it, and leaves nothing of it behind."""
        self._stack.close()

    def _exchange(self, request: bytes, seconds: float, most: int) -> bytes:
        self._watchdog.begin()
        rest, came = memoryview(request), bytearray()
        look_at = time.monotonic() + self._watchdog.interval
        with selectors.DefaultSelector() as ready:
            ready.register(self._answers, selectors.EVENT_READ)
            if rest:
                ready.register(self._requests, selectors.EVENT_WRITE)
            while (size := _size(came)) is None or len(came) < SIZE.size + size:
                for key, _ in ready.select(timeout=max(0.0, look_at - time.monotonic())):
                    if key.fileobj is self._answers:
                        came += self._piece()
                    elif not (rest := self._written(rest)):
                        ready.unregister(self._requests)
                if (_size(came) or 0) > most:
                    raise self._ended(StopReason.OUTPUT_LIMIT)
                if time.monotonic() >= look_at:
                    self._must_go_on(seconds)
                    look_at = time.monotonic() + self._watchdog.interval
        if rest or len(came) > SIZE.size + size:
            # It has answered what was not asked.
            raise self._ended(StopReason.OUTPUT_LIMIT)
        return bytes(memoryview(came)[SIZE.size :])

    def _piece(self) -> bytes:
        if piece := self._answers.read(CHUNK):
            return piece
        raise self._ended(StopReason.EXITED)

    def _written(self, rest: memoryview) -> memoryview:
        try:
            return rest[os.write(self._requests.fileno(), rest[:CHUNK]) :]
        except BlockingIOError:
            return rest
        except BrokenPipeError:
            raise self._ended(StopReason.EXITED) from None

    def _must_go_on(self, seconds: float) -> None:
        self._cancelled += self._watchdog.interval if self._cancel.is_set() else -self._cancelled
        if self._cancelled > GRACE:
            raise self._ended(StopReason.CANCELLED)
        reason = self._watchdog.look()
        if self.used > seconds:
            reason = StopReason.TIMED_OUT
        if reason:
            raise self._ended(reason)

    def _ended(self, reason: StopReason) -> ResidentEndedError:
        """Ends it, and says why."""
        if reason is StopReason.EXITED:
            # Its pipes close a moment before it is gone.
            self._wait(PATIENCE)
        status = self._process.poll()
        try:
            if reason is StopReason.EXITED and not self._is_ready:
                insist_on_start(self._ready, str(self._tail))
        finally:
            self.close()
        return ResidentEndedError(reason, status, str(self._tail))

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.is_alive and time.monotonic() < until:
            time.sleep(0.01)


def _size(came: bytearray) -> int | None:
    return SIZE.unpack_from(came)[0] if len(came) >= SIZE.size else None
