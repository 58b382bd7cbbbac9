"""Whatever the grader fails at with one of three students is that student's fault record, and the others go on."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.assignment import Assignment
from grader.errors import UserError
from grader.executors.local import Local
from grader.executors.runner import Runner
from grader.exports.read import read_graded
from grader.grading.grade_class import Event, GradingOptions, State, grade_class
from grader.grading.receive import received
from grader.grading.regrade import regrade, to_review
from grader.records import Ending, Grade, Limits
from grader.similarity.gather import works_of_reports
from grader.terminal.class_table import ClassTable
from grader.terminal.console import Console

STEPS = {
    "gathering files": "grader.intake.layouts.below",
    "opening a zip": "grader.intake.receive.unpack",
    "telling what a file is": "grader.intake.folder.seen",
    "reading a program": "grader.intake.folder._code",
    "sorting programs out": "grader.intake.folder.roles",
    "adding up what it is": "grader.intake.folder._digest",
    "reading the program to run": "grader.executors.children.request_bytes",
    "measuring": "grader.executors.children.unpack_ran",
    "writing facts": "grader.grading.keeping.write_facts",
    "judging": "grader.grading.publish.judge",
    "storing the grade": "grader.grading.publish.to_store",
    "what a student may see": "grader.grading.publish.for_student",
    "drawing": "grader.grading.publish._drawn",
    "rendering": "grader.grading.publish.pages",
    "writing pages": "grader.grading.publish.write_text",
    "the class page": "grader.grading.publish.overview",
    "the gradebook": "grader.reports.gradebook._gradebook_line",
    "the class for programs": "grader.reports.class_json._student",
}
EVERYWHERE = {"judging": ("grader.grading.regrade.judge",)}
"""Where the same is called from elsewhere, too."""
ERRORS = [
    RuntimeError("a bug"),
    RecursionError("too deep"),
    MemoryError(),
    UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
    OSError(errno.ENAMETOOLONG, "File name too long"),
]


def caused(cause: OSError) -> UserError:
    """As it is raised where a file cannot be written."""
    error = UserError("Cannot write it.")
    error.__cause__ = cause
    return error


class Pupils:
    """Ada, Ben and Zoe, through intake, runs, reports and the class's pages; Ben handed in a zip."""

    def __init__(self, folder: Path, assignment: Assignment, runner: Runner, drawn: Path) -> None:
        self.folder, self.out, self.drawn = folder / "class", folder / "out", drawn
        self.assignment, self.runner = assignment, runner
        self.told: list[Event] = []
        for student in ("ada", "zoe"):
            (self.folder / student).mkdir(parents=True)
            (self.folder / student / "lab.py").write_text(f"name = '{student}'\n")
        (self.folder / "ben").mkdir()
        with zipfile.ZipFile(self.folder / "ben" / "bens.zip", "w") as packed:
            packed.writestr("bens.py", "name = 'ben'\n")

    def graded(self) -> dict[str, Grade]:
        self.told.clear()
        with received(self.folder, self.out) as got, Local(self.runner, 1) as executor:
            if self.drawn.exists():
                shutil.copy(self.drawn, self.out / "reference.html")
            options = GradingOptions(self.out, Limits(), title="Class")
            grades = grade_class(got.found.submissions, self.assignment, executor, options, self.told.append)
        if not self.drawn.exists():
            shutil.copy(self.out / "reference.html", self.drawn)
        return {g.student: g for g in grades}

    def states(self) -> dict[str, State]:
        return {e.submission.student: e.state for e in self.told if e.grade}


@pytest.fixture
def pupils(tmp_path: Path, assignment: Assignment, runner: Runner, drawn: Path) -> Pupils:
    return Pupils(tmp_path, assignment, runner, drawn)


def fails(monkeypatch: pytest.MonkeyPatch, target: str, error: BaseException, student: str = "ben") -> None:
    """Lets a function fail whenever what it is given is about this student, and is no record of such a failure."""
    module, _, name = target.rpartition(".")
    real: Callable[..., Any] = getattr(__import__(module, fromlist=[name]), name)

    def failing(*given: Any, **more: Any) -> Any:
        # Of bytes, `\xbe` before an `n` would be Ben's name: the checksum of a neighbour's answer, once in 256 folders.
        named = [one for one in (*given, *more.values()) if not isinstance(one, bytes)]
        about = repr(given[:1] if target.endswith(".write_text") else named)
        if student in about and "the grader failed" not in about:
            raise error
        return real(*given, **more)

    monkeypatch.setattr(target, failing)


