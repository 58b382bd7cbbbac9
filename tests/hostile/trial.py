"""Runs hostile programs through the real pipeline, between two honest ones, and looks at what is left of them."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from threading import Event
from typing import Any

import psutil

import grader
from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.executors.local import Local
from grader.executors.runner import Runner
from grader.grading.grade_class import GradingOptions, grade_class
from grader.intake.folder import find_class
from grader.sandbox.allowance import CLOCK
from grader.sandbox.base import Job, Promise, Sandbox, Stop
from grader.sandbox.choose import choose
from grader.sandbox.resident import Confinement
from grader.sandbox.supervise import Prepare
from tests.hostile.threats import LIMITS, PROGRAMS, REFUSED, THREATS, Threat, refusals

PROJECT = Path(grader.__file__).parent.parent
SPARE = 5.0
"""Seconds that a run may take beyond its limit, on a machine that has other things to do."""
HONEST = """\
import keras
(x, y), (tx, ty) = keras.datasets.mnist.load_data()
x, tx = x[:2000].reshape(2000, 784), tx.reshape(10000, 784)
y, ty = keras.utils.to_categorical(y[:2000], 10), keras.utils.to_categorical(ty, 10)
model = keras.Sequential([keras.Input((784,)), *[keras.layers.Dense(50, "sigmoid") for _ in range(4)]])
model.add(keras.layers.Dense(10, "softmax"))
model.compile(keras.optimizers.SGD(0.001), "categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=256, epochs=2, validation_split=0.3, verbose=0)
model.evaluate(tx, ty, verbose=0)
"""
FIRST, LAST = "0 honest", "z honest"
"""They stand before and after the others in the order in which a class is graded."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one threat."""

    threat: Threat
    outcome: str
    over: float
    """Seconds over the time limit; 0 for what ended before it."""
    left: int
    """Processes and files."""
    problems: tuple[str, ...]


@dataclass
class Watched:
    """A sandbox that looks, after each run, for what is left of it."""

    sandbox: Sandbox
    mark: str
    over: dict[str, float] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.sandbox.name

    @property
    def isolated(self) -> bool:
        return self.sandbox.isolated

    @property
    def promises(self) -> frozenset[Promise]:
        return self.sandbox.promises

    def prepared(self, job: Job) -> AbstractContextManager[Prepare]:
        """What measures is confined as it always is."""
        assert isinstance(self.sandbox, Confinement)
        return self.sandbox.prepared(job)

    def run(self, job: Job, trace: Path) -> Stop:
        program = json.loads(job.stdin)["name"].removesuffix(".ipynb")
        mark = f"{self.mark}-{program}"
        started = time.monotonic()
        try:
            stop = self.sandbox.run(replace(job, environment={**job.environment, "MARK": mark}), trace)
            self.over[program] = max(0.0, time.monotonic() - started - job.limits.seconds)
            if stop.seconds < CLOCK * job.limits.seconds + SPARE:
                # What others took of its core does not count.
                self.over[program] = max(0.0, stop.used - job.limits.seconds)
            return stop
        finally:
            self.left[program] = sum(_carries(process, mark) for process in psutil.process_iter())


@dataclass(frozen=True)
class Trial:
    """A class that was graded."""

    grades: Mapping[str, dict[str, Any]]
    rows: tuple[Row, ...]
    left: tuple[str, ...]
    """Files that were left when all was over."""


def try_all(
    backend: str,
    work: Path,
    *,
    jobs: int,
    threats: Sequence[Threat] = THREATS,
    seconds: float = LIMITS.seconds,
    honest: int = 2,
) -> Trial:
    """Grades one class of two honest submissions and, between them, those threats that the backend promises to hold.

    `work` is an empty folder; everything of the grader's is laid in it, so that leftovers can be told.
    """
    cancel = Event()
    sandbox = choose(backend, cancel)
    held = [t for t in threats if t.promise in sandbox.promises]
    pupils, out, temporary = (work / name for name in ("class", "out", "temporary"))
    temporary.mkdir()
    mark = f"hostile-{os.urandom(8).hex()}"
    with _bait(mark) as values, _temporary(temporary):
        _lay_out(pupils, held, {**values, "SECRETS": _secrets(pupils)})
        for name in (FIRST, LAST)[:honest]:
            (pupils / name).mkdir()
            (pupils / name / "lab.py").write_text(HONEST)
        watched = Watched(sandbox, mark)
        assignment = Assignment.of(load(bundled()))
        with Runner(assignment.reference, watched, cancel) as runner, Local(runner, jobs) as executor:
            submissions = find_class(pupils).submissions
            options = GradingOptions(out, replace(LIMITS, seconds=seconds))
            grade_class(submissions, assignment, executor, options, lambda _event: None)
    grades = {s.student: json.loads((out / s.student / "grade.json").read_text()) for s in submissions}
    left = list(temporary.iterdir()) + [p for p in out.rglob("*") if not p.is_dir() and not _plain(p)]
    cells = [name for name, _ in refusals() if name in {t.name for t in held}]
    rows = tuple(_row(t, out, grades[t.program], watched, cells) for t in held)
    return Trial(grades, rows, tuple(map(str, left)))


def alone(backend: str, work: Path, *, seconds: float = LIMITS.seconds) -> dict[str, Any]:
    """The grade of the honest submission when nobody else is there."""
    return try_all(backend, work, jobs=1, threats=(), seconds=seconds, honest=1).grades[FIRST]


def marks(grade: Mapping[str, Any]) -> dict[str, Any]:
    """What must not depend on the neighbours: all but the name."""
    return {key: value for key, value in grade.items() if key != "student"}


# ---------------------------------------------------------------- the class


def _lay_out(folder: Path, threats: Iterable[Threat], values: Mapping[str, object]) -> None:
    folder.mkdir()
    prelude = (PROGRAMS / "prelude.py").read_text()
    for program in sorted({t.program for t in threats}):
        names = [t.name for t in threats if t.program == program]
        cells = [code for name, code in refusals() if name in names]
        if program != REFUSED:
            cells = [(PROGRAMS / f"{program}.py").read_text()]
        (folder / program).mkdir()
        mark = {"MARK": f"{values['MARK']}-{program}"}
        filled = [Template(cell).substitute(values, **mark) for cell in cells]
        (folder / program / f"{program}.ipynb").write_text(_notebook([prelude, *filled, "print('after')"]))


def _notebook(cells: Iterable[str]) -> str:
    code = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for n, source in enumerate(cells)
    ]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@contextmanager
