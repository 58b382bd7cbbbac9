"""A grader that is killed, or stopped by a person or the machine, loses what was in flight and nothing else."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.intake.downloads import zipped

pytestmark = pytest.mark.slow
SLOW, QUICK = "import time\ntime.sleep(600)\n", "print(1)\n"


def start(folder: Path) -> subprocess.Popen[str]:
    """A grading in a process of its own, of programs that import nothing."""
    command = [
        sys.executable,
        "-m",
        "grader",
        "grade",
        "class.zip",
        "--out",
        "reports",
        "--jobs",
        "2",
        "--timeout",
        "5",
    ]
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def hand_in(folder: Path, **programs: str) -> None:
    files = {f"{name}_{n}_assignsubmission_file_/lab.py": code for n, (name, code) in enumerate(programs.items())}
    (folder / "class.zip").write_bytes(zipped(files))


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def whole(reports: Path) -> dict[str, float]:
    """The marks of everybody who has any; every file that is there must be whole."""
    for path in reports.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    for path in (p for p in reports.rglob("*.html")):
        assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return {p.parent.name: json.loads(p.read_text())["total"] for p in reports.glob("*/grade.json")}


def test_sigkill_loses_what_was_in_flight_and_the_next_run_goes_on(tmp_path: Path) -> None:
    hand_in(tmp_path, ada=QUICK, ben=QUICK, cem=SLOW)
    first = start(tmp_path)
    wait_for(lambda: len(list((tmp_path / "reports").glob("*/report.html"))) == 2)
    programs = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    first.communicate()
    assert programs
    assert not psutil.wait_procs(programs, timeout=30)[1]
    assert set(whole(tmp_path / "reports")) == {"ada", "ben"}
    (tmp_path / "reports" / "ada" / ".0123.tmp").write_text("half of a fi")
    hand_in(tmp_path, ada=QUICK, ben=QUICK, cem=QUICK)
    again = start(tmp_path)
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0
    assert said.count("(kept from an earlier run)") == 2
    assert set(whole(tmp_path / "reports")) == {"ada", "ben", "cem"}
    assert not list((tmp_path / "reports").rglob(".*.tmp"))


def test_a_machine_that_shuts_down_stops_it_as_ctrl_c_does_and_it_says_how_to_go_on(tmp_path: Path) -> None:
    hand_in(tmp_path, ada=QUICK, ben=SLOW)
    grading = start(tmp_path)
    wait_for((tmp_path / "reports" / "ada" / "report.html").exists)
    second = start(tmp_path)
    _, refused = second.communicate(timeout=120)
    grading.send_signal(signal.SIGTERM)
    _, said = grading.communicate(timeout=60)
    assert second.returncode == 2
    assert "Another grader is writing to" in refused
    assert grading.returncode == 130
    assert "Stopped. 1 of 2 are graded and kept in reports." in said
    assert "grader grade class.zip --out reports --jobs 2 --timeout 5" in said
    assert set(whole(tmp_path / "reports")) == {"ada"}
