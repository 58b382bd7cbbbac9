"""`grader init`: a folder that can be graded as it is, and nothing that was there is touched."""

import shutil
from pathlib import Path

import nbformat
import pytest

from grader.assignment.rubric import bundled, load
from grader.commands.init import RUBRIC, SAMPLE, init
from grader.errors import UserError
from grader.intake.folder import find_class
from grader.records import FileKind
from reference import SOLUTION


@pytest.fixture
def course(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    init(tmp_path / "course")
    assert "Try it: grader grade" in capsys.readouterr().out
    return tmp_path / "course"


def test_the_rubric_and_the_sample_are_the_ones_that_earn_full_marks(course: Path) -> None:
    # tests/test_master.py trains this very sample under this very rubric and expects 10 of 10.
    assert (course / SAMPLE).read_bytes() == SOLUTION.read_bytes()
    assert load(course / RUBRIC).digest == load(bundled()).digest


def test_the_sample_is_found_as_a_submission(course: Path) -> None:
    (submission,) = find_class(course / "submissions").submissions
    assert submission.student == "sample-student"
    assert [(f.name, f.kind) for f in submission.programs] == [("lab.ipynb", FileKind.NOTEBOOK)]


def test_the_students_notebook_has_a_marked_cell_for_every_stage_and_no_answers(course: Path) -> None:
    notebook = nbformat.read(course / "lab.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    tags = [tag for c in code for tag in c.metadata.get("tags", ())]
    assert tags == [f"stage:{stage.id}" for stage in load(bundled()).stages]
    assert not any(word in c.source for c in code for word in ("Dense", "fit(", "compile("))
    assert "# %load_ext grader" in code[0].source


@pytest.mark.parametrize("there", ["lab.ipynb", "README.md", ".github/workflows/check.yml"])
def test_what_is_there_is_named_and_nothing_is_written(there: str, course: Path) -> None:
    mine = course / there
    text = mine.read_text()
    kept = course.parent / "kept"
    shutil.move(course, kept)
    (course / there).parent.mkdir(parents=True)
    (course / there).write_text("mine")
    with pytest.raises(UserError, match="nothing was written"):
        init(course)
    assert (course / there).read_text() == "mine" != text
    assert [p for p in course.rglob("*") if p.is_file()] == [course / there]


def test_a_file_in_place_of_the_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "course").touch()
    with pytest.raises(UserError, match="found the file"):
        init(tmp_path / "course")
