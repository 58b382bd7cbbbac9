"""The master test: the reference earns full marks under its own rubric, with real training to the last epoch."""

import shutil
from pathlib import Path

import pytest

from tests.graded import Graded, grade_folder

ROOT = Path(__file__).parents[1]
STAGES = ("naive", "init", "activation", "optimizer", "batchnorm", "dropout")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    """The model answer in today's Keras and the handout as printed, 100 epochs a stage."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "solution").mkdir()
    shutil.copy(ROOT / "reference" / "solution.ipynb", folder / "solution")
    shutil.copytree(ROOT / "submissions" / "amara-okafor", folder / "handout")
    return grade_folder(folder, tmp_path_factory.mktemp("reports"), seconds=1800, max_epochs=None)


@pytest.mark.parametrize("student", ["solution", "handout"])
def test_it_earns_ten_of_ten_and_needs_no_review(student: str, graded: dict[str, Graded]) -> None:
    grade = graded[student].grade
    assert [c["id"] for c in grade["criteria"] if c["score"] != c["max"]] == []
    assert (grade["total"], grade["max"]) == (10.0, 10.0)
    assert grade["review_reasons"] == []


@pytest.mark.parametrize("stage", STAGES)
def test_what_the_handout_claims_is_what_the_grader_measures(stage: str, graded: dict[str, Graded]) -> None:
    found = graded["handout"].grade["stages"][stage]
    assert found["measured_accuracy"] == pytest.approx(found["claimed_accuracy"], abs=0.0002)


def test_the_handouts_old_names_are_advisories_that_cost_nothing(graded: dict[str, Graded]) -> None:
    report = (graded["handout"].folder / "report.html").read_text()
    assert "keras.utils.np_utils was removed in Keras 3" in report
    assert "write SGD(learning_rate=…) instead" in report
