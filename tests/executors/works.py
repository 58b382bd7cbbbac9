"""What tests let workers do, and what they are."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from grader.executors.worker import TOPIC, NotRunError, Slot
from tests.executors.clusters import until


def echo(slot: Slot, payload: bytes) -> bytes:
    """Nothing at all."""
    del slot
    return payload


def deadly(slot: Slot, payload: bytes) -> bytes:
    """What begins with `kill` takes its worker with it once that it has begun is known; the rest takes a while."""
    time.sleep(0.3)
    if payload.startswith(b"kill"):
        until(lambda: _is_told(slot))
        os.kill(os.getpid(), signal.SIGKILL)
    return payload


def _is_told(slot: Slot) -> bool:
    """Whether the scheduler has heard that the task has begun: what is still on its way dies with the worker."""
    asked = slot.worker.scheduler.events(topic=TOPIC)
    told = asyncio.run_coroutine_threadsafe(asked, slot.worker.loop.asyncio_loop).result(60)
    return any(event.get("task") == slot.running for _, event in told)


def failing(slot: Slot, payload: bytes) -> bytes:
    """A mistake of ours."""
    del slot
    raise RuntimeError(f"no {payload.decode()}")


def picky(slot: Slot, payload: bytes) -> bytes:
    """Only the worker named there runs it; the others refuse all work from then on."""
    if slot.worker.name == payload.decode().strip():
        return payload
    slot.refuse("the sandbox is gone")
    raise NotRunError


def named(slot: Slot, payload: bytes) -> bytes:
    """The key of the try that comes to an answer."""
    del payload
    return slot.running.encode()


def slow(slot: Slot, payload: bytes) -> bytes:
    """Until it is stopped; a worker on which that does not happen refuses all work from then on."""
    if not slot.cancel.wait(60):
        slot.refuse(f"nobody has stopped {payload.decode()}")
    raise NotRunError


def judged(slot: Slot, payload: bytes) -> bytes:
    """What begins with `bad` fails everywhere, and all fails on the worker called `sick`, a known-good task as well."""
    slot.probe = lambda: "No space left on device" if slot.worker.name == "sick" else ""
    if payload.startswith(b"bad") or slot.probe():
        raise RuntimeError(f"no {payload.decode()}")
    time.sleep(0.05)
    return payload


def sick(slot: Slot, payload: bytes) -> bytes:
    """On the worker that is called so, nothing works; it is quicker than all others at that."""
    if slot.worker.name == "sick":
        raise OSError(28, "No space left on device")
    time.sleep(0.2)
    return payload
