"""Runs submissions on this machine, each on a core of its own."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from grader.executors.attempts import attempted
from grader.executors.base import Keep, Step, Told
from grader.executors.capacity import core_numbers
from grader.executors.ran import Ran
from grader.executors.runner import Runner
from grader.inside.protocol import kind_of
from grader.records import Evidence, Limits, Submission

TAIL = 1 << 16
"""Bytes of a growing trace in which the latest cell or epoch is looked for."""
LOOK = 0.5
"""Seconds after which Ctrl-C is noticed at the latest."""


class Local(AbstractContextManager["Local"]):
    """An `Executor` of threads, each of which waits for a sandbox."""

    def __init__(self, runner: Runner, jobs: int) -> None:
        self.jobs = jobs
        self._runner = runner
        self._cores = core_numbers()
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(jobs):
            self._slots.put(slot)
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="submission")

    def __enter__(self) -> Self:
        """Nothing is begun yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """When somebody stops the grading, what runs is ended and what waits is let go."""
        if kind is not None:
            self._runner.cancel.set()
        self._pool.shutdown(cancel_futures=True)

    @property
    def sandbox(self) -> str:
        """As `Executor.sandbox`."""
        return self._runner.sandbox.name

    @property
    def conditions(self) -> Mapping[str, str]:
        """As `Executor.conditions`."""
        return self._runner.conditions

    def run(self, submissions: Sequence[Submission], limits: Limits, told: Told, keep: Keep) -> _Running:
        """As `Executor.run`."""

        def one(submission: Submission) -> Evidence:
            ran = self._ran(submission, limits, told)
            keep(ran)
            return ran.evidence

        return _Running(self._pool, self._runner.cancel, one, submissions)

    def whereabouts(self, submission: Submission) -> str:
        """The cell and epoch that it has come to."""
        return reached(self._runner.trace_path(submission))

    def trace_path(self, submission: Submission) -> Path:
        """As `Executor.trace_path`."""
        return self._runner.trace_path(submission)

    def _ran(self, submission: Submission, limits: Limits, told: Told) -> Ran:
        slot = self._slots.get()
        try:
            told(submission, Step.BEGUN)
            mine = pinned(limits, self.jobs, self._cores, slot)
            return attempted(self._runner, submission, mine, lambda: told(submission, Step.AGAIN))
        finally:
            self._slots.put(slot)


class _Running(Iterator[Evidence]):
    """As `Running`: an error ends the run where it happens, and is raised when all that had finished is handed out."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        cancel: Event,
        one: Callable[[Submission], Evidence],
        submissions: Sequence[Submission],
    ) -> None:
        """`cancel`, once set, ends what runs."""
        self._cancel = cancel
        self._one = one
        self._over = Event()
        """Nothing more is begun."""
        self._failures: list[BaseException] = []
        """The first is the cause: what runs is ended only after it has been noted."""
        self._ended: queue.SimpleQueue[Evidence | None] = queue.SimpleQueue()
        """One for each submission, as they end: None where there is no evidence."""
        self._open = len(submissions)
        """How many of them have not been taken out yet."""
        self._futures = [pool.submit(self._run, submission) for submission in submissions]

    def __next__(self) -> Evidence:
        while self._open:
            # A timeout, so that Ctrl-C is noticed at once.
            with suppress(queue.Empty):
                evidence = self._ended.get(timeout=LOOK)
                self._open -= 1
                if evidence is not None:
                    return evidence
        if self._failures:
            raise self._failures[0]
        raise StopIteration

    def close(self) -> None:
        """As `Running.close`."""
        # What was taken out has ended, though its thread may not have come to the future's end yet.
        if self._open and not all(future.done() for future in self._futures):
            self._over.set()
            self._cancel.set()
        wait(self._futures)

    def _run(self, submission: Submission) -> None:
        """In a thread of the pool."""
        evidence = None
        try:
            if not self._over.is_set():
                evidence = self._one(submission)
        except BaseException as error:  # noqa: BLE001 (raised again for who listens)
            self._failures.append(error)
            self._over.set()
            self._cancel.set()
        finally:
            self._ended.put(evidence)


def pinned(limits: Limits, jobs: int, cores: Sequence[int], slot: int) -> Limits:
    """One thread each, since a second one makes the lab's small networks slower; several jobs have a core each.

    Measured with `tests/benchmarks/bench_fit.py`: an epoch of all six stages takes 1.2 s with one thread and 1.9 s, and
    three times the processor time, with two.
    """
    mine = (cores[slot % len(cores)],) if jobs > 1 and cores else ()
    return replace(limits, threads=1, cpus=mine)


def reached(trace: Path) -> str:
    """The cell and epoch that a running program has reached, from the end of its trace."""
    try:
        with trace.open("rb") as file:
            file.seek(max(0, trace.stat().st_size - TAIL))
            lines = file.read(TAIL).splitlines()
    except OSError:
        return "starting"
    cell = epoch = ""
    for line in lines:
        match kind_of(line):
            case "cell_begin":
                cell, epoch = f"cell {_field(line, 'number')}", ""
            case "fit_begin":
                cell = f"cell {_field(line, 'cell')}"
            case "epoch":
                epoch = f"epoch {_field(line, 'epoch', 1)}"
    return ", ".join(part for part in (cell, epoch) if part) or "starting"


def _field(line: bytes, name: str, add: int = 0) -> str:
    try:
        value = json.loads(line)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "?"
    return str(value + add) if isinstance(value, int) else "?"