@pytest.mark.parametrize("step", sorted(STEPS))
def test_what_fails_for_one_of_three_is_that_ones_fault_and_the_next_run_tries_it_anew(
    step: str, pupils: Pupils, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in (STEPS[step], *EVERYWHERE.get(step, ())):
        fails(monkeypatch, target, RuntimeError("a bug of ours"))
    grades = pupils.graded()
    ben = grades["ben"]
    assert [grades[s].faults for s in ("ada", "zoe")] == [(), ()]
    assert [grades[s].ending for s in ("ada", "zoe")] == [Ending.COMPLETED, Ending.COMPLETED]
    assert "a bug of ours" in ben.faults[0]
    assert (ben.not_assessed, ben.total, ben.needs_review) == (ben.max, 0, True)
    assert_held_back_everywhere(pupils)
    assert_told_with_the_log(pupils, capsys)
    monkeypatch.undo()
    again = pupils.graded()
    assert (again["ben"].faults, again["ben"].ending) == ((), Ending.COMPLETED)
    assert pupils.states()["ada"] is State.KEPT
    assert pupils.states()["zoe"] is State.KEPT


ON_THE_WAY = ("the class page", "the gradebook", "the class for programs")
"""When these are made, all have been told already."""


def assert_told_with_the_log(pupils: Pupils, capsys: pytest.CaptureFixture[str]) -> None:
    """In the terminal, with where the traceback is."""
    logs = {e.log for e in pupils.told if e.log}
    if not logs:
        return
    (log,) = logs
    assert "a bug of ours" in log.read_text()
    table = ClassTable(Console(width=300), [e.submission for e in pupils.told])
    for event in pupils.told:
        table.tell(event)
    assert f"the others go on. Please send {log}" in capsys.readouterr().out


def assert_held_back_everywhere(pupils: Pupils) -> None:
    """On the class's pages, in the list of those who wait for a person, and in what goes out."""
    page, book = ((pupils.out / name).read_text() for name in ("index.html", "gradebook.csv"))
    listed = {entry["student"]: entry for entry in json.loads((pupils.out / "index.json").read_text())["students"]}
    assert set(listed) == {"ada", "ben", "zoe"}
    assert listed["ben"]["faulty"]
    assert "a bug of ours" in page
    assert [line.split(",")[3:5] for line in book.splitlines() if line.startswith("ben,")] == [["yes", "grader fault"]]
    assert "ben" in {student for student, _, _ in to_review(pupils.out)}
    withheld = {g.student: g.withheld for g in read_graded(pupils.out)}
    assert "not assessed" in withheld["ben"]
    assert not next(g for g in read_graded(pupils.out) if g.student == "ben").may_go_out(unreviewed=True)
    assert "a bug of ours" in (pupils.out / "ben" / "report.html").read_text()
    assert {w.student for w in works_of_reports(pupils.out)} == {"ada", "ben", "zoe"}


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("step", ["reading a program", "measuring", "writing facts", "judging"])
def test_of_what_kind_the_failure_is_makes_no_difference(
    step: str, error: Exception, pupils: Pupils, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, STEPS[step], error)
    grades = pupils.graded()
    assert [bool(grades[s].faults) for s in ("ada", "ben", "zoe")] == [False, True, False]
    assert type(error).__name__ in grades["ben"].faults[0]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
        OSError(errno.EMFILE, "Too many open files"),
        caused(OSError(errno.ENOSPC, "No space left on device")),
        UserError("a folder that is wrong"),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
@pytest.mark.parametrize("step", ["reading a program", "writing facts", "judging"])
def test_a_full_disk_and_what_else_is_everybodys_stop_the_class_with_their_own_words(
    step: str, error: BaseException, pupils: Pupils, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, STEPS[step], error)
    with pytest.raises((OSError, UserError, KeyboardInterrupt, Exception)) as raised:
        pupils.graded()
    assert raised.value is error or "Nothing was graded yet" in str(raised.value)


def test_where_a_file_cannot_be_written_for_its_name_it_is_one_students(
    pupils: Pupils, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, STEPS["writing facts"], caused(OSError(errno.ENAMETOOLONG, "File name too long")))
    assert [bool(g.faults) for g in pupils.graded().values()] == [False, True, False]


def test_marks_of_an_earlier_run_do_not_stay_where_the_new_ones_could_not_be_written(
    pupils: Pupils, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupils.graded()
    fails(monkeypatch, "grader.grading.publish.pages", RuntimeError("a bug of ours"))
    pupils.graded()
    assert json.loads((pupils.out / "ben" / "grade.json").read_text())["not_assessed"] == 10
    assert "a bug of ours" in (pupils.out / "ben" / "instructor.html").read_text()


@pytest.mark.parametrize("target", ["grader.grading.regrade.judge", "grader.grading.regrade.write_grade"])
def test_scoring_anew_fails_for_one_and_the_others_have_their_marks(
    target: str, pupils: Pupils, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupils.graded()
    facts = (pupils.out / "ben" / "evidence.json").read_bytes()
    fails(monkeypatch, target, RuntimeError("a bug of ours"))
    said: list[str] = []
    scored = regrade(pupils.out, assignment, tell=said.append)
    assert [bool(r.grade.faults) for r in scored] == [False, True, False]
    assert [line.partition(";")[0] for line in said] == ["ben: the grader failed"]
    assert_held_back_everywhere(pupils)
    assert (pupils.out / "ben" / "evidence.json").read_bytes() == facts
    monkeypatch.undo()
    assert not any(r.grade.faults for r in regrade(pupils.out, assignment))


@pytest.mark.parametrize("target", ["grader.similarity.gather.stored", "grader.similarity.gather._work"])
def test_code_is_compared_of_all_others_where_one_cannot_be_read(
    target: str, pupils: Pupils, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupils.graded()
    fails(monkeypatch, target, RuntimeError("a bug of ours"))
    assert {w.student: bool(w.words) for w in works_of_reports(pupils.out)} == {"ada": True, "ben": False, "zoe": True}


def test_folders_a_thousand_deep_are_one_students_and_are_read(pupils: Pupils) -> None:
    at = os.open(pupils.folder / "ben", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    try:
        grades = pupils.graded()
    finally:
        # pytest's own way to take folders away gives up at such a depth.
        subprocess.run(["rm", "-rf", pupils.folder / "ben" / "d"], check=True)
    assert [grades[s].faults for s in ("ada", "zoe")] == [(), ()]
    assert "ben" in grades
