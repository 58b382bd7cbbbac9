"""A process in confinement answers again and again; one that does not is gone, in bounded time, and nothing of it left.

A grader's process that fails takes nobody along but who has made it fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Timer

import psutil
import pytest

from grader.errors import SandboxUnavailable
from grader.records import Limits
from grader.sandbox.base import Job, StopReason
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.process import Process
from grader.sandbox.resident import Resident, ResidentEndedError
from tests.sandbox.conftest import INSIDE

SERVE = """
import os, signal, struct, sys, time
out, asked = int(os.environ["GRADER_TRACE_FD"]), 0
def say(content):
    os.write(out, struct.pack(">Q", len(content)) + content)
say(b"")
while head := sys.stdin.buffer.read(8):
    request = sys.stdin.buffer.read(*struct.unpack(">Q", head)).decode()
    asked += 1
    if request.startswith("do "):
        exec(request[3:])
    say(f"{asked} {request}".encode())
"""
SECOND, MEBIBYTE = 1.0, 1 << 20

Begin = Callable[..., Resident]


@pytest.fixture(params=["bubblewrap", "process"])
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Begin]:
    begun: list[Resident] = []

    def one(code: str = SERVE, cancel: Event | None = None, **limits: object) -> Resident:
        sandbox = {"bubblewrap": Bubblewrap, "process": Process}[request.param](Event())
        within = Limits(**({"seconds": 1e9} | limits))  # type: ignore[arg-type]
        mounts: Mapping[str, Path] = {"shown": tmp_path}
        job = Job(("-c", code), INSIDE, {}, mounts, b"", {"MARK": str(tmp_path)}, within)
        begun.append(Resident(sandbox, job, cancel or Event()))
        return begun[-1]

    tmp_path.chmod(0o755)
    yield one
    for resident in begun:
        resident.close()


def gone(resident: Resident, request: str, seconds: float = 20.0, most: int = MEBIBYTE) -> StopReason:
    """Why it is gone when that was asked, which it is within a few seconds of the limit."""
    family = [psutil.Process(resident.pid), *psutil.Process(resident.pid).children(recursive=True)]
    began = time.monotonic()
    with pytest.raises(ResidentEndedError) as ended:
        resident.ask(request.encode(), seconds, most)
    assert time.monotonic() - began < seconds + 10
    assert not resident.is_alive
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    return ended.value.reason


def test_it_answers_one_request_after_the_other_and_remembers_that_it_did(begin: Begin) -> None:
    resident = begin()
    resident.wait()
    assert [resident.ask(word, 20, MEBIBYTE) for word in (b"a", b"b")] == [b"1 a", b"2 b"]


def test_a_request_that_is_longer_than_a_pipe_holds_comes_through(begin: Begin) -> None:
    resident, long = begin(), b"x" * (3 * MEBIBYTE)
    resident.wait()
    assert resident.ask(long, 20, 4 * MEBIBYTE) == b"1 " + long


def test_a_file_that_is_shown_to_it_while_it_runs_is_seen(begin: Begin, tmp_path: Path) -> None:
    resident = begin()
    resident.wait()
    (tmp_path / "new.txt").write_text("hello")
    read = "do request = open(os.environ['GRADER_SHOWN'] + '/new.txt').read()"
    assert resident.ask(read.encode(), 20, MEBIBYTE) == b"1 hello"


def test_one_that_never_answers_is_gone_at_its_time_limit(begin: Begin) -> None:
    resident = begin()
    resident.wait()
    assert gone(resident, "do time.sleep(60)", seconds=SECOND) is StopReason.TIMED_OUT


def test_one_that_never_reads_what_is_asked_is_gone_at_its_time_limit(begin: Begin) -> None:
    resident = begin("import os, time; os.write(int(os.environ['GRADER_TRACE_FD']), bytes(8)); time.sleep(60)")
    resident.wait()
    assert gone(resident, "x" * MEBIBYTE, seconds=SECOND) is StopReason.TIMED_OUT


@pytest.mark.parametrize("content", ["bytes([255])", "bytes(1)"])
def test_one_that_writes_without_an_end_is_gone_at_its_output_limit(begin: Begin, content: str) -> None:
    resident = begin()
    resident.wait()
    assert gone(resident, f"do while True: os.write(out, {content} * 65536)") is StopReason.OUTPUT_LIMIT


def test_one_that_takes_more_memory_than_it_may_is_gone(begin: Begin) -> None:
    resident = begin(memory=200 * MEBIBYTE)
    resident.wait()
    eats = "do held = [b'x' * (1 << 20) for _ in range(230)]; time.sleep(60)"
    assert gone(resident, eats) is StopReason.OUT_OF_MEMORY


def test_one_that_crashes_is_gone_with_its_status(begin: Begin) -> None:
    resident = begin()
    resident.wait()
    with pytest.raises(ResidentEndedError) as ended:
        resident.ask(b"do os.kill(os.getpid(), signal.SIGSEGV)", 20, MEBIBYTE)
    assert ended.value.reason is StopReason.EXITED
    assert ended.value.status in {-11, 139}


def test_one_that_never_comes_up_is_told_with_what_it_has_said(begin: Begin) -> None:
    resident = begin("import os; os.close(int(os.environ['GRADER_TRACE_FD'])); raise SystemExit('no library')")
    with pytest.raises(ResidentEndedError, match="no library"):
        resident.wait()


def test_a_confinement_that_fails_says_what_the_system_said(tmp_path: Path) -> None:
    job = Job(("-c", SERVE), INSIDE, {}, {}, b"", {}, Limits(cpus=(100_000,)))
    with pytest.raises(SandboxUnavailable, match="Invalid argument"):
        Resident(Process(Event()), job, Event()).wait()
    assert not list(tmp_path.iterdir())


def test_when_all_is_stopped_it_has_a_moment_to_come_to_its_end_and_no_more(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.resident.GRACE", SECOND)
    cancel = Event()
    resident = begin(cancel=cancel)
    resident.wait()
    Timer(0.2, cancel.set).start()
    assert resident.ask(b"do time.sleep(0.6)", 20, MEBIBYTE) == b"1 do time.sleep(0.6)"
    assert gone(resident, "do time.sleep(60)", seconds=5 * SECOND) is StopReason.CANCELLED
