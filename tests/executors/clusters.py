"""A scheduler and workers as real processes on loopback, as an instructor starts them by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Client

ROOT = Path(__file__).parents[2]
DASK = (sys.executable, "-m", "distributed.cli.dask_scheduler"), (sys.executable, "-m", "distributed.cli.dask_worker")


class Cluster:
    """Its workers have names; each can be killed, and more can join."""

    def __init__(self, stack: ExitStack, options: tuple[str, ...] = ()) -> None:
        self._stack = stack
        self._options = options
        file = Path(stack.enter_context(TemporaryDirectory())) / "scheduler.json"
        scheme = "tls" if options else "tcp"
        # A port that it chooses itself: one that was free a moment ago may be another's now.
        place = ("--host", f"{scheme}://127.0.0.1", "--port", "0", "--scheduler-file", str(file), "--no-dashboard")
        self.scheduler = self._start([*DASK[0], *place, *options])
        until(lambda: self.scheduler.poll() is not None or _address(file))
        self.address = _address(file)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def join(self, name: str, *options: str, **environment: str) -> None:
        """A worker without a nanny: what is killed stays away."""
        place = (
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--name",
            name,
            "--host",
            self.address.partition(":")[0] + "://127.0.0.1",
        )
        self.workers[name] = self._start([*DASK[1], self.address, *place, *options, *self._options], environment)

    def kill(self, name: str) -> None:
        """With SIGKILL."""
        self.workers[name].kill()
        self.workers.pop(name).wait()

    def _start(self, command: list[str], more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2", **(more or {})}
        environment["PYTHONPATH"] = os.pathsep.join([p for p in ((more or {}).get("PYTHONPATH"), str(ROOT)) if p])
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._stack.callback(_end, process)
        return process


@contextmanager
def cluster(*names: str, options: tuple[str, ...] = ()) -> Iterator[Cluster]:
    """A scheduler with so many workers, gone at the end."""
    with ExitStack() as stack:
        made = Cluster(stack, options)
        for name in names:
            made.join(name)
        yield made


def until(holds: Callable[[], Any], seconds: float = 120) -> None:
    """Waits for what must come to hold; the limit is for what never does, on however slow a machine."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def arrived(client: Client, count: int) -> None:
    """Waits until so many workers have joined."""
    until(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == count)


def _address(file: Path) -> str:
    """Where the scheduler listens; empty until it has written all of the file."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError):
        return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
