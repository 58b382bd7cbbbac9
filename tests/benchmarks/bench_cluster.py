"""Prints what a cluster costs: a submission's overhead against this machine, and how many tasks a scheduler moves.

Run: `python -m tests.benchmarks.bench_cluster [overhead tasks answers] [--most 100000]`. The scheduler and two workers
are real processes on loopback, over TLS as always; the work of the second and third table is nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from grader.executors.base import Executor
from grader.executors.choose import executor_at
from grader.executors.distribute import Distributor
from grader.executors.remote import remote
from grader.executors.worker import Terms
from grader.executors.workforce import Workforce, hired
from grader.intake.folder import find_class
from grader.records import Limits, Submission
from grader.records.target import Target
from tests.executors.works import echo

REFERENCE = "reference"
WORKERS = 2
TRIVIAL = "import numpy as np\nprint(np.arange({n}).sum())\n"
SUBMISSIONS = 16
AHEAD = 256
"""Tasks at the scheduler beside those that run: as many as hundreds of workers would have."""
ANSWER = 4 << 20
"""Bytes: about what a submission of six trained stages gives back."""


def overhead() -> None:
    """The same trivial submissions here and on workers, twice in turn, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        for n in range(SUBMISSIONS):
            (Path(folder) / f"student {n}").mkdir()
            (Path(folder) / f"student {n}" / "lab.py").write_text(TRIVIAL.format(n=n))
        submissions = find_class(Path(folder)).submissions
        began = time.perf_counter()
        with (
            executor_at(Target(jobs=WORKERS), REFERENCE, WORKERS, print) as local,
            remote(None, WORKERS, REFERENCE, print) as far,
        ):
            print(f"cluster and workers ready after {time.perf_counter() - began:.1f} s\n")
            print(f"| {SUBMISSIONS} trivial submissions, two at a time | seconds each, local | dask | more |")
            print("|---|---|---|---|")
            for turn in ("first", "again"):
                here, there = (seconds(executor, submissions) / SUBMISSIONS for executor in (local, far))
                print(f"| {turn} | {here:.2f} | {there:.2f} | {there - here:+.2f} |", flush=True)


def seconds(executor: Executor, submissions: tuple[Submission, ...]) -> float:
    """Wall seconds until all have come back."""
    began = time.perf_counter()
    assert len(list(executor.run(submissions, Limits(), lambda *_: None, lambda _: None))) == len(submissions)
    return time.perf_counter() - began


def tasks(most: int) -> None:
    """No-op tasks: how many a second, and what the client holds."""
    print("| tasks | seconds | tasks a second | client's memory, MiB |\n|---|---|---|---|")
    with workforce() as force:
        for count in (n for n in (1_000, 10_000, 100_000) if n <= most):
            took, peak = moved(force, count, b"x" * 100)
            print(f"| {count:,} | {took:.1f} | {count / took:.0f} | {peak} |", flush=True)


def answers() -> None:
    """Answers of a real size: how many bytes a second come through."""
    print("| answers | bytes each | seconds | MiB a second | client's memory, MiB |\n|---|---|---|---|---|")
    with workforce() as force:
        for count in (100, 400):
            took, peak = moved(force, count, bytes(ANSWER), ahead=8)
            rate = count * ANSWER / took / 2**20
            print(f"| {count} | {ANSWER:,} | {took:.1f} | {rate:.0f} | {peak} |", flush=True)


@contextmanager
def workforce() -> Iterator[Workforce]:
    """Two workers that need no sandbox, since they do nothing."""
    terms = Terms(REFERENCE, confined=False)
    with hired(None, WORKERS, terms, print) as force:
        yield force


def moved(force: Workforce, count: int, payload: bytes, ahead: int = AHEAD) -> tuple[float, int]:
    """Wall seconds for so many tasks there and back, and the MiB that this process held at the most."""
    distributor: Distributor[int] = Distributor(force, echo, lambda _: payload, ahead=ahead)
    process, peak, came = psutil.Process(), 0, 0
    began = time.perf_counter()
    for came, (_, answer) in enumerate(distributor.run(((str(n), n) for n in range(count)), lambda *_: None), 1):
        assert answer == payload
        if came % 100 == 0:
            peak = max(peak, process.memory_info().rss >> 20)
    assert came == count
    return time.perf_counter() - began, peak


def main() -> None:
    """Prints the tables that are asked for."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", choices=["overhead", "tasks", "answers", []], help="all if none is named")
    parser.add_argument("--most", type=int, default=100_000, help="tasks of the last row")
    asked = parser.parse_args()
    wanted = asked.tables or ["overhead", "tasks", "answers"]
    if "overhead" in wanted:
        overhead()
    if "tasks" in wanted:
        tasks(asked.most)
    if "answers" in wanted:
        answers()


if __name__ == "__main__":
    main()
