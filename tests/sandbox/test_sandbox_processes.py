"""Memory and processes of a run: both sandboxes hold them to their limits and leave none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from grader.records import Limits
from grader.sandbox.base import StopReason
from grader.sandbox.watchdog import Watchdog
from tests.sandbox.conftest import INSIDE, Runner, wait_until

Find = Callable[[], list[psutil.Process]]
MIB = 1 << 20


GROW = """
import mmap
held = []
for _ in range(2 * {limit} // 4):
    {step}
    time.sleep(0.02)
say("never stopped")
"""


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("held.append(bytearray(b'x') * (4 << 20))", id="private memory"),
        pytest.param("held.append(mmap.mmap(-1, 4 << 20)); held[-1].write(b'x' * (4 << 20))", id="shared memory"),
        pytest.param(
            "(keep := bytearray(b'x') * (4 << 20)) and os.fork() == 0 and "
            "(keep := bytearray(b'x') * (4 << 20)) and time.sleep(30)",
            id="many children",
        ),
    ],
)
def test_a_program_that_grows_and_grows_is_stopped_at_its_memory(run: Runner, step: str) -> None:
    ran = run(GROW.format(limit=300, step=step), memory=300 * MIB)
    assert ran.stop.reason is StopReason.OUT_OF_MEMORY, ran
    assert not ran.said
    assert 300 * MIB < ran.stop.peak_memory < 600 * MIB


def test_asking_for_far_too_much_at_once_is_refused_and_the_program_goes_on(run: Runner) -> None:
    ran = run("attempt(bytearray, 8 << 30); say('on')", memory=300 * MIB)
    assert ran.said == ["MemoryError None", "on"]


def test_pages_that_forked_children_share_are_counted_once(run: Runner) -> None:
    ran = run(
        """
held = bytearray(b"x") * (150 << 20)
pids = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(1); os._exit(0)
    pids.append(pid)
for pid in pids: os.waitpid(pid, 0)
say("done")
""",
        memory=400 * MIB,
    )
    assert ran.said[-1:] == ["done"], ran


def test_a_fork_bomb_is_stopped(run: Runner, alive: Find, tmp_path: Path) -> None:
    run.environment = {"MARK": str(tmp_path)}
    ran = run(
        """
sleeper = [sys.executable, "-S", "-c", "import time; time.sleep(60)", os.environ["MARK"]]
for _ in range(400):
    if os.fork() == 0: os.execv(sleeper[0], sleeper)
time.sleep(60)
""",
        processes=40,
    )
    assert ran.stop.reason is StopReason.PROCESS_LIMIT
    assert not alive()


def test_a_thread_bomb_is_stopped(run: Runner) -> None:
    ran = run(
        """
import threading
threading.stack_size(64 << 10)
for _ in range(1000): threading.Thread(target=time.sleep, args=[30], daemon=True).start()
time.sleep(30)
""",
        processes=20,
    )
    assert ran.stop.reason is StopReason.PROCESS_LIMIT


@pytest.mark.parametrize("folder", ["/box/work", "/dev/shm"])
def test_files_without_content_are_counted(confined: Runner, folder: str) -> None:
    code = f"for n in range(20_000): open(f'{folder}/{{n}}', 'w').close()\ntime.sleep(30)"
    assert confined(code, files=2_000).stop.reason is StopReason.FILE_LIMIT


def test_a_usual_number_of_files_is_no_bomb(confined: Runner) -> None:
    code = "for n in range(1_000): open(f'{n}', 'w').close()\ntime.sleep(0.5); say('done')"
    assert confined(code, files=2_000).said == ["done"]


def test_files_of_the_host_are_not_counted_while_a_run_is_still_on_its_way_into_the_sandbox() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"], start_new_session=True) as outside:
        wait_until(lambda: psutil.Process(outside.pid).children())
        watchdog = Watchdog(outside.pid, Limits(files=0), scratch=(tempfile.gettempdir(),))
        found = watchdog.look()
        os.killpg(outside.pid, signal.SIGKILL)
    assert found is None


DAEMON = """
def daemon(environment, wait):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 100)
            os.open(os.devnull, os.O_RDWR)
            argv = [sys.executable, "-S", "-c", "import time; time.sleep(60)", os.environ["MARK"]]
            os.execve(argv[0], argv, environment)
        time.sleep(wait)
        os._exit(0)
    os.wait()
"""


@pytest.mark.parametrize("end", ["say('left')", "say('left'); time.sleep(60)"], ids=["by itself", "at the time limit"])
def test_a_daemon_does_not_outlive_the_run(run: Runner, alive: Find, tmp_path: Path, end: str) -> None:
    run.environment = {"MARK": str(tmp_path)}
    ran = run(DAEMON + "daemon(os.environ, 0)\n" + end, seconds=3.0)
    assert ran.said == ["left"]
    assert not alive()


def test_a_daemon_that_hides_its_mark_is_known_by_its_descent(run: Runner, alive: Find, tmp_path: Path) -> None:
    run.environment = {"MARK": str(tmp_path)}
    ran = run(DAEMON + "daemon({}, 2)\nsay('left')")
    assert ran.said == ["left"]
    assert not alive()


GRADER = """
import sys
from pathlib import Path
from threading import Event
from tests.sandbox.conftest import SLEEP, Runner
from grader.sandbox.choose import choose
runner = Runner(choose(sys.argv[1], Event()), Path(sys.argv[2], "trace"), environment={"MARK": sys.argv[2]})
runner(SLEEP)
"""


@pytest.mark.parametrize("name", ["bubblewrap", "process"])
def test_a_run_dies_with_the_grader(name: str, tmp_path: Path, alive: Find) -> None:
    trace = tmp_path / "trace"
    argv = [sys.executable, "-c", GRADER, name, str(tmp_path)]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(argv, cwd=INSIDE.parent.parent, env=environment) as killed:
        wait_until(lambda: killed.poll() is not None or (trace.exists() and trace.read_text()))
        killed.kill()
    wait_until(lambda: not alive(), seconds=5)
