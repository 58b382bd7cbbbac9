"""One submission, from files to evidence: run it once, write down facts."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

import numpy as np

from grader import inside
from grader.assignment.reference import Reference
from grader.errors import UnreadableSubmission
from grader.errors.failures import about
from grader.evidence.calls import TRAINS, calls_any
from grader.evidence.endings import Stopped, execution
from grader.evidence.executed import executed_notebook
from grader.evidence.gather import Arrays, Findings, gather
from grader.evidence.official import Official
from grader.evidence.quiet import import_keras
from grader.evidence.trace import AnyEvent, Environment, read
from grader.inside.signing import KEY_BYTES
from grader.intake.folder import KINDS
from grader.intake.program import code, read_program
from grader.intake.roles import needed_by
from grader.records import (
    EVIDENCE_VERSION,
    Ending,
    Evidence,
    Execution,
    FileKind,
    Limits,
    Program,
    SourceFile,
    Submission,
)
from grader.sandbox.protocol import Job, Sandbox, Stop, StopReason
from grader.sandbox.scratch import scratch

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


@dataclass(frozen=True, slots=True)
class Ran:
    """A submission's evidence and what is kept beside it."""

    evidence: Evidence
    notebooks: Mapping[str, str] = field(default_factory=dict)
    """The executed notebook of each program, by the program's name."""
    weights: Mapping[str, bytes] = field(default_factory=dict)
    """Arrays by their keys in the evidence, each set packed as `.npz`."""


class Runner(AbstractContextManager["Runner"]):
    """What all submissions that are run on one machine share: the data set and the sandbox."""

    def __init__(self, reference: Reference, sandbox: Sandbox, cancel: Event) -> None:
        self.cancel = cancel
        """The event that the sandbox watches: when it is set, running programs are stopped."""
        self.sandbox = sandbox
        self._reference = reference
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(scratch())
        self._measuring, self._beginning = Lock(), Lock()
        self._preparing: Thread | None = None

    def __enter__(self) -> Self:
        """Lays out the data set; the sandbox's user must be able to read it."""
        self._folder.chmod(0o755)
        with about(self.data):
            self._reference.write_data(self.data)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes what was laid out."""
        if self._preparing:
            self._preparing.join()
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
    def _official(self) -> Official:
        return Official(self._reference.load_data())

    def run(self, submission: Submission, limits: Limits) -> Ran:
        """Runs every program of a submission, each on its own, and pools what they show."""
        executions: list[Execution] = []
        findings: list[Findings] = []
        notebooks: dict[str, str] = {}
        for file in submission.programs:
            try:
                program = read_program(submission.root / file.name, file.name, file.kind)
            except UnreadableSubmission as error:
                executions.append(_not_run(file, Ending.UNREADABLE, str(error), self.sandbox.name, error.advice))
                continue
            if not program.cells:
                message = f"{file.name} has no code. Hand in the notebook with your cells."
                executions.append(_not_run(file, Ending.NOTHING_TO_RUN, message, self.sandbox.name))
                continue
            self._prepare(program)
            key = secrets.token_bytes(KEY_BYTES)
            stop, events = self._confined(submission, program, limits, key)
            if not any(isinstance(e, Environment) for e in events):
                # The recorder reports for duty before the student's first line: what failed here is ours.
                raise KernelNotStartedError(_not_begun(program, stop, limits))
            stopped = Stopped(ENDINGS[stop.reason], stop.status, stop.seconds, stop.peak_memory, self.sandbox.name)
            executions.append(execution(program, events, stopped, limits))
            notebooks[program.name] = executed_notebook(program, events)
            with self._measuring:
                helpers = tuple(_helpers(submission, program))
                findings.append(gather(program, events, self._official, helpers=helpers, key=key))
        evidence = _pool(submission, executions, findings, limits)
        made_with = {**evidence.environment, **self.conditions}
        return Ran(replace(evidence, environment=made_with), notebooks, _weights(findings))

    def _prepare(self, program: Program) -> None:
        """Gets ready to measure while the first program that trains is still running: that takes seconds."""
        trains = calls_any(program, TRAINS)
        with self._beginning:
            # Once, though several submissions begin at a time: only one thread is waited for at the end.
            if trains and self._preparing is None:
                self._preparing = Thread(target=self._ready, name="preparing to measure", daemon=True)
                self._preparing.start()

    def _ready(self) -> None:
        # What fails here fails again, and is told, where it is needed.
        with self._measuring, suppress(Exception):
            import_keras()
            _ = self._official.directions

    def _confined(
        self, submission: Submission, program: Program, limits: Limits, key: bytes
    ) -> tuple[Stop, list[AnyEvent]]:
        trace = self.trace_path(submission)
        trace.unlink(missing_ok=True)
        given = {"kind": program.kind, "name": program.name, "notebook": program.notebook, "key": key.hex()}
        job = Job(
            command=COMMAND,
            inside=Path(inside.__file__).parent,
            files={f.name: submission.root / f.name for f in (*submission.beside, *_imported(submission, program))},
            mounts={"mnist": self.data},
            stdin=json.dumps(given).encode(),
            environment={"GRADER_MAX_EPOCHS": str(limits.max_epochs or ""), "GRADER_FAST": str(int(limits.fast))},
            limits=limits,
        )
        try:
            stop = self.sandbox.run(job, trace)
            if stop.reason is StopReason.CANCELLED:
                raise CancelledError
            return stop, list(read(trace, key)) if trace.exists() else []
        finally:
            trace.unlink(missing_ok=True)


def conditions(data: Path) -> dict[str, str]:
    """What evidence depends on beside the submission and the limits: the grader's version, and the data set."""
    digest = hashlib.sha256()
    for path in sorted(data.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(data)} {_file_digest(path)}\n".encode())
    return {"grader": version("mlp-lab-grader"), "data": f"sha256 {digest.hexdigest()}"}


