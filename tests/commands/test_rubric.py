"""`grader rubric …` as an instructor meets it: what it prints, where, and its exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from grader.assignment.rubric import bundled, load
from grader.checks.registry import CHECKS
from tests.assignment.rubric.writing import BUNDLED, changed, line_of


def rubric(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", "rubric", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "x.yaml"


def test_the_bundled_rubric_has_no_problems(tmp_path: Path) -> None:
    ran = rubric("check", bundled(), cwd=tmp_path)
    assert ran.returncode == 0
    assert "No problems" in ran.stdout


def test_what_no_band_was_made_with_is_a_warning_and_no_error(written: Path) -> None:
    written.write_text(changed(("units: 50", "units: 128"), ("at_least: 100", "at_least: 20")))
    ran = rubric("check", written.name, cwd=written.parent)
    assert (ran.returncode, ran.stderr) == (0, "")
    first, last = ran.stdout.splitlines()
    assert first.startswith(f"Warning: x.yaml:{line_of(written.read_text(), 'units: 128')}:")
    assert "the bands were made with 50 units and 100 epochs; accuracy will be held against them" in first
    assert (
        last
        == "x.yaml: Hyper-parameter tuning and regularization practice, 26 criteria, 10 marks. No problems, 1 warning."
    )


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (("reference: reference", "reference: refernce"), "cannot be imported"),
        (("\n  dropout:\n", "\n  l2:\n"), "a comment `# stage: l2` would be read as 'l'"),
        (("accepted: [he_normal]", "accepted: [henormal]"), "did you mean 'he_normal'?"),
        (("features: 784", "features: 748"), "can never pass"),
    ],
)
def test_a_rubric_that_cannot_be_right_ends_with_status_2(slip: tuple[str, str], words: str, written: Path) -> None:
    written.write_text(changed(slip))
    ran = rubric("check", written.name, cwd=written.parent)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert "No problems" not in ran.stdout


def test_warnings_are_told_beside_problems(written: Path) -> None:
    written.write_text(changed(("features: 784", "features: 748"), ("floor: 0.88", "floor: 0.98")))
    ran = rubric("check", written.name, cwd=written.parent)
    assert ran.returncode == 2
    assert "748 can never pass" in ran.stderr
    assert "the floor 0.98 is not below the band" in ran.stdout


def test_the_list_of_checks_has_every_check_with_its_options_and_fits_a_terminal(tmp_path: Path) -> None:
    ran = rubric("checks", cwd=tmp_path)
    lines = ran.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for name, check in CHECKS.items():
        assert name in lines
        assert f"check: {name}" in ran.stdout
        assert [o for o in check.model_fields if not any(line.startswith(f"    {o}: ") for line in lines)] == []
    assert "    rate: a number above 0 and below 1; required" in lines
    assert "    floor: a number from 0 to 1; required" in lines
    assert "    hidden: true or false; false if not given" in lines


def test_the_list_can_be_asked_for_one_check_whose_example_can_be_pasted(written: Path) -> None:
    ran = rubric("checks", "dropout_rate", cwd=written.parent)
    example = ran.stdout.splitlines()[-1]
    assert yaml.safe_load(example) == [{"check": "dropout_rate", "rate": 0.2}]
    written.write_text(BUNDLED.replace("- {check: dropout_rate, rate: 0.2}", example.strip()))
    assert load(written).criteria == load(bundled()).criteria


def test_a_misspelt_check_is_told_with_what_was_meant(tmp_path: Path) -> None:
    ran = rubric("checks", "dropuot_rate", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (2, "There is no check 'dropuot_rate' (did you mean 'dropout_rate'?).\n")


def test_the_table_shows_every_criterion_with_its_marks_and_checks_and_the_sum(written: Path) -> None:
    written.write_text(changed(("check: rows", "check: rows\n        share: 3\n        hidden: true")))
    ran = rubric("show", written.name, cwd=written.parent)
    assert ran.returncode == 0
    assert max(map(len, ran.stdout.splitlines())) <= 80
    rows = {line.split()[0]: line.split()[1] for line in ran.stdout.splitlines() if len(line.split()) > 1}
    assert {c.id: rows[c.id] for c in load(written).criteria} == {
        c.id: f"{float(c.marks):.2f}" for c in load(written).criteria
    }
    assert rows["sum"] == "10.00"
    words = " ".join(ran.stdout.split())
    assert "· Dropout(0.2), which drops 20% of the units" in words
    assert "· images flattened to rows of 784 values (0.12)" in words
    assert "· 19,800 training images, those for validation included (0.38) [hidden]" in words
    assert "(skipped if batchnorm.layers failed)" in words


def test_the_table_of_the_bundled_rubric_is_shown_where_no_file_is_given(tmp_path: Path) -> None:
    assert "naive.vanishing" in rubric("show", cwd=tmp_path).stdout


def test_the_table_says_what_late_work_costs(written: Path) -> None:
    late = "late: {due: 2024-08-14 23:59, zone: UTC, per_day: 10 %, cap: 5}\nstages:"
    written.write_text(changed(("stages:", late)))
    assert (
        "Late: 1.00 marks for each day after 2024-08-14 23:59 UTC, 5.00 at most"
        in rubric("show", written.name, cwd=written.parent).stdout
    )


def test_the_schema_is_json_that_describes_every_check(tmp_path: Path) -> None:
    schema = json.loads(rubric("schema", cwd=tmp_path).stdout)
    described = schema["$defs"]["CheckEntry"]["oneOf"]
    assert [
        entry["properties"]["check"]["const"]
        for entry in described
        if not all(option.get("description") for option in entry["properties"].values())
    ] == []


def test_grading_tells_the_warnings_of_its_rubric(written: Path) -> None:
    written.write_text(changed(("floor: 0.88", "floor: 0.98")))
    (written.parent / "class" / "ada").mkdir(parents=True)
    (written.parent / "class" / "ada" / "lab.py").write_text("print('hello')\n")
    command = [sys.executable, "-m", "grader", "grade", "class", "--rubric", written.name, "--sandbox", "process"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=written.parent, timeout=300, check=False)
    assert ran.returncode == 0
    assert "Warning: x.yaml:" in ran.stderr
    assert "the floor 0.98 is not below the band" in ran.stderr
