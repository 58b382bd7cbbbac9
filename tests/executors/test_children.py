"""What cannot be read or measured within the limits is its student's flag: the neighbours have just their marks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from grader.assignment.reference import load_reference
from grader.executors import children
from grader.executors.attempts import attempted
from grader.executors.children import START
from grader.executors.runner import CancelledError, Runner
from grader.intake.folder import find_class
from grader.records import Ending, Evidence, Limits, Submission
from grader.sandbox.base import Job, Stop
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.process import Process
from grader.sandbox.supervise import Prepare
from tests.graded import grade_folder
from tests.grading.test_grade_class import Scripted

FAULTS = """
import os, sys, time
sys.path.insert(0, os.path.dirname(os.environ["GRADER_GRADER"]))
from grader.executors import child
def hangs():
    time.sleep(600)
def eats():
    held = []
    while True:
        held.append(b"x" * (64 << 20))
def eats_slowly():
    held = []
    while True:
        held.append(b"x" * (8 << 20))
        time.sleep(0.01)
def floods():
    while True:
        os.write(int(os.environ["GRADER_TRACE_FD"]), bytes([255]) * 65536)
def crashes():
    os.kill(os.getpid(), 11)
def breaks():
    raise KeyError("a mistake of ours")
def planted(step, real):
    def answer(asked):
        source = (child._shown() / child.FILES / asked.file.name).read_text()
        for fault in (hangs, eats, eats_slowly, floods, crashes, breaks):
            if f"{step} {fault.__name__}!" in source:
                fault()
        return real(asked)
    return answer
child.reading, child.gathered = planted("reading", child.reading), planted("measuring", child.gathered)
child.main()
"""
"""The real process, in which what a program says befalls it."""
SECONDS, MEMORY = 6.0, 700 << 20
EXCEEDS = {
    "hangs": "takes more than 6 seconds",
    "eats": "GiB of memory",
    "eats_slowly": "GiB of memory",
    "floods": "MiB",
    "crashes": "ended the grader's process",
}


class ScriptedIn(Scripted):
    """Programs do what they say they do; what reads and measures them is confined in earnest."""

    confinement: Bubblewrap | Process

    def prepared(self, job: Job) -> AbstractContextManager[Prepare]:
        return self.confinement.prepared(job)


@pytest.fixture(scope="module", params=[Bubblewrap, Process])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(children, "START", FAULTS)
        patch.setattr(children, "SECONDS", SECONDS)
        patch.setattr(children, "MEMORY", MEMORY)
        sandbox, cancel = ScriptedIn(), Event()
        sandbox.confinement = request.param(cancel)
        with Runner(load_reference("reference"), sandbox, cancel) as made:
            yield made


def handed_in(folder: Path, **files: str) -> tuple[Submission, ...]:
    for student, source in files.items():
        (folder / student).mkdir()
        (folder / student / "lab.py").write_text(source)
    return find_class(folder).submissions


def plain(evidence: Evidence) -> dict[str, Any]:
    """What must not depend on the neighbours."""
    return {"executions": evidence.executions, "gaps": evidence.gaps, "doubts": evidence.doubts, "runs": evidence.runs}


def pid(runner: Runner) -> int:
    (child,) = runner._children._idle
    assert child._resident
    return child._resident.result().pid


@pytest.mark.parametrize("step", ["reading", "measuring"])
@pytest.mark.parametrize("fault", EXCEEDS)
def test_what_cannot_be_done_within_the_limits_is_one_students_flag_and_the_next_is_as_alone(
    runner: Runner, tmp_path: Path, step: str, fault: str
) -> None:
    (tmp_path / "class").mkdir()
    ada, bob, cyd = handed_in(tmp_path / "class", ada="print(1)", bob=f"'{step} {fault}!'", cyd="print(1)")
    before = runner.run(ada, Limits()).evidence
    began, was = time.monotonic(), pid(runner)
    evidence = runner.run(bob, Limits()).evidence
    assert time.monotonic() - began < SECONDS + 20
    (gap,) = evidence.gaps
    assert gap.startswith("what lab.py holds and has recorded could not be read and measured")
    assert EXCEEDS[fault] in gap
    assert not evidence.faults
    assert [e.ending for e in evidence.executions] == [Ending.UNREADABLE if step == "reading" else Ending.COMPLETED]
    after = runner.run(cyd, Limits()).evidence
    assert plain(after) == plain(before)
    assert pid(runner) != was


def test_one_process_serves_all_and_sees_one_submission_at_a_time(runner: Runner, tmp_path: Path) -> None:
    ada, bob = handed_in(tmp_path, ada="print(1)", bob="print(2)")
    runner.run(ada, Limits())
    (child,) = runner._children._idle
    was, shown = pid(runner), child._shown
    assert not list(shown.iterdir())
    runner.run(bob, Limits())
    assert pid(runner) == was


def test_a_process_that_has_gone_while_nothing_was_asked_is_nobodys_fault(runner: Runner, tmp_path: Path) -> None:
    ada, bob = handed_in(tmp_path, ada="print(1)", bob="print(2)")
    runner.run(ada, Limits())
    psutil.Process(pid(runner)).kill()
    assert not runner.run(bob, Limits()).evidence.gaps


def test_a_mistake_of_our_own_in_there_is_a_fault_of_ours(runner: Runner, tmp_path: Path) -> None:
    (ada,) = handed_in(tmp_path, ada="'measuring breaks!'")
    (fault,) = attempted(runner, ada, Limits(), lambda: None).evidence.faults
    assert "the grader failed" in fault
    assert "a mistake of ours" in fault


def test_the_time_is_the_submissions_and_not_each_programs(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for number in range(8):
        (tmp_path / "ada" / f"lab{number}.py").write_text(f"'measuring hangs!' and {number}")
    (ada,) = find_class(tmp_path).submissions
    began = time.monotonic()
    assert len(runner.run(ada, Limits()).evidence.gaps) == 8
    assert time.monotonic() - began < SECONDS + 30


def test_whoever_stops_the_grading_stops_what_is_measured(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(ScriptedIn):
        def run(self, job: Job, trace: Path) -> Stop:
            stop = super().run(job, trace)
            runner.cancel.set()
            return stop

    monkeypatch.setattr("grader.sandbox.resident.GRACE", 1.0)
    stopping = Stopping()
    stopping.confinement = runner.sandbox.confinement  # type: ignore[attr-defined]
    monkeypatch.setattr(runner, "sandbox", stopping)
    (ada,) = handed_in(tmp_path, ada="'measuring hangs!'")
    try:
        with pytest.raises(CancelledError):
            runner.run(ada, Limits())
    finally:
        runner.cancel.clear()


def test_a_process_that_does_not_begin_is_a_fault_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "START", "raise SystemExit('no such library')")
    (ada,) = handed_in(tmp_path, ada="print(1)")
    with Runner(load_reference("reference"), Scripted(), Event()) as runner:
        (fault,) = attempted(runner, ada, Limits(), lambda: None).evidence.faults
    assert "no such library" in fault


def test_what_is_confined_sees_its_own_files_and_cannot_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = """
def looks(asked):
    seen = sorted(p.name for p in child._shown().rglob("*"))
    try:
        (child._shown() / "new").write_text("x")
    except OSError as error:
        seen.append(error.strerror)
    try:
        import reference
    except ImportError:
        seen.append("no reference")
    seen += [os.path.exists(HOME)]
    return child.Reading(asked.file.kind, refusal=repr(seen))
