"""`grader similar` as a person meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from select import select

from typer.testing import CliRunner

from grader.cli import app
from grader.errors import UserError
from grader.records import EVIDENCE_VERSION, Ending, Evidence, Execution, FileKind, SourceFile, Submission
from grader.workspace.evidence_file import write_facts
from grader.workspace.lock import alone, marks_lock
from tests.similarity import copies
from tests.similarity.honest import lab
from tests.similarity.test_gather import executed


def graded(reports: Path, student: str, *cells: str) -> None:
    """A report folder of that student, as a run leaves it."""
    submission = Submission(student, reports, (SourceFile("lab.ipynb", FileKind.NOTEBOOK),), "0")
    ran = Execution("lab.ipynb", Ending.COMPLETED, 1.0, 1, (), "", "bubblewrap")
    evidence = Evidence(EVIDENCE_VERSION, submission, (ran,))
    write_facts(reports / student, evidence, {"lab.ipynb": executed(*cells)}, {})


def test_a_copy_is_told_in_the_terminal_on_the_page_and_for_programs(tmp_path: Path) -> None:
    cells = lab(Random(1))
    graded(tmp_path / "now", "ada", *cells)
    graded(tmp_path / "now", "bob", *lab(Random(2)))
    graded(tmp_path / "last-year", "zoe", *copies.renamed(cells, Random(3)))
    (tmp_path / "now" / "index.html").write_text("<h1>Lab</h1><!--similar--><!--/similar-->")
    ran = CliRunner().invoke(app, ["similar", str(tmp_path / "now"), "--also", str(tmp_path / "last-year")])
    assert ran.exit_code == 0, ran.output
    assert "ada and last-year/zoe: 100% of what is their own" in ran.output
    assert "1 of 3 pairs to look at" in ran.output
    assert "This decides nothing" in ran.output
    written = json.loads((tmp_path / "now" / "similar.json").read_text())
    assert [p["students"] for p in written["pairs"]] == [["ada", "last-year/zoe"]]
    assert '<a href="./similar.html">Code in common</a>' in (tmp_path / "now" / "index.html").read_text()
    assert "(earlier year)" in (tmp_path / "now" / "similar.html").read_text()


def test_what_else_was_given_explains_what_is_alike(tmp_path: Path) -> None:
    cells = lab(Random(1))
    (tmp_path / "starter.py").write_text("\n".join(cells))
    for student in ("ada", "bob"):
        graded(tmp_path / "now", student, *cells)
    ran = CliRunner().invoke(app, ["similar", str(tmp_path / "now"), "--given", str(tmp_path / "starter.py")])
    assert "0 of 1 pairs to look at" in ran.output


def test_a_folder_without_reports_is_the_users_to_mend(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["similar", str(tmp_path)])
    assert isinstance(ran.exception, UserError)


def test_what_is_wrong_with_the_question_is_told_while_a_grading_runs(tmp_path: Path) -> None:
    graded(tmp_path / "now", "ada", *lab(Random(1)))
    with alone(tmp_path / "now"):
        ran = CliRunner().invoke(app, ["similar", str(tmp_path / "now"), "--given", str(tmp_path / "nowhere.py")])
    assert "nowhere.py" in str(ran.exception)


def test_who_waits_for_another_command_is_told_so(tmp_path: Path) -> None:
    graded(tmp_path / "now", "ada", *lab(Random(1)))
    command = [sys.executable, "-m", "grader", "similar", str(tmp_path / "now")]
    with marks_lock(tmp_path / "now"):
        waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert waiting.stderr
        assert select([waiting.stderr], [], [], 60)[0], "it waits and says nothing"
        assert waiting.stderr.readline().endswith("waiting for it.\n")
    said, _ = waiting.communicate()
    assert waiting.returncode == 0
    assert "Side by side" in said