def failed(submission: Submission, fault: str, limits: Limits) -> Ran:
    """The evidence where the grader itself failed: nothing is known, and nobody's zero."""
    return Ran(_evidence(submission, (), (), limits, (fault,)))


def _helpers(submission: Submission, program: Program) -> Iterator[Program]:
    """The modules and notebooks that a program imports; what cannot be read holds nothing that could count for it."""
    helpers = (f for f in submission.files if f.kind is FileKind.HELPER)
    for file in (*helpers, *_imported(submission, program)):
        if file.name != program.name:
            with suppress(UnreadableSubmission):
                yield _read(submission, file)


def _imported(submission: Submission, program: Program) -> Iterator[SourceFile]:
    """The programs that this one imports, as scripts that import each other do, itself included."""
    files = {f.name: f for f in (*submission.programs, *submission.beside) if f.kind is not FileKind.DATA}

    def code_of(name: str) -> str:
        with suppress(UnreadableSubmission):
            return code(_read(submission, files[name]))
        return ""

    needed = needed_by(program.name, code_of, files)
    yield from (f for f in submission.programs if f.name in needed)


def _read(submission: Submission, file: SourceFile) -> Program:
    by_name = KINDS.get(Path(file.name).suffix.lower(), FileKind.MODULE)
    kind = by_name if file.kind is FileKind.HELPER else file.kind
    return read_program(submission.root / file.name, file.name, kind)


def _not_begun(program: Program, stop: Stop, limits: Limits) -> str:
    if stop.reason is StopReason.TIMED_OUT:
        return (
            f"{program.name} had {limits.seconds:g} seconds and had not begun: Python and TensorFlow take some ten to "
            "start, more on a busy machine. Grade again with more time (--timeout is in minutes)"
        )
    return f"{program.name}: {stop.reason} before it began. {stop.stderr[-800:]}"


def _not_run(file: SourceFile, ending: Ending, message: str, sandbox: str, advice: str = "") -> Execution:
    return Execution(file.name, ending, 0.0, 0, (), message, sandbox, advice)


def _pool(
    submission: Submission, executions: Sequence[Execution], findings: Sequence[Findings], limits: Limits
) -> Evidence:
    return _evidence(submission, executions, findings, limits, ())


def _evidence(
    submission: Submission,
    executions: Sequence[Execution],
    findings: Sequence[Findings],
    limits: Limits,
    faults: Sequence[str],
) -> Evidence:
    inside_versions = next((dict(f.environment) for f in findings if f.environment), {})
    return Evidence(
        version=EVIDENCE_VERSION,
        submission=submission,
        executions=tuple(executions),
        loads=tuple(load for f in findings for load in f.loads),
        runs=tuple(run for f in findings for run in f.runs),
        advisories=tuple(a for f in findings for a in f.advisories),
        faults=tuple(faults),
        # Programs that share a helper share what is said of it.
        doubts=tuple(dict.fromkeys(doubt for f in findings for doubt in f.doubts)),
        gaps=tuple(gap for f in findings for gap in f.gaps),
        environment=inside_versions | _host(),
        limits=limits,
    )


def _file_digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _host() -> dict[str, str]:
    return {
        "grader": version("mlp-lab-grader"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _weights(findings: Sequence[Findings]) -> dict[str, bytes]:
    return {key: _npz(arrays) for f in findings for key, arrays in f.weights.items()}


def _npz(arrays: Arrays) -> bytes:
    """The same arrays are always the same bytes: NumPy writes no time into them."""
    buffer = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()
