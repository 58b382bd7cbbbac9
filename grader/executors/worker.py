"""What runs on the workers of a Dask cluster: nothing but tasks of the grader, and only where they are safe."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from threading import Event
from typing import Any, cast

from distributed import Worker, WorkerPlugin, get_worker

from grader.errors import SandboxUnavailable, UserError
from grader.executors.attempts import attempted
from grader.executors.parcels import ran_parcel, unpack_submission
from grader.jobs import GRADER, SUBMISSION
from grader.pipeline import CancelledError, Workshop
from grader.sandbox.choose import choose
from grader.sandbox.scratch import scratch
from grader.standard import load_reference

PACKAGE = "mlp-lab-grader"
TOPIC = PACKAGE
"""Of the events that workers send to whoever follows them."""
SANDBOX = "bubblewrap"
NEEDED = GRADER + SUBMISSION
"""Bytes of memory: the worker's own TensorFlow and data, and the submission beside it."""
VERSIONS = (PACKAGE, "keras", "tensorflow", "numpy")

NOT_RUN = b""
"""The answer of a worker that could not or was not to run the task: it may go elsewhere."""


def versions() -> dict[str, str]:
    """What must be the same on all machines, or the same code would not earn the same mark."""
    found = {}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


@dataclass(frozen=True)
class Terms:
    """What is asked of a worker."""

    reference: str
    """The package that provides the data set."""
    confined: bool
    """Whether it will run other people's code, which it does in a sandbox or not at all."""
    versions: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Of the place of work, and of the resource that tasks ask for: the same for the same terms, whoever asks."""
        return f"{PACKAGE}-{hashlib.sha256(repr(self).encode()).hexdigest()[:12]}"


class Bench(WorkerPlugin):
    """A worker's place of work; a worker that does not meet the terms gets no slot and says why."""

    idempotent = True
    """A second grading under the same terms, at the same time even, finds it as it is."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.name = terms.name

    def __reduce__(self) -> tuple[type[Bench], tuple[Terms]]:
        """Travels as its terms alone: events and folders are each worker's own."""
        return (Bench, (self.terms,))

    async def setup(self, worker: Worker) -> None:
        """Tries everything out before the first submission comes."""
        self.worker = worker
        self.cancel = Event()
        self.running = ""
        self.refusal = await asyncio.to_thread(self._refusal)
        # One slot, whatever its threads: memory and cores of one submission at a time.
        await worker.set_resources(**{self.name: 0 if self.refusal else 1})
        self.say("refuses", why=self.refusal) if self.refusal else self.say("able")

    def teardown(self, worker: Worker) -> None:
        """What runs is ended, and what was laid out is removed."""
        del worker
        self.cancel.set()
        self._folders.close()

    def say(self, what: str, **more: str) -> None:
        """Tells whoever follows the workers."""
        self.worker.log_event(TOPIC, {"what": what, "worker": self.worker.address, "bench": self.name, **more})

    def refuse(self, why: str) -> None:
        """From now on this worker takes no more."""
        self.refusal = why
        self.worker.loop.add_callback(self.worker.set_resources, **{self.name: 0})
        self.say("refuses", why=why)

    def _refusal(self) -> str:
        """Why this worker takes no work; empty if it does."""
        self._folders = ExitStack()
        mine = versions()
        other = [
            f"{name} {mine.get(name)} instead of {asked}"
            for name, asked in self.terms.versions
            if mine.get(name) != asked
        ]
        if other:
            return f"it has {', '.join(other)}; install the same versions everywhere"
        limit = self.worker.memory_manager.memory_limit
        if limit and limit < NEEDED:
            return f"it has {limit / 2**30:.1f} GiB of memory, {NEEDED / 2**30:.1f} are needed; start fewer workers"
        try:
            if self.terms.confined:
                reference = load_reference(self.terms.reference)
                self.shop = self._folders.enter_context(Workshop(reference, choose(SANDBOX, self.cancel), self.cancel))
            else:
                import_module(self.terms.reference)
        except (UserError, ImportError) as error:
            return str(error)
        return ""


Work = Callable[[Bench, bytes], bytes]
"""A function of a module: bytes in, bytes out, at a place of work."""


def begun(work: Work, bench: str, parcel: bytes) -> bytes:
    """Runs a task on this worker, having told that it has begun."""
    mine = cast("Bench", get_worker().plugins[bench])
    mine.running = str(get_worker().get_current_task())
    mine.cancel.clear()
    mine.say("begun", task=mine.running)
    try:
        return work(mine, parcel)
    finally:
        mine.running = ""


def refusal(bench: str, dask_worker: Any) -> str:
    """Why this worker takes no work; empty if it does."""
    found = dask_worker.plugins.get(bench)
    return found.refusal if found else "the grader could not be set up on it; its log says why"


def stop(bench: str, tasks: list[str], dask_worker: Any) -> None:
    """Ends the program that is running here, if it is one of these tasks."""
    found = dask_worker.plugins.get(bench)
    if found is not None and found.running in tasks:
        found.cancel.set()


def graded(bench: Bench, parcel: bytes) -> bytes:
    """Runs a submission in the sandbox of this worker, and gives what it has shown."""
    try:
        with scratch() as folder:
            submission, limits = unpack_submission(parcel, folder)
            ran = attempted(bench.shop, submission, limits, lambda: bench.say("again", task=bench.running))
            return ran_parcel(ran)
    except CancelledError:
        return NOT_RUN
    except SandboxUnavailable as error:
        bench.refuse(str(error))
        return NOT_RUN
