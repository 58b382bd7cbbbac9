"""What runs on the workers of a Dask cluster: nothing but tasks of the grader, and only where they are safe."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from threading import Event, Lock
from typing import Any, cast

from distributed import Worker, get_worker

from grader.assignment.reference import load_reference
from grader.errors import UserError
from grader.errors.failures import described
from grader.executors.capacity import GRADER, SUBMISSION
from grader.executors.probe import trouble
from grader.executors.runner import CancelledError, Runner
from grader.executors.serialize import ran_payload, unpack_submission
from grader.sandbox.choose import choose
from grader.sandbox.scratch import scratch

PACKAGE = "mlp-lab-grader"
TOPIC = PACKAGE
"""Of the events that workers send to whoever follows them."""
SLOTS = "mlp_lab_slots"
"""Where a worker keeps its slots, by name."""
SANDBOX = "bubblewrap"
VERSIONS = (PACKAGE, "keras", "tensorflow", "numpy")

ANSWER, FAULT, NOT_RUN = b"+", b"-", b"?"
"""How an answer begins: what the work gave; a failure of ours, on which worker and what; not run, to go elsewhere."""
MOST_FAULTS = 3
"""Tasks of our own in a row that fail on one worker and make it refuse: a full disk must not eat a calibration."""


class NotRunError(Exception):
    """This worker could not or was not to run the task."""


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
    data: str = ""
    """The digest of the data set that it must have (`grader.executors.runner.conditions`); empty: any."""
    versions: tuple[tuple[str, str], ...] = field(default_factory=lambda: tuple(versions().items()))

    @property
    def name(self) -> str:
        """Of the slot, and of the resource that tasks ask for: the same for the same terms, whoever asks."""
        return f"{PACKAGE}-{hashlib.sha256(repr(self).encode()).hexdigest()[:12]}"

    @property
    def memory(self) -> int:
        """Bytes: the worker's own TensorFlow and data, and the submission beside it."""
        return GRADER + SUBMISSION * self.confined


class Slot:
    """A slot on a worker: memory and a core for one task at a time, whatever its threads."""

    def __init__(self, terms: Terms, worker: Worker) -> None:
        self.terms = terms
        self.worker = worker
        self.cancel = Event()
        self.running = ""
        """The key of the task that runs."""
        self.unwanted: set[str] = set()
        """Keys of tasks that were to be stopped before they had begun."""
        self.turn = Lock()
        """Held while a task begins, ends or is stopped: what is meant for one must not hit the next."""
        self.faults = 0
        """In a row."""
        self.probe: Callable[[], str] | None = None
        """Why not even a known-good task can be done here, or nothing; None where all tasks are our own."""
        self.refusal: str | None = None
        """Why no work is taken; empty: it is; None: not known yet."""
        self.opening = asyncio.Lock()
        self._folders = ExitStack()

    async def open(self) -> str:
        """Tries everything out, unless that was done and well; the refusal."""
        async with self.opening:
            if self.refusal != "":
                self.refusal = await asyncio.to_thread(self._problem)
                await self._offer()
            return self.refusal

    def refuse(self, why: str) -> None:
        """From now on this worker takes no more; told once the scheduler knows, so that nothing is sent here again."""
        self.refusal = why
        self.worker.loop.add_callback(self._withdraw)

    def unable(self, fault: str) -> str:
        """Whether the task that has failed so has failed by this worker's fault: why it takes no more, or nothing.

        What strangers hand in says nothing about a worker; that is asked of a task that is known to be good.
        """
        if self.probe is not None:
            found = self.probe()
            return f"not even a known-good program runs on it: {_first_line(found)}" if found else ""
        self.faults += 1
        return f"{MOST_FAULTS} tasks in a row have failed on it: {fault}" if self.faults >= MOST_FAULTS else ""

    def begin(self, task: str) -> bool:
        """Makes room for a task; False if it was stopped before it came."""
        with self.turn:
            if task in self.unwanted:
                self.unwanted.discard(task)
                return False
            self.cancel.clear()
            self.running = task
            return True

    def end(self) -> None:
        """The task is over."""
        with self.turn:
            self.running = ""

    def stop(self, tasks: Sequence[str]) -> None:
        """Ends the task that runs, if it is one of these; the others are not to begin."""
        with self.turn:
            self.unwanted.update(set(tasks) - {self.running})
            if self.running in tasks:
                self.cancel.set()

    def say(self, what: str, **more: str) -> None:
        """Tells whoever follows the workers."""
        told = {"what": what, "worker": self.worker.address, "slot": self.terms.name, **more}
        self.worker.log_event(TOPIC, told)

    async def _withdraw(self) -> None:
        await self._offer()
        self.say("refuses", why=self.refusal or "")

    async def _offer(self) -> None:
        await self.worker.set_resources(**{self.terms.name: 0 if self.refusal else 1})

    def _problem(self) -> str:
        self.faults = 0
        try:
            return self._refusal()
        except Exception as error:  # noqa: BLE001 (whatever it is, this worker is not able)
            return str(error) if isinstance(error, UserError) else repr(error)

    def _refusal(self) -> str:
        mine = versions()
        asked = [(name, mine.get(name), wanted) for name, wanted in self.terms.versions]
        other = [f"{name} {has} instead of {wanted}" for name, has, wanted in asked if has != wanted]
        if other:
            return f"it has {', '.join(other)}; install the same versions everywhere"
        limit = self.worker.memory_manager.memory_limit
        if limit and limit < self.terms.memory:
            needed = f"{self.terms.memory / 2**30:.1f} are needed"
            return f"it has {limit / 2**30:.1f} GiB of memory, {needed}; start fewer workers on that machine"
        if not self.terms.confined:
            import_module(self.terms.reference)
            return ""
        self._folders.close()
        runner = Runner(load_reference(self.terms.reference), choose(SANDBOX, self.cancel), self.cancel)
        self.runner = self._folders.enter_context(runner)
        self.probe = partial(trouble, self.runner)
        if runner.conditions["data"] != self.terms.data:
            return f"its package {self.terms.reference!r} has another data set; install the same everywhere"
        return ""


