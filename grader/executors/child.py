"""Reads what strangers have handed in and recorded, and measures it, in a process that may fail: `main` is all of it.

It is started in the sandbox's confinement, sees one submission's programs and one trace at a time, and says what it
found on a pipe. What it holds warm is no submission's: TensorFlow, and the official data set.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from grader.errors import UnreadableSubmission
from grader.evidence.calls import TRAINS, calls_any
from grader.evidence.endings import execution
from grader.evidence.executed import executed_notebook
from grader.evidence.gather import Arrays, gather
from grader.evidence.official import Official
from grader.evidence.quiet import import_keras
from grader.evidence.trace import Environment, read
from grader.executors.exchange import (
    ANSWER,
    FAULT,
    NO_MEMORY,
    NOT_BEGUN,
    Gather,
    Read,
    Reading,
    read_request,
    reading_bytes,
)
from grader.executors.ran import Ran
from grader.executors.serialize import ran_payload
from grader.intake import source_code
from grader.intake.folder import KINDS
from grader.intake.program import code, read_program
from grader.intake.roles import needed_by
from grader.records import EVIDENCE_VERSION, Evidence, FileKind, Program, SourceFile, Submission
from grader.records.data_set import ARRAYS, Stored
from grader.sandbox.resident import SIZE

FILES, TRACE = "files", "trace.jsonl"
"""In the folder that is shown to this process."""


def main() -> None:
    """Answers until nobody asks any more."""
    with os.fdopen(int(os.environ["GRADER_TRACE_FD"]), "wb") as answers:
        _say(answers, b"")
        while head := sys.stdin.buffer.read(SIZE.size):
            asked = read_request(sys.stdin.buffer.read(*SIZE.unpack(head)))
            _say(answers, answer(asked))
            if isinstance(asked, Read):
                get_ready(asked)


def _say(answers: BinaryIO, content: bytes) -> None:
    answers.write(SIZE.pack(len(content)) + content)
    answers.flush()


def answer(asked: Read | Gather) -> bytes:
    """What was asked for, or why there is no answer: never an exception, after which nobody would answer."""
    try:
        found = reading_bytes(reading(asked)) if isinstance(asked, Read) else gathered(asked)
    except MemoryError:
        return NO_MEMORY
    except Exception:  # noqa: BLE001 (a failure of ours: it is told, and this process is given up)
        return FAULT + traceback.format_exc(limit=-3).strip().encode("utf-8", "replace")
    return ANSWER + found


def get_ready(asked: Read) -> None:
    """Gets ready to measure while a program that trains is running: that takes seconds."""
    # What fails here fails again, and is told, where it is needed.
    with suppress(Exception):
        if calls_any(_program(asked.file), TRAINS):
            import_keras()
            _ = official().directions


def reading(asked: Read) -> Reading:
    """What is needed of a program to run it."""
    # Of the submissions before this one nothing is kept.
    for parsed in (source_code.tree, source_code.comments):
        parsed.cache_clear()
    try:
        program = _program(asked.file)
    except UnreadableSubmission as error:
        return Reading(asked.file.kind, refusal=str(error), advice=error.advice)
    imported = tuple(f.name for f in _imported(asked.submission, program)) if program.cells else ()
    return Reading(program.kind, program.notebook, len(program.cells), imported)


def gathered(asked: Gather) -> bytes:
    """What one program has shown, as a `Ran`; NOT_BEGUN where it never began."""
    program = _program(asked.file)
    trace = _shown() / TRACE
    key = bytes.fromhex(asked.key)
    events = list(read(trace, key)) if trace.exists() else []
    if not any(isinstance(event, Environment) for event in events):
        # The recorder reports for duty before the student's first line: what failed here is ours.
        return NOT_BEGUN
    found = gather(program, events, official(), helpers=tuple(_helpers(asked.submission, program)), key=key)
    evidence = Evidence(
        version=EVIDENCE_VERSION,
        submission=asked.submission,
        executions=(execution(program, events, asked.stopped, asked.limits),),
        loads=found.loads,
        runs=found.runs,
        advisories=found.advisories,
        doubts=found.doubts,
        gaps=found.gaps,
        environment=found.environment,
        limits=asked.limits,
    )
    weights = {key: _npz(arrays) for key, arrays in found.weights.items()}
    return ran_payload(Ran(evidence, {program.name: executed_notebook(program, events)}, weights), packed=False)


@cache
def official() -> Official:
    """The data set that lies ready, which the processes of a machine share in memory."""
    folder = Path(os.environ["GRADER_OFFICIAL"])
    return Official(Stored(**{name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in ARRAYS}))


def _shown() -> Path:
    return Path(os.environ["GRADER_SHOWN"])


def _program(file: SourceFile) -> Program:
    return read_program(_shown() / FILES / file.name, file.name, file.kind)


def _helpers(submission: Submission, program: Program) -> Iterator[Program]:
    """The modules and notebooks that a program imports; what cannot be read holds nothing that could count for it."""
    helpers = (f for f in submission.files if f.kind is FileKind.HELPER)
    for file in (*helpers, *_imported(submission, program)):
        if file.name != program.name:
            with suppress(UnreadableSubmission):
                yield _read(file)


def _imported(submission: Submission, program: Program) -> Iterator[SourceFile]:
    """The programs that this one imports, as scripts that import each other do, itself included."""
    files = {f.name: f for f in (*submission.programs, *submission.beside) if f.kind is not FileKind.DATA}

    def code_of(name: str) -> str:
        with suppress(UnreadableSubmission):
            return code(_read(files[name]))
        return ""

    needed = needed_by(program.name, code_of, files)
    yield from (f for f in submission.programs if f.name in needed)


def _read(file: SourceFile) -> Program:
    by_name = KINDS.get(Path(file.name).suffix.lower(), FileKind.MODULE)
    kind = by_name if file.kind is FileKind.HELPER else file.kind
    return read_program(_shown() / FILES / file.name, file.name, kind)


def _npz(arrays: Arrays) -> bytes:
    """The same arrays are always the same bytes: NumPy writes no time into them."""
    buffer = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()
