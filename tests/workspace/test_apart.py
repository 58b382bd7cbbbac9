"""Reports are never written among what students handed in, and no folder of a student's hides what was run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.intake.folder import find_class
from grader.workspace.apart import must_be_apart, must_be_new_or_ours, must_hold_no_work
from grader.workspace.evidence_file import write_facts
from grader.workspace.layout import executed_paths
from tests.builders import evidence, perfect_runs
from tests.workspace.conftest import run


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "lab.py").write_text("print(1)\n")
    return folder


@pytest.mark.parametrize("inside", ["", ".", "ada", "ada/reports", "new/reports", "../class", "../link"])
def test_reports_among_the_submissions_are_refused_before_anything_is_made(submissions: Path, inside: str) -> None:
    (submissions.parent / "link").symlink_to(submissions)
    before = sorted(submissions.rglob("*"))
    with pytest.raises(UserError, match=r"never written to.* --out"):
        run("grade", submissions, "--out", submissions / inside)
    assert sorted(submissions.rglob("*")) == before


def test_an_empty_folder_among_the_submissions_may_be_that_of_who_handed_in_nothing(submissions: Path) -> None:
    (submissions / "ben").mkdir()
    with pytest.raises(UserError, match=r"ben is a submission, or would be taken for one"):
        must_be_apart(submissions, submissions / "ben")


@pytest.mark.parametrize("out", ["reports", "../reports", "..", "../class-reports"])
def test_a_folder_beside_the_submissions_or_a_new_one_of_its_own_is_not(submissions: Path, out: str) -> None:
    must_be_apart(submissions, submissions / out)


def test_a_folder_of_reports_among_the_submissions_may_be_used_again(submissions: Path) -> None:
    (submissions / "reports").mkdir()
    (submissions / "reports" / "manifest.json").write_text("{}")
    must_be_apart(submissions, submissions / "reports")


@pytest.mark.parametrize("out", ["ada", "ada/reports", "new"])
def test_reports_within_the_reports_of_a_class_are_refused_before_anything_is_made(
    out: str, submissions: Path, tmp_path: Path
) -> None:
    (tmp_path / "reports" / "ada").mkdir(parents=True)
    for name in ("manifest.json", "rubric.yaml"):
        (tmp_path / "reports" / name).write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=r"lies within .*reports, which holds the reports of a class.* --out"):
        must_be_apart(submissions, tmp_path / "reports" / out)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_holds_students_work_of_another_year_is_not_written_into(submissions: Path) -> None:
    other = submissions.parent / "last-year"
    (other / "ada" / "helpers").mkdir(parents=True)
    (other / "ada" / "lab.ipynb").write_text("{}")
    (other / "zoe").mkdir()
    (other / "zoe" / "evidence.json").write_text("{}")
    before = sorted(other.rglob("*"))
    with pytest.raises(UserError, match=r"ada holds something that is no report \(lab\.ipynb\)"):
        run("grade", submissions, "--out", other)
    assert sorted(other.rglob("*")) == before


def test_what_a_grader_that_was_killed_left_of_a_student_is_a_report(tmp_path: Path) -> None:
    (tmp_path / "ada" / "weights").mkdir(parents=True)
    (tmp_path / "ada" / "lab.executed.ipynb").write_text("{}")
    (tmp_path / "ada" / ".0123.tmp").write_text("half")
    must_hold_no_work(tmp_path, ["ada", "ben"])


@pytest.mark.parametrize("file", ["rubric.yaml", "index.html", "gradebook.csv", "notes.txt", "src/lab.py"])
def test_a_folder_of_ones_own_files_is_not_written_into(submissions: Path, file: str) -> None:
    course = submissions.parent / "course"
    (course / file).parent.mkdir(parents=True)
    (course / file).write_text("my own\n")
    before = sorted(course.rglob("*"))
    with pytest.raises(UserError, match=r"course: expected a new or empty folder, .* found other files \(.*--out"):
        run("grade", submissions, "--out", course)
    assert sorted(course.rglob("*")) == before
    assert (course / file).read_text() == "my own\n"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {".git/HEAD": "", ".DS_Store": ""},
        {"manifest.json": "{}", "index.html": "", "notes.txt": ""},
        {"ada/evidence.json": "{}", "index.html": ""},
        {"ada/grade.json": "{}"},
        {"index.json": '{"students": []}', "index.html": ""},
        {".grader.lock": "", ".received/class/ada/lab.py": ""},
        {".grader.lock": "", "rubric.yaml": "", "roster.csv": ""},
    ],
    ids=["empty", "hidden", "manifest", "evidence", "grade", "class page", "stopped at once", "killed at once"],
)
def test_an_empty_folder_and_one_of_a_grading_whenever_it_was_stopped_may_be_used(
    tmp_path: Path, files: dict[str, str]
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    must_be_new_or_ours(tmp_path)
    must_be_new_or_ours(tmp_path / "new")


# ---------------------------------------------------------------- what was run


@pytest.mark.parametrize("name", ["helpers/lab.ipynb", "weights/lab.py", "helpers/weights/lab.ipynb", "lab.ipynb"])
def test_a_program_keeps_its_executed_notebook_wherever_it_lay(tmp_path: Path, name: str) -> None:
    facts = evidence(perfect_runs().values())
    for _ in range(2):
        write_facts(tmp_path / "ada", facts, {name: "the notebook"}, {"0": b"arrays"})
        (kept,) = executed_paths(tmp_path / "ada", [name]).values()
        assert kept.read_text() == "the notebook"
        assert (tmp_path / "ada" / "weights" / "0.npz").read_bytes() == b"arrays"


def test_what_an_earlier_run_left_in_such_a_folder_goes(tmp_path: Path) -> None:
    facts = evidence(perfect_runs().values())
    write_facts(tmp_path, facts, {"helpers/lab.ipynb": "old"}, {"1": b"old"})
    write_facts(tmp_path, facts, {"helpers/final.ipynb": "new"}, {"0": b"new"})
    found = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert found == ["evidence.json", "files.json", "files/final.executed.ipynb", "weights/0.npz"]


@pytest.mark.parametrize("name", ["grade.json/lab.py", "evidence.json/lab.ipynb", "report.html/a/b.py"])
def test_a_folder_that_is_called_as_a_report_stands_in_the_way_of_none(tmp_path: Path, name: str) -> None:
    facts = evidence(perfect_runs().values())
    facts = replace(facts, submission=replace(facts.submission, student="ada"))
    write_facts(tmp_path, facts, {name: "the notebook"}, {})
    (kept,) = executed_paths(tmp_path, [name]).values()
    assert kept.read_text() == "the notebook"
    assert not any((tmp_path / file).is_dir() for file in ("grade.json", "evidence.json", "report.html"))


def test_reports_among_the_submissions_are_known_as_such_even_as_a_copy_of_what_can_be_seen(submissions: Path) -> None:
    (submissions / "reports" / "ada").mkdir(parents=True)
    for name in ("manifest.json", "rubric.yaml", "index.json"):
        (submissions / "reports" / name).write_text("{}")
    assert [s.student for s in find_class(submissions).submissions] == ["ada"]