Work = Callable[[Slot, bytes], bytes]
"""A function of a module: bytes in, bytes out, in a slot of a worker."""


async def open_slot(terms: Terms, dask_worker: Any) -> str:
    """Opens a slot on this worker, or takes the one that is open; why it takes no work, empty if it does."""
    slots = vars(dask_worker).setdefault(SLOTS, {})
    opened = slots.setdefault(terms.name, Slot(terms, dask_worker))
    refusal: str = await opened.open()
    return refusal


def stop(slot: str, tasks: list[str], dask_worker: Any) -> None:
    """Ends these tasks as far as they run here or would begin here."""
    found = vars(dask_worker).get(SLOTS, {}).get(slot)
    if found is not None:
        found.stop(tasks)


def begun(work: Work, slot: str, payload: bytes) -> bytes:
    """Runs a task on this worker, having told that it has begun; never raises, since an exception is a pickle."""
    mine = cast("Slot", vars(get_worker())[SLOTS][slot])
    task = str(get_worker().get_current_task())
    if not mine.begin(task):
        return NOT_RUN
    mine.say("begun", task=task)
    try:
        return _answer(mine, work, payload)
    except (NotRunError, CancelledError):
        return NOT_RUN
    finally:
        mine.end()


def _answer(slot: Slot, work: Work, payload: bytes) -> bytes:
    """What the work gives; where it fails on a worker that is able, the fault, to be tried once more elsewhere."""
    try:
        answer = work(slot, payload)
    except NotRunError:
        raise
    except Exception as error:
        fault = described(error)
        if why := slot.unable(fault.splitlines()[-1]):
            slot.refuse(why)
            if slot.probe is not None:
                # Not the task's: it counts for nothing that it has failed here.
                raise NotRunError from error
        return FAULT + f"{slot.worker.address}\n{fault}".encode("utf-8", "replace")
    slot.faults = 0
    return ANSWER + answer


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")


def graded(slot: Slot, payload: bytes) -> bytes:
    """Runs a submission in the sandbox of this worker, and gives what it has shown."""
    try:
        with scratch() as folder:
            submission, limits = unpack_submission(payload, folder)
            return ran_payload(slot.runner.run(submission, limits))
    except CancelledError as stopped:
        raise NotRunError from stopped
