from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from grader.errors import UserError
from grader.records import EVIDENCE_VERSION, Ending, Evidence, Execution, FileKind, SourceFile, Submission
from grader.similarity.gather import former_works, works_of_reports
from grader.workspace.evidence_file import write_facts


def executed(*cells: str) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells]))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A graded student with a notebook and a module of one name, a helper, and a notebook that could not be read."""
    root = tmp_path / "class" / "ada"
    (root / "parts").mkdir(parents=True)
    (root / "parts" / "common.py").write_text("def load():\n    return 1\n")
    files = (
        SourceFile("broken.ipynb", FileKind.NOTEBOOK),
        SourceFile("lab.ipynb", FileKind.NOTEBOOK),
        SourceFile("lab.py", FileKind.MODULE),
        SourceFile("parts/common.py", FileKind.HELPER),
    )
    ran = dict.fromkeys(("lab.ipynb", "lab.py"), Ending.COMPLETED) | {"broken.ipynb": Ending.UNREADABLE}
    evidence = Evidence(
        EVIDENCE_VERSION,
        Submission("ada", root, files, "d1g35t"),
        tuple(Execution(name, ran[name], 1.0, 1, (), "", "bubblewrap") for name in sorted(ran)),
    )
    notebooks = {"lab.ipynb": executed("a = 1", "b = 2"), "lab.py": executed("c = 3")}
    write_facts(tmp_path / "reports" / "ada", evidence, notebooks, {})
    return tmp_path / "reports"


def test_code_is_taken_from_notebooks_modules_and_helpers_of_a_report(reports: Path) -> None:
    (work,) = works_of_reports(reports)
    assert dict(zip(work.programs, work.cells, strict=True)) == {
        "lab.ipynb": ("a = 1", "b = 2"),
        "lab.py": ("c = 3",),
        "parts/common.py": ("def load():\n    return 1\n",),
    }
    assert (work.student, work.report) == ("ada", "./ada/instructor.html")
    assert {"common", "parts", "lab"} <= work.own_modules


def test_an_earlier_year_is_a_folder_of_reports_or_of_submissions(reports: Path, tmp_path: Path) -> None:
    (of_reports,) = former_works(reports)
    (of_files,) = former_works(tmp_path / "class")
    assert (of_reports.student, of_files.student) == ("reports/ada", "class/ada")
    assert of_reports.former
    assert of_files.former
    assert of_files.cells == (("def load():\n    return 1\n",),)


def test_a_helper_that_is_no_longer_handed_in_does_not_stay(reports: Path, tmp_path: Path) -> None:
    submission = Submission("ada", tmp_path / "class" / "ada", (), "0")
    write_facts(reports / "ada", Evidence(EVIDENCE_VERSION, submission, ()), {}, {})
    assert not (reports / "ada" / "helpers").exists()
    assert works_of_reports(reports)[0].cells == ()


def test_a_path_out_of_the_report_is_not_followed(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("password = 1")
    evidence = json.loads((reports / "ada" / "evidence.json").read_text())
    secrets = ["../../../secret.py", str(tmp_path / "secret.py")]
    evidence["submission"]["files"] = [*({"name": s, "kind": "helper"} for s in secrets), {"name": 3}, None]
    (reports / "ada" / "evidence.json").write_text(json.dumps(evidence))
    assert works_of_reports(reports)[0].programs == ("lab.ipynb", "lab.py")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"executions": 3, "submission": []}', "{"])
def test_evidence_that_cannot_be_read_holds_no_code(content: str, reports: Path) -> None:
    (reports / "ada" / "evidence.json").write_text(content)
    assert works_of_reports(reports)[0].cells == ()


def test_a_folder_that_was_never_graded_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Grade the class first: grader grade FOLDER"):
        works_of_reports(tmp_path)
    with pytest.raises(UserError, match="nowhere"):
        former_works(tmp_path / "nowhere")
