"""Runs notebooks and modules as the grader does, in the sandbox that every machine has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import nbformat

from grader import inside
from grader.evidence.trace import AnyEvent, CellEnd, read
from grader.executors.runner import COMMAND
from grader.records import FileKind, Limits
from grader.sandbox.base import Job, Stop
from grader.sandbox.process import Process


@dataclass(frozen=True)
class Ran:
    """How the run stopped and what its trace shows."""

    stop: Stop
    events: list[AnyEvent]

    def cell(self, number: int) -> CellEnd:
        return next(e for e in self.events if isinstance(e, CellEnd) and e.number == number)

    def printed(self, number: int) -> str:
        """The standard output of that cell."""
        outputs = [o for o in self.cell(number).outputs if o["output_type"] == "stream" and o["name"] == "stdout"]
        return "".join(o["text"] for o in outputs)

    def of(self, kind: type[Any]) -> list[Any]:
        return [e for e in self.events if isinstance(e, kind)]


def notebook(cells: Sequence[str]) -> Mapping[str, Any]:
    made: Mapping[str, Any] = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(c, id=f"cell-{n}") for n, c in enumerate(cells)]
    )
    return made


def run(
    folder: Path,
    data: Path,
    cells: Sequence[str],
    *,
    name: str = "lab.ipynb",
    files: Mapping[str, Path] | None = None,
    **environment: str,
) -> Ran:
    """Runs the cells (of a module, the one cell) in a process of their own; the trace is written into `folder`."""
    kind = FileKind.MODULE if name.endswith(".py") else FileKind.NOTEBOOK
    job = Job(
        command=COMMAND,
        inside=Path(inside.__file__).parent,
        files=files or {},
        mounts={"mnist": data},
        stdin=json.dumps({"kind": kind, "name": name, "notebook": notebook(cells)}).encode(),
        environment=environment,
        limits=Limits(seconds=120),
    )
    trace = folder / "trace.jsonl"
    stop = Process(Event()).run(job, trace)
    return Ran(stop, list(read(trace)))
