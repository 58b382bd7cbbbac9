"""Who belongs to a class stands in its manifest: neither copying nor a killed grading counts anybody wrongly."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.exports.read import read_graded
from grader.workspace.members import unfinished
from grader.workspace.overrides.of_class import strangers
from tests.workspace.conftest import Graded, run

pytestmark = pytest.mark.slow


def copied(graded: Graded, tmp_path: Path) -> Path:
    """A copy whose files are as old as a checkout makes them: the class page first, and only what can be seen."""
    target = tmp_path / "copy"
    for path in (p for p in sorted(graded.reports.rglob("*")) if p.is_file() and not p.name.startswith(".")):
        new = target / path.relative_to(graded.reports)
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, new)
        os.utime(new, (1, 1) if new.name == "index.json" else None)
    return target


def names(reports: Path) -> list[str]:
    return [g.student for g in read_graded(reports)]


@pytest.mark.parametrize("manifest", [True, False], ids=["with manifest", "of an older grader"])
def test_a_copy_of_the_reports_counts_nobody_who_was_not_counted_before(
    graded: Graded, tmp_path: Path, *, manifest: bool
) -> None:
    shutil.copytree(graded.reports / "ada", graded.reports / "adda")
    if not manifest:
        (graded.reports / "manifest.json").unlink()
    copy = copied(graded, tmp_path)
    assert (names(copy), strangers(copy)) == (["ada", "ben"], {"adda": 0})
    assert "0 of 2 changed." in run("regrade", copy)
    rows = (copy / "gradebook.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["student", "ada", "ben"]


def test_a_student_who_is_called_otherwise_now_is_counted_once(graded: Graded) -> None:
    (graded.submissions / "ben").rename(graded.submissions / "benjamin")
    said = run("grade", graded.submissions, "--out", graded.reports)
    assert "of nobody in this class" in said
    assert (names(graded.reports), strangers(graded.reports)) == (["ada", "benjamin"], {"ben": 0})


def test_who_had_finished_when_a_grading_was_killed_is_counted_and_who_had_not_is_named(graded: Graded) -> None:
    """The class page is still that of the grading before; Cem and Dan are new, and only Cem had finished."""
    page = (graded.reports / "index.json").read_bytes()
    for student in ("cem", "dan"):
        shutil.copytree(graded.submissions / "ada", graded.submissions / student)
    (graded.submissions / "ben" / "lab.py").write_text("print('another')\n")
    old = {p: p.read_bytes() for p in (graded.reports / "ben").rglob("*") if p.is_file()}
    run("grade", graded.submissions, "--out", graded.reports)
    (graded.reports / "index.json").write_bytes(page)
    shutil.rmtree(graded.reports / "dan")
    for path, content in old.items():
        path.write_bytes(content)
    assert names(graded.reports) == ["ada", "ben", "cem"]
    assert unfinished(graded.reports) == {
        "ben": "handed in anew since, and not graded yet",
        "dan": "not graded yet",
    }
    said = run("export", "csv", graded.reports, "--out", graded.reports.parent / "marks.csv")
    assert "2 of the class are not graded as they handed in last" in said
    assert "  dan: not graded yet" in said


def test_ones_own_check_does_not_put_itself_among_the_reports_of_a_class(graded: Graded) -> None:
    before = graded.everything()
    with pytest.raises(UserError, match=r"holds the reports of a class: give another folder with --out"):
        run("check", graded.submissions / "ada" / "lab.py", "--out", graded.reports)
    assert graded.everything() == before


def test_a_grading_of_more_students_adds_them(graded: Graded) -> None:
    shutil.copytree(graded.submissions / "ada", graded.submissions / "cem")
    run("grade", graded.submissions, "--out", graded.reports)
    assert names(graded.reports) == ["ada", "ben", "cem"]
    assert sorted(json.loads((graded.reports / "manifest.json").read_text())["students"]) == ["ada", "ben", "cem"]
