"""One submission, from files to evidence: run it once, write down facts."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from grader import inside
from grader.assignment.answers import answers
from grader.assignment.reference import Reference
from grader.errors.failures import about
from grader.evidence.endings import Stopped, no_time_left
from grader.executors.children import BeyondLimitsError, Child, Children
from grader.executors.exchange import Reading
from grader.executors.ran import Ran
from grader.inside.signing import KEY_BYTES
from grader.records import EVIDENCE_VERSION, Ending, Evidence, Execution, Limits, SourceFile, Submission
from grader.sandbox.base import Job, Sandbox, Stop, StopReason
from grader.sandbox.resident import ResidentEndedError
from grader.sandbox.scratch import scratch

MOST_KEPT = 256 << 20
"""Bytes of weights and executed notebooks of one submission; six trainings of the lab have 2 MiB."""
COMMAND = ("-m", "inside")
ENDINGS: Mapping[StopReason, Ending | None] = {
    StopReason.EXITED: None,
    StopReason.TIMED_OUT: Ending.TIMED_OUT,
    StopReason.OUT_OF_MEMORY: Ending.OUT_OF_MEMORY,
    StopReason.OUTPUT_LIMIT: Ending.OUTPUT_LIMIT,
    StopReason.PROCESS_LIMIT: Ending.PROCESS_LIMIT,
    StopReason.FILE_LIMIT: Ending.FILE_LIMIT,
}


class KernelNotStartedError(Exception):
    """The kernel was gone before it ran a line of the student's: the grader's failure, with what the system said."""


class CancelledError(Exception):
    """The person who started the grading has stopped it."""


class Runner(AbstractContextManager["Runner"]):
    """What all submissions that are run on one machine share: the data set and the sandbox."""

    def __init__(self, reference: Reference, sandbox: Sandbox, cancel: Event, private: Sequence[Path] = ()) -> None:
        """`private`: what no program may see beside the reference, such as the rubric, reports and submissions."""
        self._private = tuple(private)
        self.cancel = cancel
        """The event that the sandbox watches: when it is set, running programs are stopped."""
        self.sandbox = sandbox
        self._reference = reference
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(scratch())
        self._children = Children(cancel, lambda: self._hidden)
        self._stack.callback(self._children.close)

    def __enter__(self) -> Self:
        """Lays out the data set; the sandbox's user must be able to read it."""
        self._folder.chmod(0o755)
        self._children.begin(self.sandbox)
        with about(self.data):
            self._reference.write_data(self.data)
            self._children.lay_out(self._reference.load_data())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes what was laid out."""
        self._stack.close()

    @cached_property
    def conditions(self) -> Mapping[str, str]:
        """As `conditions`."""
        return conditions(self.data)

    @property
    def data(self) -> Path:
        """The folder that is mounted into every sandbox."""
        return self._folder / "mnist"

    def trace_path(self, submission: Submission) -> Path:
        """Where the trace of the submission's running program grows; progress is read from it."""
        return self._folder / f"{submission.digest}-{abs(hash(submission.root))}.jsonl"

    @cached_property
    def _hidden(self) -> tuple[Path, ...]:
        """Once for all: what a reference is made of does not change while a class is graded."""
        return (*answers(self._reference), *self._private)

    def run(self, submission: Submission, limits: Limits) -> Ran:
        """Runs every program of a submission, each on its own, and pools what they show."""
        parts: list[Ran] = []
        used = 0.0
        with self._children.one(self.sandbox) as child:
            child.show(submission)
            try:
                for file in submission.programs:
                    part, seconds = self._run(child, submission, file, limits, used)
                    parts.append(_within(part, MOST_KEPT - sum(map(_kept, parts))))
                    used += seconds
            except ResidentEndedError as stopped:
                raise CancelledError from stopped
        ran = _pool(submission, parts, limits)
        made_with = {**ran.evidence.environment, **self.conditions}
        return replace(ran, evidence=replace(ran.evidence, environment=made_with))

    def _run(
        self, child: Child, submission: Submission, file: SourceFile, limits: Limits, used: float
    ) -> tuple[Ran, float]:
        """Runs one program; what was handed in is read, and what was recorded is measured, in a child.

        Also tells how many seconds of the submission's time it took; `used` are those of the programs before it.
        """

        def not_run(ending: Ending, message: str, advice: str = "", gap: str = "") -> tuple[Ran, float]:
            run = Execution(file.name, ending, 0.0, 0, (), message, self.sandbox.name, advice)
            return _part(submission, run, limits, gap), limits.seconds if ending is Ending.TIMED_OUT else 0.0

        try:
            program = child.read(submission, file)
        except BeyondLimitsError as beyond:
            return not_run(Ending.UNREADABLE, str(beyond), gap=str(beyond))
        if program.refusal:
            return not_run(Ending.UNREADABLE, program.refusal, program.advice)
        if not program.cells:
            return not_run(Ending.NOTHING_TO_RUN, f"{file.name} has no code. Hand in the notebook with your cells.")
        if used >= limits.seconds:
            return not_run(Ending.TIMED_OUT, no_time_left(file.name, limits.seconds))
        key = secrets.token_bytes(KEY_BYTES)
        try:
            stop = self._confined(submission, file, program, replace(limits, seconds=limits.seconds - used), key)
            part = self._gathered(child, submission, file, limits, (key, stop, used))
        finally:
            self.trace_path(submission).unlink(missing_ok=True)
        if part is not None:
            return part, stop.used
        if used and stop.reason is StopReason.TIMED_OUT:
            # What the others had left was too short to begin.
            return not_run(Ending.TIMED_OUT, no_time_left(file.name, limits.seconds))
        # The recorder reports for duty before the student's first line: what failed here is ours.
        raise KernelNotStartedError(_not_begun(file, stop, limits))

    def _gathered(
        self, child: Child, submission: Submission, file: SourceFile, limits: Limits, ran: tuple[bytes, Stop, float]
    ) -> Ran | None:
        """What a program has shown; None if it never began. `ran`: the key of its trace, how it stopped, `used`."""
        key, stop, used = ran
        ending, name = ENDINGS[stop.reason], self.sandbox.name
        stopped = Stopped(ending, stop.status, stop.seconds, stop.peak_memory, name, before=used, used=stop.used)
        try:
            return child.gather(submission, file, self.trace_path(submission), key, stopped, limits)
        except BeyondLimitsError as beyond:
            seconds = round(stop.seconds, 1)
            run = Execution(file.name, ending or Ending.COMPLETED, seconds, stop.peak_memory, (), "", name)
            return _part(submission, run, limits, str(beyond))

    def _confined(self, submission: Submission, file: SourceFile, program: Reading, limits: Limits, key: bytes) -> Stop:
        trace = self.trace_path(submission)
        trace.unlink(missing_ok=True)
        given = {"kind": program.kind, "name": file.name, "notebook": program.notebook, "key": key.hex()}
        names = (*(f.name for f in submission.beside), *program.imported)
        job = Job(
            command=COMMAND,
            inside=Path(inside.__file__).parent,
            files={name: submission.root / name for name in names},
            mounts={"mnist": self.data},
            stdin=json.dumps(given).encode(),
            environment={"GRADER_MAX_EPOCHS": str(limits.max_epochs or ""), "GRADER_FAST": str(int(limits.fast))},
            limits=limits,
            hidden=self._hidden,
        )
        stop = self.sandbox.run(job, trace)
        if stop.reason is StopReason.CANCELLED:
            raise CancelledError
        return stop


