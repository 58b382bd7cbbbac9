"""What tests let workers do, and what they are."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from grader.executors.worker import TOPIC, Bench, NotRunError
from tests.executors.clusters import until


def echo(bench: Bench, parcel: bytes) -> bytes:
    """Nothing at all."""
    del bench
    return parcel


def deadly(bench: Bench, parcel: bytes) -> bytes:
    """What begins with `kill` takes its worker with it once that it has begun is known; the rest takes a while."""
    time.sleep(0.3)
    if parcel.startswith(b"kill"):
        until(lambda: _is_told(bench))
        os.kill(os.getpid(), signal.SIGKILL)
    return parcel


def _is_told(bench: Bench) -> bool:
    """Whether the scheduler has heard that the task has begun: what is still on its way dies with the worker."""
    asked = bench.worker.scheduler.events(topic=TOPIC)
    told = asyncio.run_coroutine_threadsafe(asked, bench.worker.loop.asyncio_loop).result(60)
    return any(event.get("task") == bench.running for _, event in told)


def failing(bench: Bench, parcel: bytes) -> bytes:
    """A mistake of ours."""
    del bench
    raise RuntimeError(f"no {parcel.decode()}")


def picky(bench: Bench, parcel: bytes) -> bytes:
    """Only the worker named there runs it; the others refuse all work from then on."""
    if bench.worker.name == parcel.decode().strip():
        return parcel
    bench.refuse("the sandbox is gone")
    raise NotRunError


def named(bench: Bench, parcel: bytes) -> bytes:
    """The key of the try that comes to an answer."""
    del parcel
    return bench.running.encode()


def slow(bench: Bench, parcel: bytes) -> bytes:
    """Until it is stopped; a worker on which that does not happen refuses all work from then on."""
    if not bench.cancel.wait(60):
        bench.refuse(f"nobody has stopped {parcel.decode()}")
    raise NotRunError


def sick(bench: Bench, parcel: bytes) -> bytes:
    """On the worker that is called so, nothing works; it is quicker than all others at that."""
    if bench.worker.name == "sick":
        raise OSError(28, "No space left on device")
    time.sleep(0.2)
    return parcel
