"""`grader reference …` as a maintainer meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assignment.rubric.writing import changed
from tests.commands.running import grader

MOVED = '''
"""The reference, but its bands are elsewhere."""
from pathlib import Path
from reference import *
from reference import bands
from reference.trainers import trainer
from reference.verification import departures, fresh_tasks


def verify(work, seeds, target, tell, only):
    content = bands.read()
    content["bands"]["naive"][0]["band"] = [0.2, 0.3]
    file = bands.write(content, Path(work) / "bands.yaml")
    return departures(work, fresh_tasks(seeds, only), trainer(target, tell), tell, file)
'''


@pytest.mark.slow
def test_the_reference_is_verified_by_fresh_runs_and_a_stage_that_left_its_band_ends_with_status_one(
    tmp_path: Path,
) -> None:
    arguments = ("reference", "verify", "--stage", "naive", "--scaling", "raw", "--seeds", "1", "--no-solution")
    ran = grader(*arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "[1/1] naive, raw, batches of 256, seed 3000: 0.1135 on the test images" in ran.stdout
    assert "The reference stands within its bands." in ran.stdout

    (tmp_path / "moved.py").write_text(MOVED)
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(changed(("reference: reference", "reference: moved")))
    ran = grader(*arguments, "--rubric", rubric, cwd=tmp_path)
    assert ran.returncode == 1
    assert "expected within 0.2000 to 0.3000, found 0.1135" in ran.stdout


def test_a_stage_that_the_reference_does_not_have_is_told_which_it_has(tmp_path: Path) -> None:
    ran = grader("reference", "calibrate", "--stage", "relu", cwd=tmp_path)
    assert ran.returncode == 2
    assert "no stage 'relu' in the reference. Known: naive, init," in ran.stderr
    assert not (tmp_path / "build").exists()
