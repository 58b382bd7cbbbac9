"""A folder of submissions: workers, resume, progress. One failure never stops the rest."""

from __future__ import annotations

import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from grader.desk import (
    EVIDENCE,
    alone,
    clear_drafts,
    must_be_writable,
    overrides_for,
    write_class,
    write_evidence,
    write_facts,
    write_report,
    write_roster,
)
from grader.errors import UserError
from grader.pipeline import CancelledError, Ran, Workshop, failed
from grader.records import Evidence, Grade, Limits, Override, Roster, Submission
from grader.reports.store import read_evidence

ATTEMPTS = 2
"""A failure of the grader may be the machine's bad moment; the second one is reported."""


class State(StrEnum):
    """Where a submission is in a batch."""

    WAITING = "waiting"
    RUNNING = "running"
    AGAIN = "running again"
    """The grader failed the first time."""
    DONE = "done"
    KEPT = "kept"
    """Graded from evidence that an earlier run had left."""


@dataclass(frozen=True, slots=True)
class Event:
    """A submission has come to a new state."""

    submission: Submission
    state: State
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch is run."""

    out: Path
    limits: Limits
    jobs: int
    fresh: bool = False
    """Run again even what has evidence already."""
    title: str = "Class"
    class_pages: bool = True
    """Also write what is about all submissions together."""
    overrides: tuple[Override, ...] = ()
    """Marks by hand; `grade_class` reads them."""
    roster: Roster | None = None


Tell = Callable[[Event], None]


def grade_class(submissions: Sequence[Submission], shop: Workshop, options: Options, tell: Tell) -> tuple[Grade, ...]:
    """Grades all submissions, writes all reports, and returns the grades in the order of the submissions.

    Finished work is on disk before the next submission ends; a second run takes it from there.

    Raises:
        UserError: the output folder cannot be written, or the manual marks in it have problems.
        CancelledError: stopped from outside; what had finished is on disk.
    """
    must_be_writable(options.out)
    overrides = overrides_for(options.out, (s.student for s in submissions), shop.standard)
    options = replace(options, overrides=overrides)
    with alone(options.out):
        clear_drafts(options.out)
        write_roster(options.out, options.roster)
        grades = _grade_all(submissions, shop, options, tell)
        if options.class_pages:
            write_class(options.out, grades, shop.standard, options.title)
    return grades


def _grade_all(submissions: Sequence[Submission], shop: Workshop, options: Options, tell: Tell) -> tuple[Grade, ...]:
    cores = _cores()
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(options.jobs):
        slots.put(slot)

    def one(submission: Submission) -> Grade:
        slot = slots.get()
        try:
            pinned = _pinned(options, cores, slot)
            return _one(submission, shop, replace(options, limits=pinned), tell)
        finally:
            slots.put(slot)

    grades: dict[int, Grade] = {}
    with ThreadPoolExecutor(options.jobs, thread_name_prefix="submission") as pool:
        futures = {pool.submit(one, s): n for n, s in enumerate(submissions)}
        for future in _completed(futures, shop):
            grades[futures[future]] = future.result()
    return tuple(grades[n] for n in sorted(grades))


def _completed(futures: Mapping[Future[Grade], int], shop: Workshop) -> Iterator[Future[Grade]]:
    """Futures as they complete; when the person stops the grading, what runs is ended and what waits is let go."""
    open_ = set(futures)
    try:
        while open_:
            # A timeout, so that Ctrl-C is noticed at once.
            done, open_ = wait(open_, timeout=0.5, return_when=FIRST_COMPLETED)
            yield from done
    except BaseException:
        shop.cancel.set()
        for future in open_:
            future.cancel()
        raise


def _one(submission: Submission, shop: Workshop, options: Options, tell: Tell) -> Grade:
    folder = options.out / submission.student
    evidence = None if options.fresh else _kept(folder, submission, shop, options.limits)
    state = State.KEPT
    if evidence is None:
        tell(Event(submission, State.RUNNING))
        ran = _run(submission, shop, options.limits, tell)
        write_facts(folder, ran.evidence, ran.notebooks, ran.weights)
        evidence, state = ran.evidence, State.DONE
    grade = _judged(folder, evidence, shop, options)
    tell(Event(submission, state, grade))
    return grade


def _judged(folder: Path, evidence: Evidence, shop: Workshop, options: Options) -> Grade:
    """The grade with its report on disk; a failure of ours leaves the evidence as it is, for the next run."""
    fault = ""
    for _ in range(ATTEMPTS):
        try:
            # One at a time: not all that draws and colours is made for several threads.
            with shop.judging:
                return write_report(folder, evidence, shop.standard, options.overrides)
        except UserError:
            raise
        except Exception:  # noqa: BLE001 (one failure never stops the rest)
            fault = f"the grader failed while judging: {traceback.format_exc(limit=-3).strip()}"
    nothing = failed(evidence.submission, fault, options.limits).evidence
    return write_report(folder, nothing, shop.standard, options.overrides)


def _run(submission: Submission, shop: Workshop, limits: Limits, tell: Tell) -> Ran:
    """The submission's evidence; whatever goes wrong on our side becomes a fault in it."""
    fault = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            tell(Event(submission, State.AGAIN))
        try:
            return shop.run(submission, limits)
        except (CancelledError, KeyboardInterrupt, UserError):
            # The sandbox, the disk: nobody's submission can be graded until the user acts.
            raise
        except Exception:  # noqa: BLE001 (one failure never stops the rest)
            fault = f"the grader failed: {traceback.format_exc(limit=-3).strip()}"
    return failed(submission, fault, limits)


def _kept(folder: Path, submission: Submission, shop: Workshop, limits: Limits) -> Evidence | None:
    """Evidence of an earlier run, if it is about the same files, run in the same way, and healthy."""
    try:
        evidence = read_evidence((folder / EVIDENCE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UserError):
        return None
    made_with = {name: evidence.environment.get(name) for name in shop.conditions}
    same = (
        evidence.submission.digest == submission.digest
        and made_with == dict(shop.conditions)
        and _comparable(evidence.limits) == _comparable(limits)
        and all(e.sandbox == shop.sandbox.name for e in evidence.executions)
        and not evidence.faults
    )
    if not same:
        return None
    if evidence.submission != submission:
        # The same files under another name, at another time, or with a roster now.
        evidence = replace(evidence, submission=submission)
        write_evidence(folder, evidence)
    return evidence


def _comparable(limits: Limits) -> Limits:
    """On which cores it ran makes no difference to what was found."""
    return replace(limits, threads=1, cpus=())


@contextmanager
def stopped_like_ctrl_c() -> Iterator[None]:
    """A terminal that is closed or a machine that shuts down stops a grading as a person does: cleanly."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        # Who has made it deaf to a signal (nohup) wants it so.
        heard = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) is signal.SIG_DFL]
        before = {s: signal.signal(s, signal.default_int_handler) for s in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cores() -> tuple[int, ...]:
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return ()


def _pinned(options: Options, cores: Sequence[int], slot: int) -> Limits:
    """One core and one thread for each of several jobs; all cores and up to two threads for a single one."""
    if options.jobs == 1 or not cores:
        return replace(options.limits, threads=min(2, len(cores) or 1))
    return replace(options.limits, threads=1, cpus=(cores[slot % len(cores)],))