def conditions(data: Path) -> dict[str, str]:
    """What evidence depends on beside the submission and the limits: the grader's version, and the data set."""
    digest = hashlib.sha256()
    for path in sorted(data.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(data)} {_file_digest(path)}\n".encode())
    return {"grader": version("mlp-lab-grader"), "data": f"sha256 {digest.hexdigest()}"}


def failed(submission: Submission, fault: str, limits: Limits) -> Ran:
    """The evidence where the grader itself failed: nothing is known, and nobody's zero."""
    return Ran(replace(_nothing(submission, limits), faults=(fault,), environment=_host()))


def _not_begun(file: SourceFile, stop: Stop, limits: Limits) -> str:
    if stop.reason is StopReason.TIMED_OUT:
        return (
            f"{file.name} had {limits.seconds:g} seconds and had not begun: Python and TensorFlow take some ten to "
            "start, more on a busy machine. Grade again with more time (--timeout is in minutes)"
        )
    return f"{file.name}: {stop.reason} before it began. {stop.stderr[-800:]}"


def _nothing(submission: Submission, limits: Limits) -> Evidence:
    return Evidence(EVIDENCE_VERSION, submission, (), limits=limits)


def _part(submission: Submission, run: Execution, limits: Limits, gap: str) -> Ran:
    """Of a program of which nothing is known but how it ended, and why, where that is a gap."""
    return Ran(replace(_nothing(submission, limits), executions=(run,), gaps=(gap,) if gap else ()))


def _kept(part: Ran) -> int:
    """Bytes that are held of it until the submission has ended, and written then."""
    return sum(map(len, (*part.weights.values(), *part.notebooks.values())))


def _within(part: Ran, room: int) -> Ran:
    """The part, without its weights and its notebook where there is no room for them."""
    if _kept(part) <= room:
        return part
    names = " and ".join(e.program for e in part.evidence.executions)
    gap = f"what {names} has recorded was not kept: a submission may record {MOST_KEPT >> 20} MiB with all its programs"
    return Ran(replace(part.evidence, gaps=(*part.evidence.gaps, gap)))


def _pool(submission: Submission, parts: Sequence[Ran], limits: Limits) -> Ran:
    shown = [part.evidence for part in parts]
    inside_versions = next((dict(e.environment) for e in shown if e.environment), {})
    evidence = Evidence(
        version=EVIDENCE_VERSION,
        submission=submission,
        executions=tuple(execution for e in shown for execution in e.executions),
        loads=tuple(load for e in shown for load in e.loads),
        runs=tuple(run for e in shown for run in e.runs),
        advisories=tuple(advisory for e in shown for advisory in e.advisories),
        # Programs that share a helper share what is said of it.
        doubts=tuple(dict.fromkeys(doubt for e in shown for doubt in e.doubts)),
        gaps=tuple(gap for e in shown for gap in e.gaps),
        environment=inside_versions | _host(),
        limits=limits,
    )
    notebooks = {name: text for part in parts for name, text in part.notebooks.items()}
    return Ran(evidence, notebooks, {key: packed for part in parts for key, packed in part.weights.items()})


def _file_digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _host() -> dict[str, str]:
    return {
        "grader": version("mlp-lab-grader"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
