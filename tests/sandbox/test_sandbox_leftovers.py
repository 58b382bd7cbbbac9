"""Whatever a program leaves in a folder of the grader's, it goes; also when the grader itself is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from grader.sandbox.scratch import remove, scratch
from tests.sandbox.conftest import INSIDE, wait_until


def test_a_folder_goes_with_everything_in_it(tmp_path: Path) -> None:
    (tmp_path / "top/a/b").mkdir(parents=True)
    (tmp_path / "top/a/b/file").write_text("x")
    os.mkfifo(tmp_path / "top/a/pipe")
    remove(tmp_path / "top")
    assert not (tmp_path / "top").exists()


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/thesis").write_text("x")
    (tmp_path / "top/a").mkdir(parents=True)
    (tmp_path / "top/link").symlink_to(tmp_path / "precious")
    (tmp_path / "top/a/link").symlink_to(tmp_path / "precious")
    remove(tmp_path / "top")
    assert not (tmp_path / "top").exists()
    assert (tmp_path / "precious/thesis").read_text() == "x"


def test_folders_in_folders_deeper_than_any_path_go(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    subprocess.run([sys.executable, "-c", "import os\nfor n in range(3000): os.mkdir('d'); os.chdir('d')"],
                   cwd=tmp_path / "top", check=True)  # fmt: skip
    remove(tmp_path / "top")
    assert not (tmp_path / "top").exists()


def test_a_closed_folder_and_one_named_as_the_grader_would_name_it_go(tmp_path: Path) -> None:
    (tmp_path / "top/moved-0/moved-0").mkdir(parents=True)
    (tmp_path / "top/closed/within").mkdir(parents=True)
    (tmp_path / "top/closed").chmod(0)
    remove(tmp_path / "top")
    assert not (tmp_path / "top").exists()


def test_a_scratch_folder_is_there_for_as_long_as_it_is_used() -> None:
    with scratch() as folder:
        assert folder.is_dir()
    assert not folder.exists()


GRADER = """
import json, sys, os
from pathlib import Path
from threading import Event
import grader
from grader.records import Limits
from grader.sandbox.choose import choose
from grader.sandbox.base import Job
code = '''
import os, subprocess, sys, time
child = [sys.executable, "-S", "-c", "import time; time.sleep(60)", os.environ["MARK"]]
subprocess.Popen(child, start_new_session=True)
open("left", "w").close()
os.write(int(os.environ["GRADER_TRACE_FD"]), b"up")
time.sleep(60)
'''
inside = Path(grader.__file__).parent / "inside"
job = Job(("-c", code), inside, {"lab.py": Path(__file__)}, {}, b"", {"MARK": sys.argv[2]}, Limits(seconds=50))
choose(sys.argv[1], Event()).run(job, Path(sys.argv[2], "trace"))
"""


@pytest.mark.parametrize("name", ["bubblewrap", "process"])
def test_neither_process_nor_file_outlives_a_grader_that_is_killed(name: str, tmp_path: Path) -> None:
    (tmp_path / "grading.py").write_text(GRADER)
    trace = tmp_path / "trace"
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(INSIDE.parent.parent)}
    argv = [sys.executable, str(tmp_path / "grading.py"), name, str(tmp_path)]
    with subprocess.Popen(argv, env=environment) as grader:
        wait_until(lambda: grader.poll() is not None or (trace.exists() and trace.read_text()), seconds=60)
        assert list(tmp_path.glob("grader-*"))
        grader.kill()
    wait_until(lambda: not list(tmp_path.glob("grader-*")), seconds=30)
    assert [p for p in psutil.process_iter() if _mentions(p, str(tmp_path))] == []


def _mentions(process: psutil.Process, text: str) -> bool:
    try:
        return any(text in part for part in process.cmdline())
    except psutil.Error:
        return False