def _bait(mark: str) -> Iterator[dict[str, object]]:
    """What a hostile program would like: a secret in the environment, a service on the loopback."""
    secret = f"secret-{mark}"
    os.environ["HOSTILE_BAIT"] = secret
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield {
                "MARK": mark,
                "SECRET": secret,
                "PORT": listener.getsockname()[1],
                "SCRATCH": LIMITS.scratch,
                "TWICE_THE_MEMORY": 2 * LIMITS.memory,
            }
    finally:
        del os.environ["HOSTILE_BAIT"]


def _secrets(pupils: Path) -> list[str]:
    """Files of the host that no program may see."""
    parts = (".git", "rubrics", "reference/bands.yaml", "grader/records", "submissions", "pyproject.toml")
    return [*(str(PROJECT / p) for p in parts), str(pupils), *_home(), "/etc/passwd", "/sys", "/home", "/var"]


def _home() -> list[str]:
    """What lies in the grader's home, but for a Python that may be installed there."""
    return [str(p) for p in Path.home().iterdir() if not Path(sys.base_prefix).is_relative_to(p)]


@contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


# ---------------------------------------------------------------- what became of it


def _row(threat: Threat, out: Path, grade: Mapping[str, Any], watched: Watched, cells: Sequence[str]) -> Row:
    folder = out / threat.program
    outputs = _outputs(folder / "files" / f"{threat.program}.executed.ipynb")
    over, left = watched.over[threat.program], watched.left[threat.program]
    outcome = str(grade["ending"])
    problems = []
    # What the report must say is asked below; who ends its kernel can print nothing more.
    if not threat.ends_the_run or (outcome == "completed" and not threat.words):
        said = _said(threat, outputs, cells)
        outcome = said.strip() or outcome
        if not said.startswith("held:"):
            problems.append(f"said {said!r}")
    if grade["ending"] not in threat.endings:
        problems.append(f"ended as {grade['ending']!r}")
    if "finished before" not in outputs[0]:
        problems.append("what had finished before is lost")
    if threat.words not in (folder / "report.html").read_text(encoding="utf-8"):
        problems.append(f"the report does not say {threat.words!r}")
    if grade["faults"]:
        problems.append(f"the grader says that it failed: {grade['faults']}")
    if grade["total"] > 0:
        problems.append(f"earned {grade['total']} marks")
    if left:
        problems.append("processes are left")
    if over > SPARE:
        problems.append("too late")
    return Row(threat, outcome, over, left, tuple(problems))


def _said(threat: Threat, outputs: Sequence[str], cells: Sequence[str]) -> str:
    """What the threat's own cell printed last; `cells` are the threats of the cells after the first."""
    text = outputs[1 if threat.ends_the_run else 1 + cells.index(threat.name)]
    return text.splitlines()[-1] if text else ""


def _outputs(notebook: Path) -> list[str]:
    """The text of each cell, cut by the grader where it was long."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(o.get("text", "") if isinstance(o.get("text"), str) else "" for o in c["outputs"]) for c in cells]


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        named = any(mark in part for part in process.cmdline()) or process.environ().get("MARK") == mark
        return named and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
