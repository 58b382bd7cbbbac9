"""The generated class is always the same, and what it writes is what a notebook of a lab can be."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from tests.honest.count import kind, told
from tests.honest.files import HandedIn, class_of, write_class
from tests.similarity.honest import STAGES

SEED, SIZE = 3, 120


@pytest.fixture(scope="module")
def students() -> list[HandedIn]:
    return list(class_of(SIZE, SEED, 1))


def cells(student: HandedIn) -> Iterator[tuple[str, int, str]]:
    """File, number and source of each code cell; a script is one cell."""
    for name, content in student.files.items():
        if name.endswith(".py"):
            yield name, 1, content.decode()
            continue
        notebook = nbformat.reads(content.decode(), as_version=nbformat.NO_CONVERT)
        code = [c for c in notebook.cells if c.cell_type == "code"]
        yield from ((name, n, c.source) for n, c in enumerate(code, 1))


def parses(source: str) -> bool:
    try:
        ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return False
    return True


def test_the_same_seed_gives_the_same_class(students: list[HandedIn]) -> None:
    assert list(class_of(SIZE, SEED, 1)) == students


def test_a_larger_class_begins_with_the_students_of_a_smaller_one(students: list[HandedIn]) -> None:
    assert list(class_of(10, SEED, 1)) == students[:10]


def test_another_seed_gives_other_students(students: list[HandedIn]) -> None:
    assert not {c for s in class_of(10, SEED + 1, 1) for c in s.files.values()} & {
        c for s in students for c in s.files.values()
    }


def test_no_two_students_hand_in_the_same_program(students: list[HandedIn]) -> None:
    programs = [content for s in students for name, content in s.files.items() if name in {f for f, _ in own(s)}]
    assert len(set(programs)) == len(programs)


def own(student: HandedIn) -> set[tuple[str, int]]:
    return set(student.stages.values())


def test_every_notebook_is_valid(students: list[HandedIn]) -> None:
    for student in students:
        for name, content in student.files.items():
            if name.endswith(".ipynb"):
                nbformat.validate(nbformat.reads(content.decode(), as_version=nbformat.NO_CONVERT))


def test_every_cell_parses_apart_from_those_that_are_said_to_fail(students: list[HandedIn]) -> None:
    wrong = {(s.student, *at[:2]) for s in students for at in cells(s) if not parses(at[2])}
    assert wrong <= {(s.student, *at) for s in students for at in s.failing}


def test_every_name_is_defined_where_no_cell_is_said_to_fail(students: list[HandedIn], tmp_path: Path) -> None:
    for student in students:
        (tmp_path / student.student).mkdir()
        for name, content in student.files.items():
            if not student.failing:
                (tmp_path / student.student / name).write_bytes(content)
    check = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--quiet", "--output-format", "concise"]
    done = subprocess.run([*check, "--select", "F821", tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_stage_is_trained_in_the_cell_that_is_named(students: list[HandedIn]) -> None:
    for student in students:
        left_out = {d.removeprefix("no ") for d in student.departures if d.startswith("no ")}
        assert set(student.stages) == set(STAGES) - left_out, student.student
        sources = {(name, n): source for name, n, source in cells(student)}
        for stage, at in student.stages.items():
            assert re.search(r"\.fit\(|train\(", sources[at]), (student.student, stage)


def test_cells_that_fail_are_written_now_and_then(students: list[HandedIn]) -> None:
    assert 0.02 * SIZE < sum(bool(s.failing) for s in students) < 0.2 * SIZE


def test_only_the_epochs_are_shortened(students: list[HandedIn]) -> None:
    longer = class_of(SIZE, SEED, 100)
    for student, long in zip(students, longer, strict=True):
        shortened = {
            name: re.sub(rb"(epochs|EPOCHS)( ?= ?)100\b", rb"\g<1>\g<2>1", content)
            for name, content in long.files.items()
        }
        assert shortened == student.files


def test_what_is_expected_lies_beside_the_students_folders(tmp_path: Path) -> None:
    write_class(tmp_path, 3, SEED, 1)
    expected = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["expected.json", *sorted(expected["students"])]
    for student, said in expected["students"].items():
        assert sorted(p.name for p in (tmp_path / student).iterdir()) == said["files"]


def grade(reports: Path, student: str, *reasons: str, cell: int = 4, score: float = 1.0) -> None:
    whole = {
        "needs_review": bool(reasons),
        "review_reasons": reasons,
        "ending": "completed",
        "criteria": [{"id": "naive.network", "score": score, "max": 1.0}],
        "stages": {"naive": {"run": "r1", "program": "lab.ipynb", "cell": cell}},
    }
    (reports / student).mkdir()
    (reports / student / "grade.json").write_text(json.dumps(whole), encoding="utf-8")


def test_reasons_of_one_kind_are_counted_together(tmp_path: Path) -> None:
    grade(tmp_path, "ada", "cell 5 of lab.ipynb claims 0.95, measured 0.91")
    grade(tmp_path, "ben", "cell 12 of mlp.py claims 0.80, measured 0.11")
    grade(tmp_path, "cy")
    lines = list(told(tmp_path, None))
    assert lines[0] == "2 of 3 are flagged (66.7%)"
    assert any(re.match(r"\n +2  cell # of FILE claims", line) for line in lines)


def test_a_stage_in_another_cell_than_the_one_written_for_it_is_told(tmp_path: Path) -> None:
    reports, expected = tmp_path / "reports", tmp_path / "expected.json"
    reports.mkdir()
    grade(reports, "ada", cell=7, score=0.5)
    said = {"students": {"ada": {"stages": {"naive": ["lab.ipynb", 4]}, "departures": []}}}
    expected.write_text(json.dumps(said), encoding="utf-8")
    lines = list(told(reports, expected))
    assert "ada: naive found at ['lab.ipynb', 7], written at ['lab.ipynb', 4] (NOT FLAGGED)" in lines
    assert "   1  naive.network" in lines
    assert "\nOf 1 that depart from the lab in nothing, 0 are flagged" in lines


def test_a_folder_without_grades_is_told_what_to_give(tmp_path: Path) -> None:
    assert list(told(tmp_path, None)) == [
        f"No grade.json below {tmp_path}: give the folder that `grader grade … --out` wrote"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("init.accuracy, dropout.accuracy to be looked at: batch 64", "init.accuracy to be looked at: batch 128"),
        ("cells 3, 4 and 9 failed", "cells 1, 2 failed"),
        ("“relu” in lab.ipynb", "“elu” in my-lab(1).py"),
    ],
)
def test_names_and_numbers_make_no_kind(one: str, other: str) -> None:
    assert kind(one) == kind(other)
