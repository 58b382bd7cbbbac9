"""`grader regrade` as an instructor meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assignment.rubric.writing import changed
from tests.commands.running import grader


@pytest.mark.slow
def test_a_graded_class_is_scored_anew_and_what_needs_review_is_listed(one_student: Path, tmp_path: Path) -> None:
    assert grader("grade", one_student, cwd=tmp_path).returncode == 0
    ran = grader("regrade", "reports", cwd=tmp_path)
    labs_own = "Rubric: the lab's own (mlp-regularization.yaml).\n"
    assert (ran.returncode, ran.stdout) == (0, f"{labs_own}0 of 1 changed.\n")
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(changed(("id: dropout.rate", "id: dropout.share")))
    ran = grader("regrade", "reports", "--rubric", rubric, "--yes", cwd=tmp_path)
    assert "ada: 0.00 → 0.00 unconfirmed" in ran.stdout
    assert "dropout.share - → 0.00" in ran.stdout
    ran = grader("review", "list", "reports", cwd=tmp_path)
    assert ran.returncode == 0
    assert "1 to look at." in ran.stdout


def test_a_folder_that_was_never_graded_cannot_be_scored_anew(tmp_path: Path) -> None:
    ran = grader("regrade", "nowhere", cwd=tmp_path)
    assert ran.returncode == 2
    assert "Grade a class first: grader grade FOLDER" in ran.stderr
