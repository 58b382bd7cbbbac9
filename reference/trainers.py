"""Where reference runs are trained: in processes of this machine, or on the workers of a Dask cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING

from grader.errors import UserError
from grader.evidence.quiet import import_keras
from grader.executors.capacity import allowed_cores, default_workers, this_machine
from grader.executors.cluster import must_have_dask
from grader.records.target import Target
from reference.settings import Setting, Task
from reference.train import Run, Trainer, run_from, train

if TYPE_CHECKING:
    from grader.executors.worker import Slot


ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
}
"""One process a core with one thread each trains faster than threads within a process, and has the same bits."""


def trainer(target: Target, tell: Callable[[str], object]) -> Trainer:
    """Trains on that target; `tell` hears what a person should know of it."""
    if target.executor == "dask":
        must_have_dask()
        return lambda tasks: _on_workers(target, tell, tasks)
    return lambda tasks: _here(target.jobs or allowed_cores(), tasks)


def _here(jobs: int, tasks: Sequence[Task]) -> Iterator[tuple[Task, Run]]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin_worker) as pool:
        futures = {pool.submit(train, task): task for task in tasks}
        failures = []
        try:
            for future in as_completed(futures):
                if future.cancelled():
                    continue
                if failure := future.exception():
                    # What trains meanwhile is not lost: nothing more is begun, and the error comes last.
                    failures.append(failure)
                    for waiting in futures:
                        waiting.cancel()
                else:
                    yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)
        if failures:
            raise failures[0]


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ |= ONE_THREAD
    import_keras()


def _end_with_parent() -> None:
    """A parent that was killed takes no results: its workers would train on for nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _on_workers(target: Target, tell: Callable[[str], object], tasks: Sequence[Task]) -> Iterator[tuple[Task, Run]]:
    from grader.executors.distribute import Distributor, Lost
    from grader.executors.worker import Terms
    from grader.executors.workforce import hired

    terms = Terms(__package__, confined=False)
    workers = target.workers or default_workers(this_machine())
    with hired(target.scheduler, workers, terms, tell) as force, ExitStack() as stack:
        distributor: Distributor[Task] = Distributor(force, trained, lambda task: json.dumps(asdict(task)).encode())
        stack.callback(distributor.let_go)
        lost = []
        for task, answer in distributor.run([(f"{t.setting.name}-{t.seed}", t) for t in tasks], lambda *_: None):
            if isinstance(answer, Lost):
                lost.append(f"{task.setting}, seed {task.seed}: {answer.why}.")
            else:
                yield task, run_from(json.loads(answer))
        if lost:
            raise UserError("\n".join([*lost, "Run the same command again: only what is missing is trained."]))


def trained(slot: Slot, payload: bytes) -> bytes:
    """One task on a worker, as JSON there and back.

    In a process of its own: Dask's threads draw from Python's random numbers, too, between the seed and the network.
    """
    del slot
    command = [sys.executable, "-P", "-c", "from reference.trainers import answer; answer()"]
    return subprocess.run(
        command, input=payload, stdout=subprocess.PIPE, env=os.environ | ONE_THREAD, check=True
    ).stdout


def answer() -> None:
    """Trains the task on standard input and writes the run to standard output."""
    import_keras()
    asked = json.load(sys.stdin)
    json.dump(asdict(train(Task(Setting(**asked.pop("setting")), **asked))), sys.stdout)
