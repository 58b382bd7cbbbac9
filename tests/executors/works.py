"""What tests let workers do, and what they are."""

from __future__ import annotations

import os
import signal
import time

from grader.executors.worker import NOT_RUN, Bench


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
    raise RuntimeError(f"{bench.name[:3]} {parcel.decode()}")


def picky(bench: Bench, parcel: bytes) -> bytes:
    """Only the worker named there runs it; the others refuse all work from then on."""
    if bench.worker.name == parcel.decode():
        return parcel
    bench.refuse("the sandbox is gone")
    return NOT_RUN


def slow(bench: Bench, parcel: bytes) -> bytes:
    """Until it is stopped: then it was not run."""
    del parcel
    return NOT_RUN if bench.cancel.wait(60) else b"never stopped"
