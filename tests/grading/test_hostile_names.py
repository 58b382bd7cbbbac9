"""Students and files of whatever names are graded, on the first run and the next, and found by their real names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from grader.assignment.assignment import Assignment
from grader.commands.review import set_mark
from grader.executors.local import Local
from grader.executors.runner import Runner
from grader.exports.read import read_graded
from grader.grading.grade_class import GradingOptions, State, grade_class
from grader.grading.receive import received
from grader.grading.regrade import regrade, to_review
from grader.records import Ending, Grade, Limits
from grader.similarity.gather import works_of_reports
from grader.workspace.layout import OF_THE_CLASS, former_executed_paths
from grader.workspace.members import student_folders

STUDENTS = (
    *("index.html", "gradebook.csv", "overrides.yaml", "manifest.json", "Roster.CSV", "similar.html", "later.html"),
    *(
        "Ada",
        "ada",
        "Müller",
        "Mu\u0308ller",
        "n" * 249,
        "ü" * 120,
        "dot.",
        "blank ",
        "CON",
        "aux.txt",
        "a:b",
        "\u202eevil",
    ),
    *("evidence.json", "files", "weights", "zoe", "ada~0123456789abcdef"),
)
PROGRAMS = {
    "zoe": (
        "evidence.json/lab.py",
        "report.html/lab.py",
        "x.executed.ipynb/lab.py",
        "lab.py",
        "Lab.py",
        "n" * 246 + ".py",
    ),
    "Ada": ("files.json/files/grade.json/lab.py", "weights/lab.py", "helpers/lab.py", "CON.py", "LAB.py", "lab .py"),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, assignment: Assignment, runner: Runner) -> Path:
    """A class of such names, graded once; nobody's work is like another's."""
    folder = tmp_path_factory.mktemp("named")
    for number, student in enumerate(STUDENTS):
        for place, program in enumerate(PROGRAMS.get(student, ("lab.py",))):
            path = folder / "class" / student / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"of_{number} = {place}\nprint('{'words ' * number}{place}')\n")
    graded(folder, assignment, runner)
    return folder / "out"


def graded(folder: Path, assignment: Assignment, runner: Runner) -> dict[str, tuple[State, Grade]]:
    told: dict[str, tuple[State, Grade]] = {}
    with received(folder / "class", folder / "out") as got, Local(runner, 1) as executor:
        options = GradingOptions(folder / "out", Limits(), title="Class")
        grade_class(
            got.found.submissions,
            assignment,
            executor,
            options,
            lambda e: told.update({e.submission.student: (e.state, e.grade)} if e.grade else {}),
        )
    return told


def test_all_are_graded_and_kept_by_the_next_run(reports: Path, assignment: Assignment, runner: Runner) -> None:
    told = graded(reports.parent, assignment, runner)
    assert set(told) == set(STUDENTS)
    assert {state for state, _ in told.values()} == {State.KEPT}
    assert {grade.ending for _, grade in told.values()} == {Ending.COMPLETED}
    assert not any(grade.faults for _, grade in told.values())


def test_files_of_the_class_are_files_and_every_student_has_a_folder(reports: Path) -> None:
    assert not [name for name in OF_THE_CLASS if (reports / name).is_dir()]
    folders = student_folders(reports, "grade.json")
    assert set(folders) == set(STUDENTS)
    assert len({str(folder).casefold() for folder in folders.values()}) == len(STUDENTS)
    assert folders["zoe"] == reports / "zoe"
    listed = json.loads((reports / "index.json").read_text())["students"]
    for entry in listed:
        assert reports / entry["report"] == folders[entry["student"]] / "instructor.html"
        assert (reports / entry["report"]).is_file()
    fixed = {"grade.json", "evidence.json", "report.html", "instructor.html", "files", "files.json", "drawings.json"}
    assert not [p for folder in folders.values() for p in folder.iterdir() if p.name not in fixed]


@pytest.mark.parametrize("student", sorted(PROGRAMS))
def test_all_that_was_run_is_kept_under_short_names_and_a_map_to_the_real_ones(student: str, reports: Path) -> None:
    folder = student_folders(reports, "grade.json")[student]
    named = json.loads((folder / "files.json").read_text())["executed"]
    assert set(named) == set(PROGRAMS[student])
    assert sorted(named.values()) == sorted(p.name for p in (folder / "files").iterdir())
    work = next(w for w in works_of_reports(reports) if w.student == student)
    assert set(work.programs) == set(PROGRAMS[student])


def test_marks_by_hand_exports_and_scoring_anew_find_all_by_their_real_names(
    reports: Path, assignment: Assignment, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(reports, tmp_path / "copy", ignore=shutil.ignore_patterns(".*")))
    before = {student for student, _, _ in to_review(copy)}
    assert before == set(STUDENTS), "nobody has trained anything"
    chosen = ("index.html", "ada", "n" * 249, "blank ", "Mu\u0308ller", "\u202eevil")
    for student in chosen:
        set_mark([str(copy), student, "data.load", "0.25"], comment=None, by="A. Turing")
    marks = {student: 0.25 if student in chosen else 0.0 for student in STUDENTS}
    assert {r.grade.student: float(r.grade.total) for r in regrade(copy, assignment)} == marks
    assert {g.student: g.grade.total for g in read_graded(copy)} == marks
    assert (copy / "gradebook.csv").read_text().count("data.load 0.25") == len(chosen)


def test_a_folder_as_an_older_grader_wrote_it_works_and_is_tidied_when_it_is_run_anew(
    reports: Path, assignment: Assignment, runner: Runner, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(reports.parent, tmp_path / "old"))
    out = folder / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({k: v for k, v in manifest.items() if k != "folders"}))
    programs = ("weights/lab.py", "lab.py", "lab.ipynb")
    for student in set(STUDENTS) - {"zoe"}:
        shutil.rmtree(folder / "class" / student)
        shutil.rmtree(out / manifest["folders"].get(student, student))
    zoe = json.loads((out / "zoe" / "evidence.json").read_text())
    for old in (out / "zoe" / "files", out / "zoe" / "files.json"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    zoe["executions"] = [zoe["executions"][0] | {"program": name} for name in programs]
    (out / "zoe" / "evidence.json").write_text(json.dumps(zoe))
    for path in former_executed_paths(out / "zoe", programs).values():
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(nbformat(f"x = '{path.stem}'")))
    (work,) = works_of_reports(out)
    assert set(work.programs) == set(programs)
    assert regrade(out, assignment)[0].grade.student == "zoe"
    (folder / "class" / "zoe" / "lab.py").write_text("of = 'another'\n")
    assert graded(folder, assignment, runner)["zoe"][0] is State.DONE
    assert not [p for p in (out / "zoe").rglob("*.executed.ipynb") if p.parent.name != "files"]


def nbformat(source: str) -> dict[str, object]:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": 1}
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}
