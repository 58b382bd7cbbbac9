"""Weights that are near another student's are a flag for both, without a name, and no mark's loss."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from grader.cli import app
from grader.grading.near_class import LARGEST, near_in_class, told
from grader.records import EVIDENCE_VERSION, Ending, Evidence, Execution, FileKind, SourceFile, Submission
from grader.workspace.evidence_file import write_facts
from tests.builders import perfect_run
from tests.evidence.test_across import ELSEWHERE, FRIEND, START, Matrices, after


def packed(matrices: Matrices) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{f"w{n:04}": m for n, m in enumerate(matrices)})
    return buffer.getvalue()


def folders(out: Path, *students: str) -> dict[str, Path]:
    return {student: out / student for student in students}


def kept(out: Path, student: str, *runs: tuple[Any, ...], epochs: int = 100) -> None:
    """`runs`: what each began with, ended with, and from which it went on."""
    made, weights = [], {}
    for n, (began, ended, *origin) in enumerate(runs, 1):
        weights |= {f"b{n}": packed(began), f"e{n}": packed(ended)}
        run = perfect_run("dropout", id=f"r{n}", cell=n, initial_weights=f"b{n}", final_weights=f"e{n}")
        assert run.fit is not None
        fit = replace(run.fit, epochs_done=epochs)
        made.append(replace(run, fit=fit, started_from=origin[0] if origin else ""))
    submission = Submission(student, out, (SourceFile("lab.ipynb", FileKind.NOTEBOOK),), student)
    ran = Execution("lab.ipynb", Ending.COMPLETED, 1.0, 1, (), "", "bubblewrap")
    write_facts(out / student, Evidence(EVIDENCE_VERSION, submission, (ran,), runs=tuple(made)), {}, weights)


def test_both_are_told_and_neither_is_named(tmp_path: Path) -> None:
    kept(tmp_path, "ada", (START, FRIEND))
    kept(tmp_path, "bob", (ELSEWHERE, [m * np.float32(1.001) for m in FRIEND]))
    kept(tmp_path, "cy", (ELSEWHERE, after(ELSEWHERE)))
    words = told(near_in_class(folders(tmp_path, "ada", "bob", "cy")))
    assert set(words) == {"ada", "bob"}
    for told_of in words.values():
        assert "lab.ipynb, cell 1: " in told_of[0]
        assert not {"ada", "bob"} & set(told_of[0].replace(":", " ").split())


def test_who_goes_on_from_an_own_training_is_held_by_where_that_began(tmp_path: Path) -> None:
    middle = after(START)
    end = after(middle)
    kept(tmp_path, "ada", (START, end))
    kept(tmp_path, "bob", (START, middle), (middle, end, "r1"), epochs=50)
    assert told(near_in_class(folders(tmp_path, "ada", "bob"))) == {}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", packed([np.zeros(LARGEST // 4, np.float32)])])
def test_weights_that_cannot_be_read_are_left_out(tmp_path: Path, content: bytes) -> None:
    for student in ("ada", "bob", "cy"):
        kept(tmp_path, student, (START if student == "ada" else ELSEWHERE, FRIEND))
    (tmp_path / "ada" / "weights" / "e1.npz").write_bytes(content)
    (tmp_path / "cy" / "evidence.json").write_text("nothing")
    assert told(near_in_class(folders(tmp_path, "ada", "bob", "cy", "dee"))) == {}


def test_the_page_of_what_is_alike_names_both(tmp_path: Path) -> None:
    kept(tmp_path, "ada", (START, FRIEND))
    kept(tmp_path, "bob", (ELSEWHERE, FRIEND))
    ran = CliRunner().invoke(app, ["similar", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert "Weights: ada (lab.ipynb, cell 1) and bob (lab.ipynb, cell 1): it ends almost with the same" in ran.output
    (near,) = json.loads((tmp_path / "similar.json").read_text())["weights"]
    assert near["students"] == ["ada", "bob"]
    page = (tmp_path / "similar.html").read_text()
    assert "Weights that are almost another" in page
    assert "it ends almost with the same weights" in page
