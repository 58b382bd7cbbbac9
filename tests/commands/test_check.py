"""`grader check` as a student meets it: messages and exit statuses, and the instructor's marks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.running import grader

SMALL = """
import keras
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, y = x[:3000].reshape(3000, -1), keras.utils.to_categorical(y[:3000])
model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(50, "relu"), keras.layers.Dense(10, "softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=2, validation_split=0.3, verbose=0)
model.evaluate(x_test.reshape(10000, -1), keras.utils.to_categorical(y_test), verbose=0)
"""


@pytest.mark.slow
def test_ones_own_check_and_the_instructors_run_write_the_same_grade(tmp_path: Path) -> None:
    file = tmp_path / "class" / "lab" / "lab.py"
    file.parent.mkdir(parents=True)
    file.write_text(SMALL)
    checked = grader("check", file, "--json", "--fail-under", "9", cwd=tmp_path)
    assert checked.returncode == 1
    assert "cell 1 of 1: training 1: epoch 2 of 2, accuracy 0." in checked.stderr
    assert (tmp_path / "check" / "lab" / "report.html").is_file()
    assert grader("grade", tmp_path / "class", cwd=tmp_path).returncode == 0
    own, instructors = (json.loads((tmp_path / n / "lab" / "grade.json").read_text()) for n in ("check", "reports"))
    assert own == instructors == json.loads(checked.stdout)
    assert instructors["stages"]["optimizer"]["measured_accuracy"] > 0.2
    assert sorted(p.name for p in (tmp_path / "check").iterdir() if not p.name.startswith(".")) == ["lab"]
    assert not (tmp_path / "check" / "lab" / "instructor.html").exists()


@pytest.mark.parametrize(
    ("name", "content", "first", "second"),
    [
        ("lab.ipynb", '{"cells": [', "lab: lab.ipynb is not a notebook: expected JSON", "Open it in Jupyter"),
        ("lab.ipynb", "<!DOCTYPE html><html>", "lab: lab.ipynb is a web page (HTML) and no notebook.", "That is what"),
        ("lab.ipynb", "", "lab: lab.ipynb is an empty file and no notebook.", "Save the notebook, see that its file"),
        ("lab.py", "import keras\nm = (\n", "lab: lab.py, line 2 is no Python: SyntaxError", "Mend that line"),
    ],
)
def test_what_cannot_be_run_is_told_in_two_lines_and_is_the_students_to_mend(
    name: str, content: str, first: str, second: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    ran = grader("check", tmp_path / name, "--sandbox", "process", cwd=tmp_path)
    assert ran.returncode == 2, ran.stderr
    told = [line for line in ran.stdout.splitlines() if line.strip()]
    first_line = next(i for i, line in enumerate(told) if line.startswith("lab: "))
    assert told[first_line].startswith(first)
    assert told[first_line + 1].startswith(second)
    assert told[first_line + 2].startswith("Report: ")
    assert "dropout" not in ran.stdout
