"""A class is graded whole: finished work is kept, one failure stops nobody else, and two graders never meet."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled
from grader.errors import SandboxUnavailable, UserError, WrittenError
from grader.executors.local import Local
from grader.executors.probe import PROGRAM
from grader.executors.runner import CancelledError, Runner
from grader.grading import publish
from grader.grading.grade_class import Event, GradingOptions, State, grade_class
from grader.grading.publish import write_report
from grader.inside.signing import sealed
from grader.intake.folder import find_class
from grader.records import EVIDENCE_VERSION, Ending, Grade, Identity, Limits, Override, Presence, Roster, RosterLine
from grader.sandbox.base import Job, Stop, StopReason
from grader.workspace.atomic import must_be_writable
from grader.workspace.evidence_file import read_evidence
from grader.workspace.lock import alone
from grader.workspace.overrides.edit import with_entry

VERSIONS = {"t": "environment", "python": "3", "tensorflow": "2", "keras": "3", "numpy": "2"}


@dataclass
class Scripted:
    """A sandbox without a process: what a program does is what its source says it does."""

    name: str = "scripted"
    isolated: bool = True
    ran: list[str] = field(default_factory=list)
    cancel: Flag = field(default_factory=Flag)
    """Ends, as in every sandbox, what runs `until it is ended`: well, as what is being measured already does."""
    at_the_end: Callable[[], object] = bool
    """Looks around at that moment."""
    gone: bool = False
    """Then a program that is known to be good finds none either."""

    def run(self, job: Job, trace: Path) -> Stop:
        """Writes the trace of a program that runs to its end, or fails in the way that the program names."""
        given = json.loads(job.stdin)
        source = given["notebook"]["cells"][0]["source"]
        self.ran.append(source)
        self.gone = self.gone or "no sandbox" in source
        if "no sandbox" in source or (self.gone and source == PROGRAM):
            raise SandboxUnavailable("bwrap is gone")
        if "until it is ended" in source:
            assert self.cancel.wait(20), "nobody has ended what runs"
            self.at_the_end()
        if "boom" in source:
            raise RuntimeError("the sandbox burst")
        cell = {"number": 1, "index": 0, "status": "ok", "seconds": 1.0, "outputs": []}
        events = [
            VERSIONS,
            {"t": "cell_begin", "number": 1},
            {"t": "cell", **cell},
            {"t": "end", "ending": "completed"},
        ]
        silent = "silent" in source
        key = bytes.fromhex(given["key"])
        lines = [sealed(json.dumps(e, separators=(",", ":")), key, n) for n, e in enumerate(events)]
        trace.write_text("" if silent else "\n".join(lines))
        reason = StopReason.CANCELLED if "stopped by hand" in source else StopReason.EXITED
        return Stop(reason, 0, 1.0, 1 << 20, "out of luck" if silent else "")


@dataclass
class Class:
    """A class folder with an output folder beside it, graded by a sandbox that counts."""

    folder: Path
    out: Path
    assignment: Assignment
    runner: Runner
    sandbox: Scripted
    drawn: Path
    """Where the page of the reference is, once it has been drawn: that takes longer than all the rest."""
    told: list[Event] = field(default_factory=list)

    def has(self, **files: str) -> None:
        """Each student's one module."""
        for student, source in files.items():
            (self.folder / student).mkdir(parents=True, exist_ok=True)
            (self.folder / student / "lab.py").write_text(source)

    def graded(
        self, jobs: int = 1, *, fresh: bool = False, tell: Callable[[Event], None] | None = None, **limits: Any
    ) -> tuple[Grade, ...]:
        self.told.clear()
        self.sandbox.ran.clear()
        options = GradingOptions(self.out, Limits(**limits), fresh)
        page = self.out / "reference.html"
        if self.drawn.exists() and not page.exists() and self.out.parent.is_dir() and not self.out.is_file():
            self.out.mkdir(exist_ok=True)
            shutil.copy(self.drawn, page)
        with Local(self.runner, jobs) as executor:
            submissions = find_class(self.folder).submissions
            grades = grade_class(submissions, self.assignment, executor, options, tell or self.told.append)
        if not self.drawn.exists():
            shutil.copy(page, self.drawn)
        return grades

    def states(self) -> dict[str, list[State]]:
        found: dict[str, list[State]] = {}
        for event in self.told:
            found.setdefault(event.submission.student, []).append(event.state)
        return found

    def faults(self, student: str) -> list[str]:
        found: list[str] = json.loads((self.out / student / "grade.json").read_text())["faults"]
        return found


