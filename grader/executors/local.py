"""Runs submissions on this machine, each on a core of its own."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.executors.attempts import attempted
from grader.executors.protocol import Keep, Step, Told
from grader.jobs import core_numbers
from grader.pipeline import Ran, Workshop
from grader.records import Evidence, Limits, Submission

TAIL = 1 << 16
"""Bytes of a growing trace in which the latest cell or epoch is looked for."""
LOOK = 0.5
"""Seconds after which Ctrl-C is noticed at the latest."""


class Local(AbstractContextManager["Local"]):
    """An `Executor` of threads, each of which waits for a sandbox."""

    def __init__(self, shop: Workshop, jobs: int) -> None:
        self.jobs = jobs
        self._shop = shop
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
            self._shop.cancel.set()
        self._pool.shutdown(cancel_futures=True)

    @property
    def sandbox(self) -> str:
        """As `Executor.sandbox`."""
        return self._shop.sandbox.name

    @property
    def conditions(self) -> Mapping[str, str]:
        """As `Executor.conditions`."""
        return self._shop.conditions

    def run(self, submissions: Sequence[Submission], limits: Limits, told: Told, keep: Keep) -> Iterator[Evidence]:
        """As `Executor.run`."""

        def one(submission: Submission) -> Evidence:
            ran = self._ran(submission, limits, told)
            keep(ran)
            return ran.evidence

        return _completed({self._pool.submit(one, submission) for submission in submissions})

    def whereabouts(self, submission: Submission) -> str:
        """The cell and epoch that it has come to."""
        return reached(self._shop.trace_path(submission))

    def _ran(self, submission: Submission, limits: Limits, told: Told) -> Ran:
        slot = self._slots.get()
        try:
            told(submission, Step.BEGUN)
            mine = pinned(limits, self.jobs, self._cores, slot)
            return attempted(self._shop, submission, mine, lambda: told(submission, Step.AGAIN))
        finally:
            self._slots.put(slot)


def _completed(open_: set[Future[Evidence]]) -> Iterator[Evidence]:
    while open_:
        # A timeout, so that Ctrl-C is noticed at once.
        done, open_ = wait(open_, timeout=LOOK, return_when=FIRST_COMPLETED)
        while done:
            yield done.pop().result()


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
        if line.startswith(b'{"t":"cell_begin"'):
            cell, epoch = f"cell {_field(line, 'number')}", ""
        elif line.startswith(b'{"t":"fit_begin"'):
            cell = f"cell {_field(line, 'cell')}"
        elif line.startswith(b'{"t":"epoch"'):
            epoch = f"epoch {_field(line, 'epoch', 1)}"
    return ", ".join(part for part in (cell, epoch) if part) or "starting"


def _field(line: bytes, name: str, add: int = 0) -> str:
    try:
        value = json.loads(line)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "?"
    return str(value + add) if isinstance(value, int) else "?"
