"""`check --quick` beside the whole run of the same notebook: the same runs, and its own errors are nobody's fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.commands.running import grader

CELLS = [
    """
import keras, matplotlib.pyplot as plt, numpy as np
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, y = x[:3000].reshape(3000, -1), keras.utils.to_categorical(y[:3000])
x_test, y_test = x_test.reshape(10000, -1), keras.utils.to_categorical(y_test)
EPOCHS = 6
def train(optimizer, activation, *more):
    hidden = [keras.layers.Dense(50, activation), *more]
    model = keras.Sequential([keras.Input((784,)), *hidden, keras.layers.Dense(10, "softmax")])
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model, model.fit(x, y, epochs=EPOCHS, batch_size=256, validation_split=0.3, verbose=0)
""",
    # Two tries at one stage, alike in all that their source says.
    "model, naive = train('sgd', 'sigmoid')",
    "model, naive = train('sgd', 'sigmoid')",
    """
model, history = train("adam", "elu")
plt.plot(range(EPOCHS), history.history["accuracy"])
plt.plot(range(EPOCHS), history.history["val_accuracy"])
model.evaluate(x_test, y_test, verbose=0)
model, dropped = train("adam", "elu", keras.layers.Dropout(0.2))
""",
    "print(naive.history['accuracy'][5])",
    "plt.plot(range(EPOCHS), dropped.history['accuracy'])",
    "print(mispelt)",
]
SHORT = ["EPOCHS = 6", "EPOCHS = 2"]


def notebook(folder: Path, *change: str) -> Path:
    cells = [nbformat.v4.new_code_cell(cell.replace(*change) if change else cell) for cell in CELLS]
    folder.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "lab.ipynb")
    return folder / "lab.ipynb"


def graded(file: Path, *options: str) -> tuple[Mapping[str, Any], str, int]:
    """The grade, what was said beside it, and the exit status."""
    ran = grader("check", file, "--json", *options, cwd=file.parent)
    return json.loads(ran.stdout), ran.stderr, ran.returncode


def outcomes(grade: Mapping[str, Any]) -> Mapping[str, str]:
    return {criterion["id"]: criterion["outcome"] for criterion in grade["criteria"]}


@pytest.mark.slow
def test_quick_takes_the_same_runs_and_does_not_hold_its_own_errors_against_the_student(tmp_path: Path) -> None:
    whole, _, _ = graded(notebook(tmp_path / "whole"))
    quick, said, status = graded(notebook(tmp_path / "quick"), "--quick", "--fail-under", "9.5")
    taken = [{stage: found["cell"] for stage, found in grade["stages"].items()} for grade in (whole, quick)]
    # In the whole run the cell went on to the next network; quick mode cannot know that, and says so.
    assert whole["stages"]["dropout"]["cell"] == 4
    assert {**taken[1], "dropout": 4} == taken[0]
    assert "raised ValueError: x and y must have same first dimension" in said
    assert "quick mode had cut a training to 2 of 6 epochs: that may be all that is wrong" in said
    first = next(c["id"] for c in quick["criteria"] if c["stage"] == "dropout")
    assert outcomes(quick)[first] == "not assessed"
    assert {k for k, v in outcomes(whole).items() if v == "passed"} - {
        k for k, v in outcomes(quick).items() if v in {"passed", "not assessed"}
    } == set()
    assert "marks could not be judged" in said
    assert status == 1


@pytest.mark.slow
def test_quick_gives_no_marks_for_accuracy_where_two_epochs_were_asked_for(tmp_path: Path) -> None:
    quick, said, status = graded(notebook(tmp_path / "short", *SHORT), "--quick", "--fail-under", "0.5")
    measured = [
        c for r in quick["criteria"] for c in r["checks"] if c["name"] in {"measured_accuracy", "vanishing_gradient"}
    ]
    assert {c["outcome"] for c in measured} <= {"not assessed", "failed", "skipped"}
    assert [c["score"] for c in measured if c["score"]] == []
    assert "not assessed" in {c["outcome"] for c in measured}
    assert "could not be judged" in said
    assert status == 0
