"""Picks the executor that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from grader.assignment.reference import load_reference
from grader.executors.base import Executor
from grader.executors.capacity import because, default_jobs, default_workers, this_machine
from grader.executors.cluster import must_have_dask
from grader.executors.local import Local
from grader.executors.runner import Runner
from grader.records.target import Target
from grader.sandbox.choose import choose

NOT_ISOLATED = "NOT ISOLATED: these programs run with your rights and can read and change your files."


def must_be_had(target: Target) -> None:
    """Whether the executor and the sandbox can be had, found out before anything is locked, made or unpacked.

    Raises:
        UserError: one cannot.
    """
    if target.executor == "dask":
        must_have_dask()
    else:
        choose(target.sandbox, Event())


@contextmanager
def executor_at(
    target: Target,
    reference: str,
    most: int,
    say: Callable[[str], object],
    not_isolated: str = NOT_ISOLATED,
    private: Sequence[Path] = (),
) -> Iterator[Executor]:
    """The executor, for as long as it is needed, for `most` submissions at a time at the most.

    `reference` is the package that a rubric names; `say` takes a line for the person at the terminal, `not_isolated`
    where programs run without a sandbox; `private` is what no program may see on this machine beside the reference.

    Raises:
        UserError: it cannot be had: no sandbox, no Dask, no scheduler, no worker that is able.
    """
    if target.executor == "dask":
        must_have_dask()
        from grader.executors.remote import remote

        workers = target.workers or min(default_workers(this_machine()), max(1, most))
        with remote(target.scheduler, workers, reference, say) as far:
            yield far
        return
    cancel = Event()
    confined = choose(target.sandbox, cancel)
    if not confined.isolated:
        say(not_isolated)
    machine = this_machine()
    jobs = min(target.jobs or default_jobs(machine), max(1, most))
    if target.jobs is None and most > 1:
        say(because(machine, jobs))
    with Runner(load_reference(reference), confined, cancel, private) as runner, Local(runner, jobs) as near:
        yield near
