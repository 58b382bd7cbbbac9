"""One submission from files to grade: what goes wrong on the grader's side, and what is read beside the program."""

import errno
import json
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import pytest

from grader.assignment.reference import load_reference
from grader.errors import UserError
from grader.executors.attempts import attempted
from grader.executors.runner import Runner
from grader.intake.folder import find_class
from grader.records import Limits
from grader.sandbox.base import Job, Stop
from tests.graded import grade_folder
from tests.grading.test_grade_class import Scripted


@pytest.mark.slow
def test_a_kernel_that_never_started_is_the_graders_fault_and_nobodys_zero(tmp_path: Path) -> None:
    student = tmp_path / "class" / "ada"
    student.mkdir(parents=True)
    (student / "lab.py").write_text("print('never reached')\n")
    graded = grade_folder(student.parent, tmp_path / "reports", seconds=0.01)["ada"].grade
    assert "had 0.01 seconds and had not begun" in graded["faults"][0]
    assert {c["outcome"] for c in graded["criteria"]} == {"not assessed"}
    assert graded["needs_review"]
    assert graded["not_assessed"] == 10.0


@pytest.mark.slow
def test_a_module_that_a_program_imports_is_searched_as_the_program_is(tmp_path: Path) -> None:
    student = tmp_path / "class" / "ada"
    student.mkdir(parents=True)
    (student / "lab.py").write_text("import h\n")
    (student / "h.py").write_text("def swap(keras, fake):\n    keras.Model.fit = fake\n")
    graded = grade_folder(student.parent, tmp_path / "reports", seconds=60)["ada"]
    assert graded.grade["needs_review"]
    assert "h.py, cell 1: it replaces keras.Model.fit" in (graded.folder / "grade.json").read_text()


@pytest.mark.parametrize(("source", "prepares"), [("model.fit(x, y)", True), ("print(1)", False)])
def test_the_grader_gets_ready_to_measure_while_a_program_that_trains_is_running(
    source: str, prepares: bool, tmp_path: Path
) -> None:
    class Watching(Scripted):
        def run(self, job: Job, trace: Path) -> Stop:
            until = time.monotonic() + (120 if prepares else 3)
            while time.monotonic() < until and not begun:
                begun.extend(p.pid for p in psutil.Process().children(recursive=True) if _holds_tensorflow(p))
                time.sleep(0.2)
            return super().run(job, trace)

    begun: list[int] = []
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "lab.py").write_text(source)
    with Runner(load_reference("reference"), Watching(), Event()) as runner:
        runner.run(find_class(tmp_path).submissions[0], Limits())
    assert len(begun) == prepares
    assert not any(map(psutil.pid_exists, begun))


def _holds_tensorflow(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any("tensorflow" in m.path for m in process.memory_maps())
    return False


def test_scripts_that_import_each_other_find_each_other_when_they_are_run(tmp_path: Path) -> None:
    class Looking(Scripted):
        def run(self, job: Job, trace: Path) -> Stop:
            beside[json.loads(job.stdin)["name"]] = set(job.files)
            return super().run(job, trace)

    beside: dict[str, set[str]] = {}
    (tmp_path / "ada").mkdir()
    for name, source in {"one.py": "import two\nm.fit(x)", "two.py": "import one\nm.fit(y)", "other.py": "1"}.items():
        (tmp_path / "ada" / name).write_text(source)
    with Runner(load_reference("reference"), Looking(), Event()) as runner:
        runner.run(find_class(tmp_path).submissions[0], Limits())
    assert beside == {"one.py": {"one.py", "two.py"}, "two.py": {"one.py", "two.py"}, "other.py": set()}


class Filling(Scripted):
    """The disk is full whenever a program is to run."""

    def run(self, job: Job, trace: Path) -> Stop:
        del job
        raise OSError(errno.ENOSPC, "No space left on device", str(trace))


def test_a_full_disk_of_one_submissions_making_is_its_fault_and_one_that_stays_full_stops_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "lab.py").write_text("1")
    (submission,) = find_class(tmp_path).submissions
    with Runner(load_reference("reference"), Filling(), Event()) as runner:
        ran = attempted(runner, submission, Limits(), lambda: None)
        assert "No space left on device" in ran.evidence.faults[0]
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
        with pytest.raises(UserError, match=r"no room is left on the disk.*what was finished is kept"):
            attempted(runner, submission, Limits(), lambda: None)


def test_what_a_submission_has_recorded_is_kept_up_to_one_bound_for_all_its_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ada").mkdir()
    for name in ("one.py", "two.py", "three.py"):
        (tmp_path / "ada" / name).write_text(f"m.fit({name!r})")
    (submission,) = find_class(tmp_path).submissions
    with Runner(load_reference("reference"), Scripted(), Event()) as runner:
        whole = runner.run(submission, Limits())
        monkeypatch.setattr("grader.executors.runner.MOST_KEPT", sum(map(len, whole.notebooks.values())) - 1)
        ran = runner.run(submission, Limits())
    assert (whole.evidence.gaps, len(whole.notebooks)) == ((), 3)
    (gap,) = ran.evidence.gaps
    assert "was not kept: a submission may record" in gap
    assert len(ran.notebooks) == 2
    assert len(ran.evidence.executions) == 3
