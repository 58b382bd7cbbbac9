"""A cell that stopped for want of something that may be missing here, not in the work, is a person's to look at."""

from dataclasses import replace

import pytest

from grader.records import CellRun, CellStatus, Ending, Grade
from tests.builders import evidence, graded, perfect_runs

LACKING = [
    "ModuleNotFoundError: needs the package torch, which is not installed here; the lab needs none but Keras",
    "ModuleNotFoundError: needs my_utils: no such file was handed in, and a package of that name is not installed here",
    "Exception: URL fetch failure on https://example.org/cats.zip: None -- [Errno -3] Temporary failure",
    "IndexError: list index out of range: there is no GPU here",
    "SystemError: GPU device not found",
]
THEIRS = ["ValueError: Shapes (None, 1) and (None, 10) are incompatible", "NameError: name 'X_train' is not defined"]


def marked(error: str, *, without: str = "") -> Grade:
    """A class's best, with a seventh cell that raised, and perhaps without one of the stages."""
    runs = {stage: run for stage, run in perfect_runs().items() if stage != without}
    (ran,) = evidence(runs.values()).executions
    cells = (*ran.cells, CellRun(7, CellStatus.ERROR, 0.1, error))
    return graded(runs, executions=(replace(ran, ending=Ending.CELL_ERROR, cells=cells),))


@pytest.mark.parametrize("error", LACKING)
def test_what_may_be_missing_here_is_asked_about(error: str) -> None:
    (reason,) = [r for r in marked(error, without="dropout").review if "environment lack" in r]
    assert reason.startswith("lab.ipynb, cell 7 stopped with ")


@pytest.mark.parametrize("error", THEIRS)
def test_a_mistake_of_the_works_is_not(error: str) -> None:
    assert not [r for r in marked(error, without="dropout").review if "environment lack" in r]


@pytest.mark.parametrize("error", LACKING)
def test_nobody_is_asked_where_it_took_no_mark(error: str) -> None:
    grade = marked(error)
    assert [c.id for c in grade.criteria if c.score < c.max_score] == []
    assert not [r for r in grade.review if "environment lack" in r]
