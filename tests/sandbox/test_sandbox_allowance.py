"""A run is charged for what it computes and for what it idles, and not for what others take from it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from grader.sandbox.allowance import CLOCK
from grader.sandbox.base import Sandbox, StopReason
from tests.sandbox.conftest import Runner

TOLD = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this system does not tell who waited")
WORK = """
begun = time.process_time()
while time.process_time() - begun < {seconds}: pass
say("done")
"""
MANY = "for _ in range({n}):\n    if not os.fork(): break\nwhile True: pass"


@contextmanager
def hogs(core: int, number: int) -> Iterator[None]:
    """So many processes that want that core for themselves."""
    code = (
        f"import os, time\nos.sched_setaffinity(0, {{{core}}})\nend = time.time() + 120\nwhile time.time() < end: pass"
    )
    with ExitStack() as stack:
        for _ in range(number):
            started = subprocess.Popen([sys.executable, "-S", "-c", code])
            stack.callback(started.wait)
            stack.callback(started.kill)
        yield


@pytest.fixture
def core() -> int:
    return max(os.sched_getaffinity(0))


@TOLD
def test_a_run_beside_hogs_on_its_core_has_the_whole_of_its_time(run: Runner, core: int) -> None:
    with hogs(core, 2):
        ran = run(WORK.format(seconds=4), seconds=7.0, cpus=(core,))
    assert ran.said == ["done"]
    # How much the hogs take is the system's to say, and less where others are busy, too.
    assert ran.stop.seconds > ran.stop.used + 1


@TOLD
def test_by_the_clock_it_has_no_more_than_a_few_times_its_limit(run: Runner, core: int) -> None:
    with hogs(core, 12):
        ran = run("while True: pass", seconds=2.0, cpus=(core,))
    assert ran.stop.reason is StopReason.TIMED_OUT
    assert ran.stop.seconds < 2.0 * CLOCK + 6


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(60)",
        "import threading\nfor _ in range(20): threading.Thread(target=time.sleep, args=[60]).start()",
        MANY.format(n=6),
        "end = time.monotonic() + 60\nwhile time.monotonic() < end: time.sleep(0.01)",
    ],
    ids=["sleeps", "sleeps in many threads", "computes in many processes", "wakes now and then"],
)
def test_who_sleeps_or_is_in_his_own_way_is_charged_for_it(run: Runner, core: int, code: str) -> None:
    ran = run(code, seconds=3.0, cpus=(core,), processes=20)
    assert ran.stop.reason is StopReason.TIMED_OUT
    # Whatever else runs on this machine meanwhile.
    assert 3.0 <= ran.stop.seconds < 3.0 * CLOCK + 6
    assert 3.0 <= ran.stop.used < 6.0


def test_two_threads_that_compute_are_charged_for_one_clock(run: Runner) -> None:
    ran = run(
        "import hashlib, threading\ndata = bytes(1 << 26)\n"
        "threads = [threading.Thread(target=hashlib.sha256, args=[data]) for _ in range(12)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]",
        threads=2,
    )
    assert ran.stop.used <= ran.stop.seconds


def test_nothing_inside_chooses_its_core(sandbox: Sandbox, run: Runner, core: int) -> None:
    ran = run(
        "attempt(os.sched_setaffinity, 0, range(os.cpu_count()))\n"
        "if not os.fork():\n    os.setsid(); attempt(os.sched_setaffinity, 0, range(os.cpu_count())); os._exit(0)\n"
        "os.wait(); say(os.sched_getaffinity(0))",
        cpus=(core,),
    )
    assert ran.said == ["PermissionError 1", "PermissionError 1", f"{{{core}}}"], sandbox.name
