"""A stage that nothing answers may have been trained where nobody looks, or lost its names: a person is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.grading.judge import judge
from grader.inside.protocol import ENDED, NOT_SEEN, RESTARTED
from grader.records import Advisory, CellRun, CellStatus, Evidence, Outline, Spot, TrainingRun
from tests.builders import evidence, execution, perfect_runs

LOST = "NameError: name 'X_train' is not defined"


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment.of(load(bundled()))


def reasons(assignment: Assignment, found: Evidence) -> list[str]:
    asked = [str(reason) for reason in judge(found, assignment).review]
    return [reason for reason in asked if "process" in reason or "kernel" in reason or "itself" in reason]


def without_dropout() -> list[TrainingRun]:
    return [run for stage, run in perfect_runs().items() if stage != "dropout"]


def test_a_process_is_asked_about_where_a_stage_is_missing(assignment: Assignment) -> None:
    started = (Advisory("lab.ipynb", 4, NOT_SEEN),)
    (asked,) = reasons(assignment, evidence(without_dropout(), advisories=started))
    assert asked.startswith("lab.ipynb, cell 4 starts a process of its own")


@pytest.mark.parametrize("message", [NOT_SEEN, RESTARTED])
def test_nobody_is_asked_where_every_stage_was_found(assignment: Assignment, message: str) -> None:
    assert reasons(assignment, evidence(advisories=(Advisory("lab.ipynb", 4, message),))) == []


@pytest.mark.parametrize(("error", "times"), [(LOST, 1), ("ValueError: shapes", 0)])
def test_a_restart_is_asked_about_where_cells_below_it_lack_a_name(
    assignment: Assignment, error: str, times: int
) -> None:
    cells = (CellRun(1, CellStatus.OK), CellRun(2, CellStatus.OK), CellRun(3, CellStatus.ERROR, 0.1, error))
    ended = replace(execution(), cells=cells)
    restarted = (Advisory("lab.ipynb", 2, RESTARTED),)
    asked = reasons(assignment, evidence(without_dropout(), executions=(ended,), advisories=restarted))
    assert len(asked) == times
    assert all("cell 2 ends the kernel;" in reason and "(cell 3)" in reason for reason in asked)


@pytest.mark.parametrize("how", ["the kernel is gone", "sys.exit()"])
@pytest.mark.parametrize(("below", "times"), [(90, 1), (3, 0)])
def test_a_script_that_ends_itself_above_a_training_is_asked_about(
    assignment: Assignment, how: str, below: int, times: int
) -> None:
    """As `os._exit(0)` of Colab in an exported script: what stands below it is no stage that was left out."""
    runs = [replace(run, program="lab.py", cell=1, line=20 + n) for n, run in enumerate(without_dropout())]
    error = "" if how == "the kernel is gone" else "SystemExit: 0"
    cells = (CellRun(1, CellStatus.ERROR if error else CellStatus.OK, 0.1, error),)
    script = replace(execution(), program="lab.py", cells=cells, outline=Outline(fits=(Spot(1, below, "fit"),)))
    ended = () if error else (Advisory("lab.py", 1, ENDED),)
    asked = reasons(assignment, evidence(runs, executions=(script,), advisories=ended))
    assert len(asked) == times
    assert all("lab.py ends itself in cell 1, and no training was seen from line 90 on" in reason for reason in asked)
