"""What tests let workers do, and what they are."""

from __future__ import annotations

import os
import signal
import time

from grader.executors.worker import Bench, NotRunError


def echo(bench: Bench, parcel: bytes) -> bytes:
    """Nothing at all."""
    del bench
    return parcel


def deadly(bench: Bench, parcel: bytes) -> bytes:
    """What begins with `kill` takes its worker with it, a moment after it has begun; the rest takes a while."""
    del bench
    time.sleep(0.3)
    if parcel.startswith(b"kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    return parcel


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
    """Until it is stopped: then it was not run."""
    del parcel
    if bench.cancel.wait(60):
        raise NotRunError
    return b"never stopped"


def sick(bench: Bench, parcel: bytes) -> bytes:
    """On the worker that is called so, nothing works; it is quicker than all others at that."""
    if bench.worker.name == "sick":
        raise OSError(28, "No space left on device")
    time.sleep(0.2)
    return parcel
