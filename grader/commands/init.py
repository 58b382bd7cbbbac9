"""`grader init`: lays out the folder of a course; never touches a file that is there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from grader.assignment import rubric as rubrics
from grader.assignment.reference import load_reference
from grader.errors import UserError
from grader.terminal.console import Console
from grader.workspace.atomic import write_bytes

RUBRIC = "rubric.yaml"
SAMPLE = "submissions/sample-student/lab.ipynb"


def init(folder: Annotated[Path, typer.Argument(help="The folder to make; files that are there stay.")]) -> None:
    """Lay out the folder of a course.

    A rubric to change, a notebook for students, a sample submission, a workflow for GitHub Classroom.
    Stops before it writes anything if one of the files is there already.
    """
    content = _content()
    _must_be_free(folder, content)
    for name, body in content.items():
        write_bytes(folder / name, body)
    console = Console()
    console.print(f"Made {folder}:", markup=False, highlight=False, soft_wrap=True)
    for name in content:
        console.print(f"  {name}", markup=False, highlight=False)
    _say(
        console, f"Try it: grader grade {folder / 'submissions'} --rubric {folder / RUBRIC} --out {folder / 'reports'}"
    )
    _say(console, f"Then read {folder / 'README.md'}.")


def _content() -> Mapping[str, bytes]:
    """Every file by its path in the folder."""
    rubric = rubrics.bundled()
    reference = load_reference(rubrics.load(rubric).reference)
    own = files("grader.commands") / "course_files"
    return {
        "README.md": (own / "README.md").read_bytes(),
        RUBRIC: rubric.read_bytes(),
        "lab.ipynb": reference.WORKSHEET.read_bytes(),
        SAMPLE: reference.SOLUTION.read_bytes(),
        ".github/workflows/check.yml": (own / "check.yml").read_bytes(),
    }


def _must_be_free(folder: Path, content: Mapping[str, bytes]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"Expected a folder to make, found the file {folder}. Choose another name.")
    taken = [str(folder / name) for name in content if (folder / name).exists()]
    if taken:
        raise UserError(
            f"These files are there already, and nothing was written: {', '.join(taken)}. "
            "Choose another folder, or move them away."
        )


def _say(console: Console, words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)