child.reading = looks
child.main()
"""
    code = START.replace("; main()", "") + look.replace("HOME", repr(str(Path(__file__))))
    code = code.replace("from grader.executors.child import main", "from grader.executors import child")
    monkeypatch.setattr(children, "START", code)
    (ada,) = handed_in(tmp_path, ada="print(1)")
    (tmp_path / "ada" / "data.csv").write_text("1")
    cancel, sandbox = Event(), ScriptedIn()
    sandbox.confinement = Bubblewrap(cancel)
    with Runner(load_reference("reference"), sandbox, cancel) as runner:
        (execution,) = runner.run(ada, Limits()).evidence.executions
    assert execution.message == "['files', 'lab.py', 'Read-only file system', 'no reference', False]"


TRAINS = """
import keras
(x, y), (tx, ty) = keras.datasets.mnist.load_data()
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:500] / 255, y[:500], epochs=1, verbose=0)
"""


@pytest.mark.slow
def test_between_those_that_exceed_all_limits_the_honest_have_exactly_their_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "START", FAULTS)
    monkeypatch.setattr(children, "SECONDS", 60.0)
    honest = {"ann": TRAINS, "zoe": TRAINS}
    bad = {f"bad {fault}": f"'measuring {fault}!'" for fault in ("eats", "floods", "crashes")}
    bad["bad reading"] = "'reading crashes!'"
    for name, files in (("alone", {"ann": TRAINS}), ("class", honest | bad)):
        (tmp_path / name).mkdir()
        handed_in(tmp_path / name, **files)
    alone = grade_folder(tmp_path / "alone", tmp_path / "alone.out")["ann"].grade
    graded = grade_folder(tmp_path / "class", tmp_path / "class.out")
    for student in honest:
        assert json.dumps(marks(graded[student].grade)) == json.dumps(marks(alone))
    for student in bad:
        grade = graded[student].grade
        assert {c["outcome"] for c in grade["criteria"]} == {"not assessed"}
        assert grade["total"] == 0
        assert grade["not_assessed"] == 10
        assert grade["needs_review"]
        assert not grade["faults"]


def marks(grade: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in grade.items() if key != "student"}
