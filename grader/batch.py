"""A folder of submissions: workers, resume, progress. One failure never stops the rest."""

from __future__ import annotations

import fcntl
import io
import json
import os
import queue
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from grader.errors import UserError
from grader.pipeline import CancelledError, Ran, Workshop, failed, judge
from grader.records import Evidence, Grade, Limits, Submission
from grader.reports.files import grade_json, gradebook_csv, write_bytes, write_text
from grader.reports.index import Row, index_html
from grader.reports.store import evidence_json, read_evidence
from grader.reports.student import student_html

REPORT = "report.html"
EVIDENCE = "evidence.json"
ATTEMPTS = 2
"""A failure of the grader may be the machine's bad moment; the second one is reported."""


class State(StrEnum):
    """Where a submission is in a batch."""

    WAITING = "waiting"
    RUNNING = "running"
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


Tell = Callable[[Event], None]


def grade_class(submissions: Sequence[Submission], shop: Workshop, options: Options, tell: Tell) -> tuple[Grade, ...]:
    """Grades all submissions, writes all reports, and returns the grades in the order of the submissions.

    Finished work is on disk before the next submission ends; a second run takes it from there.

    Raises:
        UserError: the output folder cannot be written.
        CancelledError: stopped from outside; what had finished is on disk.
    """
    _must_be_writable(options.out)
    with _alone(options.out):
        grades = _grade_all(submissions, shop, options, tell)
        _write_class(grades, shop, options)
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
        ran = _run(submission, shop, options.limits)
        _keep(folder, ran)
        evidence, state = ran.evidence, State.DONE
    try:
        grade = _report(folder, evidence, shop)
    except UserError:
        raise
    except Exception:  # noqa: BLE001 (one failure never stops the rest)
        fault = f"the grader failed while judging: {traceback.format_exc(limit=-3)}"
        grade = _report(folder, failed(submission, fault, options.limits).evidence, shop)
    tell(Event(submission, state, grade))
    return grade


def _report(folder: Path, evidence: Evidence, shop: Workshop) -> Grade:
    grade = judge(evidence, shop.rubric, shop.bands)
    write_text(folder / "grade.json", json.dumps(grade_json(grade, evidence), indent=1, ensure_ascii=False) + "\n")
    write_text(folder / REPORT, student_html(grade, evidence, shop.bands))
    return grade


def _run(submission: Submission, shop: Workshop, limits: Limits) -> Ran:
    """The submission's evidence; whatever goes wrong on our side becomes a fault in it."""
    fault = ""
    for _ in range(ATTEMPTS):
        try:
            return shop.run(submission, limits)
        except (CancelledError, KeyboardInterrupt, UserError):
            # The sandbox, the disk: nobody's submission can be graded until the user acts.
            raise
        except Exception:  # noqa: BLE001 (one failure never stops the rest)
            fault = f"the grader failed: {traceback.format_exc(limit=-3)}"
    return failed(submission, fault, limits)


def _kept(folder: Path, submission: Submission, shop: Workshop, limits: Limits) -> Evidence | None:
    """Evidence of an earlier run, if it is about the same files, run in the same way, and healthy."""
    try:
        evidence = read_evidence((folder / EVIDENCE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UserError):
        return None
    same = (
        evidence.submission.digest == submission.digest
        and _comparable(evidence.limits) == _comparable(limits)
        and all(e.sandbox == shop.sandbox.name for e in evidence.executions)
        and not evidence.faults
    )
    return replace(evidence, submission=submission) if same else None


def _comparable(limits: Limits) -> Limits:
    """On which cores it ran makes no difference to what was found."""
    return replace(limits, threads=1, cpus=())


def _keep(folder: Path, ran: Ran) -> None:
    """Writes the facts, the evidence last: where it is, the rest is."""
    (folder / EVIDENCE).unlink(missing_ok=True)
    written: set[Path] = set()
    for name, notebook in ran.notebooks.items():
        stem = Path(name).with_suffix("")
        # `lab.py` beside `lab.ipynb`
        target = Path(name) if stem in written else stem
        written.add(target)
        write_text(folder / f"{target.as_posix()}.executed.ipynb", notebook)
    shutil.rmtree(folder / "weights", ignore_errors=True)
    for key, arrays in ran.weights.items():
        buffer = io.BytesIO()
        named: dict[str, Any] = dict(arrays)
        np.savez_compressed(buffer, **named)
        write_bytes(folder / "weights" / f"{key}.npz", buffer.getvalue())
    write_text(folder / EVIDENCE, evidence_json(ran.evidence))


def _write_class(grades: Sequence[Grade], shop: Workshop, options: Options) -> None:
    rows = [Row(grade, f"{grade.student}/{REPORT}") for grade in grades]
    write_text(options.out / "index.html", index_html(rows, options.title, shop.rubric.marks))
    write_text(options.out / "gradebook.csv", gradebook_csv(grades))


def _must_be_writable(out: Path) -> None:
    """Found out before an hour of grading, not after."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".grader-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"The reports cannot be written to {out}: {error.strerror}. Give another folder with --out."
        ) from error


def _cores() -> tuple[int, ...]:
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return ()


def _pinned(options: Options, cores: Sequence[int], slot: int) -> Limits:
    """One core and one thread for each of several jobs; all cores and up to two threads for a single one."""
    if options.jobs == 1 or not cores:
        return replace(options.limits, threads=min(2, len(cores) or 1))
    return replace(options.limits, threads=1, cpus=(cores[slot % len(cores)],))


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Two graders must not write to one folder at once; the second is told so."""
    with (out / ".grader.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"Another grader is writing to {out}. Wait for it, or choose another --out.") from error
        yield