@pytest.fixture
def pupils(tmp_path: Path, assignment: Assignment, runner: Runner, drawn: Path) -> Iterator[Class]:
    sandbox = Scripted(cancel=runner.cancel)
    runner.sandbox = sandbox
    yield Class(tmp_path / "class", tmp_path / "out", assignment, runner, sandbox, drawn)
    runner.cancel.clear()


# ---------------------------------------------------------------- a class


def test_the_page_of_the_reference_is_there_before_the_first_grade_is_told(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    page, there = pupils.out / "reference.html", []
    submissions = find_class(pupils.folder).submissions
    with Local(pupils.runner, 1) as executor:
        options = GradingOptions(pupils.out, Limits())
        grade_class(submissions, pupils.assignment, executor, options, lambda e: there.append((e.state, page.exists())))
    shutil.copy(page, pupils.drawn)
    assert (State.DONE, True) in there


def test_a_page_of_the_reference_that_fails_stops_nobody_and_is_told_when_all_have_their_grades(
    pupils: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> str:
        raise RuntimeError("no ink")

    monkeypatch.setattr(publish, "drawn_from", fails)
    pupils.has(ada="x = 1")
    with pytest.raises(RuntimeError, match="no ink"):
        pupils.graded()
    assert pupils.states() == {"ada": [State.RUNNING, State.DONE]}
    assert (pupils.out / "gradebook.csv").exists()


def test_every_submission_is_graded_and_the_grades_come_in_their_order(pupils: Class) -> None:
    pupils.has(**{f"student {n}": f"x = {n}" for n in range(7)})
    grades = pupils.graded(jobs=3)
    assert [g.student for g in grades] == [f"student {n}" for n in range(7)]
    assert set(map(tuple, pupils.states().values())) == {(State.RUNNING, State.DONE)}


def test_reports_evidence_and_class_pages_are_on_disk(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    found = {p.relative_to(pupils.out).as_posix() for p in pupils.out.rglob("*") if p.is_file()}
    wanted = {
        "index.html",
        "index.json",
        "reference.html",
        "gradebook.csv",
        "ada/report.html",
        "ada/instructor.html",
        "ada/grade.json",
        "ada/evidence.json",
    }
    assert found >= wanted | {"ada/files/lab.executed.ipynb"}
    assert not [name for name in found if name.endswith((".tmp", "probe"))]


def test_an_empty_submission_and_an_unreadable_one_are_graded_beside_the_others(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="")
    (pupils.folder / "cem").mkdir()
    (pupils.folder / "dan").mkdir()
    (pupils.folder / "dan" / "lab.ipynb").write_text("{")
    endings = {g.student: g.ending for g in pupils.graded()}
    nothing = Ending.NOTHING_TO_RUN
    assert endings == {"ada": Ending.COMPLETED, "ben": nothing, "cem": nothing, "dan": Ending.UNREADABLE}
    assert pupils.sandbox.ran == ["x = 1"]


# ---------------------------------------------------------------- what is kept


def test_finished_work_is_not_run_again_and_earns_the_same(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="x = 2")
    first = pupils.graded()
    assert pupils.graded() == first
    assert pupils.sandbox.ran == []
    assert pupils.states() == {"ada": [State.KEPT], "ben": [State.KEPT]}


def test_a_file_that_changed_is_run_again_and_the_others_are_kept(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="x = 2")
    pupils.graded()
    pupils.has(ada="x = 3")
    pupils.graded()
    assert pupils.sandbox.ran == ["x = 3"]
    assert pupils.states() == {"ada": [State.RUNNING, State.DONE], "ben": [State.KEPT]}


def test_a_file_that_was_only_touched_is_kept(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    os.utime(pupils.folder / "ada" / "lab.py")
    pupils.graded()
    assert pupils.sandbox.ran == []


@pytest.mark.parametrize("limits", [{"seconds": 5.0}, {"memory": 1 << 30}, {"max_epochs": 1}])
def test_other_limits_run_it_again(limits: dict[str, Any], pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    pupils.graded(**limits)
    assert pupils.sandbox.ran == ["x = 1"]


def test_on_how_many_cores_it_ran_makes_no_difference(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="x = 2")
    pupils.graded(jobs=1)
    pupils.graded(jobs=2)
    assert pupils.sandbox.ran == []


def test_another_sandbox_runs_it_again(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    pupils.sandbox.name = "another"
    pupils.graded()
    assert pupils.sandbox.ran == ["x = 1"]


def test_fresh_runs_everything_again(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    pupils.graded(fresh=True)
    assert pupils.sandbox.ran == ["x = 1"]


BROKEN: dict[str, Callable[[str], bytes]] = {
    "nothing": lambda _: b"",
    "other bytes": lambda _: b"\xff\xfe\x00",
    "half of it": lambda text: text[: len(text) // 2].encode(),
    "another version": lambda text: json.dumps(json.loads(text) | {"version": 999}).encode(),
    "fields missing": lambda _: b'{"version": 1}',
    "a list": lambda _: b"[1]",
    "brackets": lambda _: b"[" * 100_000,
}


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_evidence_that_cannot_be_read_is_made_anew(fault: str, pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    evidence = pupils.out / "ada" / "evidence.json"
    evidence.write_bytes(BROKEN[fault](evidence.read_text()))
    pupils.graded()
    assert pupils.sandbox.ran == ["x = 1"]
    assert json.loads(evidence.read_text())["version"] == EVIDENCE_VERSION


@pytest.mark.parametrize("condition", ["grader", "data"])
def test_another_grader_or_data_set_runs_it_again(condition: str, pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    evidence = pupils.out / "ada" / "evidence.json"
    stored = json.loads(evidence.read_text())
    stored["environment"][condition] = "another"
    evidence.write_text(json.dumps(stored))
    pupils.graded()
    assert pupils.sandbox.ran == ["x = 1"]
    assert json.loads(evidence.read_text())["environment"][condition] != "another"


def test_what_the_roster_says_later_is_put_into_kept_evidence(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    (submission,) = find_class(pupils.folder).submissions
    named = replace(submission, identity=Identity(id="4711", name="Ada Lovelace"))
    roster = Roster("list.csv", "table of names", (RosterLine(Presence.MATCHED, "4711", student="ada"),))
    options = GradingOptions(pupils.out, Limits(), roster=roster)
    pupils.sandbox.ran.clear()
    with Local(pupils.runner, 1) as executor:
        (grade,) = grade_class((named,), pupils.assignment, executor, options, pupils.told.append)
    assert pupils.sandbox.ran == []
    assert grade.identity.name == "Ada Lovelace"
    assert read_evidence((pupils.out / "ada" / "evidence.json").read_text()).submission.identity.id == "4711"
    assert "list.csv" in (pupils.out / "index.html").read_text()
    pupils.graded()
    assert not (pupils.out / "roster.json").exists()


def test_what_a_killed_grader_had_begun_to_write_is_taken_away(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    (pupils.out / "ada").mkdir(parents=True)
    drafts = [pupils.out / ".0123.tmp", pupils.out / "ada" / ".4567.tmp"]
    for draft in drafts:
        draft.write_text("half of")
    pupils.graded()
    assert not any(draft.exists() for draft in drafts)


def test_an_executed_notebook_of_an_earlier_submission_does_not_stay(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    (pupils.folder / "ada" / "lab.py").rename(pupils.folder / "ada" / "final.py")
    pupils.graded()
    assert [p.name for p in (pupils.out / "ada" / "files").glob("*.ipynb")] == ["final.executed.ipynb"]


def test_a_submission_that_moved_keeps_its_evidence_under_its_new_place(pupils: Class, tmp_path: Path) -> None:
    pupils.has(ada="x = 1")
    pupils.graded()
    pupils.folder.rename(tmp_path / "elsewhere")
    pupils.folder = tmp_path / "elsewhere"
    pupils.graded()
    assert pupils.sandbox.ran == []


# ---------------------------------------------------------------- what is remembered


def test_by_what_is_graded_and_who_belongs_to_the_class_is_on_disk_before_anything_runs(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="x = 2")
    there: list[list[str]] = []

    def tell(event: Event) -> None:
        if event.state is State.RUNNING:
            there.append(sorted(json.loads((pupils.out / "manifest.json").read_text())["students"]))
            assert (pupils.out / "rubric.yaml").read_bytes() == bundled().read_bytes()

    pupils.graded(tell=tell)
    assert there == [["ada", "ben"], ["ada", "ben"]]


def test_marks_that_are_given_while_a_class_runs_are_in_the_reports_when_it_ends(pupils: Class) -> None:
    """Ada's first, once her report is written; then Ben's own, before his is."""
    pupils.has(ada="x = 1", ben="x = 2")
    given = {(State.DONE, "ada"): "ada", (State.RUNNING, "ben"): "ben"}

    def tell(event: Event) -> None:
        if student := given.get((event.state, event.submission.student)):
            path = pupils.out / "overrides.yaml"
            override = Override(student, "A. Turing", "2026-11-25", "data.load", Fraction(1, 4), Decimal(0))
            path.write_bytes(with_entry(path, override))

    grades = pupils.graded(tell=tell)
    assert [grade.total for grade in grades] == [Fraction(1, 4), Fraction(1, 4)]
    for student in ("ada", "ben"):
        assert json.loads((pupils.out / student / "grade.json").read_text())["total"] == 0.25
    assert (pupils.out / "gradebook.csv").read_text().count("data.load 0.25") == 2


def test_marks_by_hand_that_come_to_be_wrong_meanwhile_are_told_when_the_class_pages_are_written(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="x = 2")

    def tell(event: Event) -> None:
        if event.state is State.DONE:
            entry = "- {student: ada, criterion: gone.since, mark: 1, replaces: 0, by: me, when: 2026-11-25}\n"
            (pupils.out / "overrides.yaml").write_text(entry)

    with pytest.raises(WrittenError, match=r"no criterion 'gone\.since'"):
        pupils.graded(tell=tell)
    gradebook = (pupils.out / "gradebook.csv").read_text()
    assert "ada" in gradebook
    assert "ben" in gradebook


# ---------------------------------------------------------------- failures


def test_a_run_that_fails_on_our_side_is_a_fault_and_the_others_go_on(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="boom", cem="x = 3")
    grades = pupils.graded()
    assert [g.ending for g in grades] == [Ending.COMPLETED, Ending.GRADER_FAULT, Ending.COMPLETED]
    assert "the sandbox burst" in pupils.faults("ben")[0]
    assert grades[1].needs_review
    assert grades[1].not_assessed == grades[1].max
    assert pupils.faults("ada") == []


def test_a_failure_of_ours_is_tried_again_once_and_again_in_the_next_grading(pupils: Class) -> None:
    pupils.has(ada="boom")
    pupils.graded()
    assert pupils.sandbox.ran == ["boom", "boom"]
    assert pupils.states() == {"ada": [State.RUNNING, State.AGAIN, State.DONE]}
    pupils.graded()
    assert pupils.sandbox.ran == ["boom", "boom"]


@pytest.mark.parametrize(("failures", "ending"), [(1, Ending.COMPLETED), (2, Ending.GRADER_FAULT)])
def test_a_failure_while_judging_is_tried_again_once_and_nobodys_zero(
    failures: int, ending: Ending, pupils: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*given: Any) -> Grade:
        calls.append(given)
        if len(calls) <= failures:
            raise RuntimeError("the pen broke")
        return write_report(*given)

    calls: list[Any] = []
    monkeypatch.setattr("grader.grading.grade_class.write_report", failing)
    pupils.has(ada="x = 1")
    (grade,) = pupils.graded()
    assert grade.ending is ending
    assert grade.not_assessed == (grade.max if grade.faults else 0)
    monkeypatch.undo()
    assert pupils.graded()[0].ending is Ending.COMPLETED
    assert pupils.sandbox.ran == []


def test_a_kernel_that_never_started_is_a_fault_with_what_the_system_said(pupils: Class) -> None:
    pupils.has(ada="silent")
    pupils.graded()
    assert "out of luck" in pupils.faults("ada")[0]


def test_a_sandbox_that_is_gone_stops_the_class_with_its_own_words(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="no sandbox")
    with pytest.raises(UserError, match="bwrap is gone"):
        pupils.graded()
    assert (pupils.out / "ada" / "grade.json").is_file()


def test_a_grading_that_is_stopped_by_hand_keeps_what_had_finished(pupils: Class) -> None:
    pupils.has(ada="x = 1", ben="stopped by hand", cem="x = 3")
    with pytest.raises(CancelledError):
        pupils.graded()
    assert (pupils.out / "ada" / "evidence.json").is_file()
    assert not (pupils.out / "ben" / "evidence.json").exists()
    pupils.runner.cancel.clear()
    pupils.has(ben="x = 2")
    pupils.graded()
    assert pupils.states()["ada"] == [State.KEPT]


def test_a_neighbour_that_still_runs_when_the_sandbox_goes_is_judged_if_it_ends_well(pupils: Class) -> None:
    pupils.has(ada="until it is ended", ben="no sandbox")
    with pytest.raises(UserError, match="bwrap is gone"):
        pupils.graded(jobs=2)
    assert (pupils.out / "ada" / "grade.json").is_file()
    assert not (pupils.out / "ben").exists()


def test_a_folder_is_locked_until_what_ran_when_somebody_stopped_has_written_its_last_file(pupils: Class) -> None:
    def stop(event: Event) -> None:
        if event.submission.student == "ben":
            begun.set()
        elif event.state is State.DONE:
            assert begun.wait(20)
            raise KeyboardInterrupt

    def unlocked() -> bool:
        with suppress(UserError), alone(pupils.out):
            return True
        return False

    pupils.has(ada="x = 1", ben="until it is ended")
    pupils.sandbox.at_the_end = lambda: found.append(unlocked())
    found: list[bool] = []
    begun = Flag()
    submissions = find_class(pupils.folder).submissions
    with pytest.raises(KeyboardInterrupt), Local(pupils.runner, 2) as executor:
        grade_class(
            submissions, pupils.assignment, executor, GradingOptions(pupils.out, Limits(), class_pages=False), stop
        )
    assert found == [False]
    assert (pupils.out / "ben" / "evidence.json").is_file()
    assert unlocked()


def test_an_output_folder_that_is_a_file_is_told_before_anything_is_run(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.out.write_text("I am a file")
    with pytest.raises(UserError, match=r"cannot be written to .*out: .*\. Give another folder with --out\."):
        pupils.graded()
    assert pupils.sandbox.ran == []


def test_an_output_folder_below_a_file_is_told(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.out.write_text("I am a file")
    pupils.out = pupils.out / "reports"
    with pytest.raises(UserError, match="Not a directory"):
        pupils.graded()


def test_two_graders_that_try_the_folder_at_the_same_moment_take_nothing_from_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(path: Path) -> None:
        path.write_bytes(b"")
        path.unlink()  # by the other, who has the same name for it

    monkeypatch.setattr(Path, "touch", touched)
    must_be_writable(tmp_path)


def test_a_second_grader_on_the_same_folder_is_refused_and_the_first_goes_on(pupils: Class) -> None:
    pupils.has(ada="x = 1")
    pupils.out.mkdir()
    with alone(pupils.out), pytest.raises(UserError, match=r"Another grader is writing to .* choose another --out"):
        pupils.graded()
    assert pupils.sandbox.ran == []
    assert len(pupils.graded()) == 1
