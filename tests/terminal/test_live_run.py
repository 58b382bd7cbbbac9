"""What is told while one's own file runs: read from a trace that grows under it."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import nbformat
import pytest
from rich.console import Console

from grader.executors.base import Executor
from grader.intake.folder import single_file
from grader.records import Submission
from grader.terminal.live_run import LiveRun
from tests.executors.clusters import until


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lab.ipynb"
    cells = [nbformat.v4.new_code_cell(c) for c in ("a = 1", "fit()", "b")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@dataclass
class Tracing:
    """What is asked of an executor here."""

    trace: Path | None

    def trace_path(self, _: Submission) -> Path | None:
        return self.trace


@contextmanager
def following(file: Path, trace: Path | None) -> Iterator[io.StringIO]:
    told = io.StringIO()
    live_run = LiveRun(Console(file=told, width=120), single_file(file))
    with live_run.following(cast("Executor", Tracing(trace))):
        yield told


def line(kind: str, **fields: object) -> str:
    return "\n" + json.dumps({"t": kind, **fields}, separators=(",", ":")) + "\n"


def cell(number: int, error: str = "") -> str:
    return line("cell", number=number, index=0, status="error" if error else "ok", error=error, seconds=1.25)


TRAINING = (
    line("cell_begin", number=2)
    + line("fit_begin", fit=7, cell=2, epochs=100)
    + line("blob", id="0" * 32, npz="A" * 300_000)
    + line("epoch", fit=7, epoch=99, logs={"accuracy": 0.91, "val_accuracy": 0.9, "loss": 0.1})
    + line("fit_end", fit=7)
)


def test_every_cell_and_every_training_is_told_as_it_ends(file: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    with following(file, trace) as told:
        trace.write_text(line("cell_begin", number=1) + cell(1))
        until(lambda: "cell 1" in told.getvalue())
        with trace.open("a") as more:
            more.write(TRAINING + cell(2, "ValueError: no"))
    assert told.getvalue().splitlines() == [
        "✓ cell 1 of 3, 1.2 s",
        "  cell 2 of 3: training 7: epoch 100 of 100, accuracy 0.9100, val_accuracy 0.9000",
        "✗ cell 2 of 3, 1.2 s ValueError: no",
    ]


def test_the_last_lines_of_a_program_are_told_though_its_trace_is_gone_before_they_are_looked_for(
    file: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.jsonl"
    with following(file, trace) as told:
        trace.write_text(cell(1))
        until(told.getvalue)
        with trace.open("a") as more:
            more.write(cell(2) + cell(3))
            trace.unlink()
    assert told.getvalue().splitlines() == [f"✓ cell {n} of 3, 1.2 s" for n in (1, 2, 3)]


def test_the_trace_of_the_next_program_is_told_from_its_first_line_however_long_it_has_become(
    file: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.jsonl"
    with following(file, trace) as told:
        trace.write_text(cell(1))
        until(told.getvalue)
        (tmp_path / "next").write_text(cell(1) + cell(2) + cell(3))
        (tmp_path / "next").replace(trace)
    assert told.getvalue().splitlines() == [f"✓ cell {n} of 3, 1.2 s" for n in (1, 1, 2, 3)]


def test_on_a_terminal_the_latest_cells_are_listed_and_the_training_that_runs_has_a_bar(file: Path) -> None:
    display = LiveRun(Console(file=io.StringIO(), width=120, force_terminal=True), single_file(file))
    for number in range(1, 15):
        display.note(json.loads(cell(number)))
    for event in TRAINING.split():
        if '"t":"epoch"' in event or '"t":"fit_begin"' in event or '"t":"cell_begin"' in event:
            display.note(json.loads(event))
    drawn = display._screen().plain.splitlines()
    assert drawn[0] == "Running, 0:00"
    assert drawn[1:-2] == [f"✓ cell {n} of 3, 1.2 s" for n in range(3, 15)]
    assert drawn[-2:] == [
        "▶ cell 2 of 3: training 7, 0 s",
        f"  {'━' * 24} epoch 100 of 100, accuracy 0.9100, val_accuracy 0.9000",
    ]


def test_of_a_program_that_runs_on_another_machine_nothing_is_told_until_it_is_back(file: Path) -> None:
    with following(file, None) as told:
        pass
    assert told.getvalue() == ""


@pytest.mark.parametrize(
    "hostile",
    [
        '\n{"t":"cell","number":"x"}\n',
        '\n{"t":"epoch","epoch":1,"logs":[]}\n',
        '\n{"t":"cell_begin"' + "[" * 50_000 + "\n",
        '\n{"t":"fit_begin","fit":1,"epochs":0}\n{"t":"epoch","epoch":-5,"logs":{"accuracy":"[red]"}}\n',
        '\n{"t":"cell"',
    ],
)
def test_what_a_program_forges_into_its_trace_stops_no_display(hostile: str, file: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text(hostile)
    with following(file, trace) as told, trace.open("a") as more:
        more.write("\n" + cell(3))
    assert told.getvalue().splitlines()[-1] == "✓ cell 3 of 3, 1.2 s"
