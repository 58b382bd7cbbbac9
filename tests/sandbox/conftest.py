"""What the sandbox tests share: both sandboxes, and a way to run a few lines of Python in one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psutil
import pytest

import grader
from grader.records import Limits
from grader.sandbox.base import Job, Sandbox, Stop
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.process import Process

INSIDE = Path(grader.__file__).parent / "inside"
PRELUDE = """
import os, signal, sys, time
def say(*words):
    os.write(int(os.environ["GRADER_TRACE_FD"]), (" ".join(map(str, words)) + "\\n").encode())
def attempt(what, *args, **options):
    try:
        say("got", what(*args, **options))
    except Exception as error:
        say(type(error).__name__, getattr(error, "errno", None))
"""
SLEEP = """
say("up")
os.execv(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(60)", os.environ["MARK"]])
"""
"""Becomes a process that can be told from outside by its command line; needs the variable MARK."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How it stopped and what it said on its trace."""

    stop: Stop
    said: list[str]


@dataclass
class Runner:
    """Runs Python in a sandbox."""

    sandbox: Sandbox
    trace: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    mounts: Mapping[str, Path] = field(default_factory=dict)
    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, code: str, **limits: object) -> Ran:
        """With 20 seconds unless told otherwise."""
        within = Limits(**({"seconds": 20.0} | limits))  # type: ignore[arg-type]
        command = ("-c", PRELUDE + code)
        job = Job(command, INSIDE, self.files, self.mounts, self.stdin, self.environment, within)
        stop = self.sandbox.run(job, self.trace)
        return Ran(stop, self.trace.read_text().splitlines())


@pytest.fixture(scope="session")
def bubblewrap() -> Bubblewrap:
    return Bubblewrap(Event())


@pytest.fixture(scope="session")
def process() -> Process:
    return Process(Event())


@pytest.fixture(params=["bubblewrap", "process"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    chosen: Sandbox = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Runner:
    return Runner(sandbox, tmp_path / "trace.jsonl")


@pytest.fixture
def confined(bubblewrap: Bubblewrap, tmp_path: Path) -> Runner:
    return Runner(bubblewrap, tmp_path / "trace.jsonl")


@pytest.fixture
def alive(tmp_path: Path) -> Iterator[Callable[[], list[psutil.Process]]]:
    """Finds the processes of the machine that have this test's folder in their command line."""

    def find() -> list[psutil.Process]:
        return [p for p in psutil.process_iter() if _mentions(p, str(tmp_path))]

    yield find
    for process in find():
        process.kill()


def _mentions(process: psutil.Process, text: str) -> bool:
    try:
        return process.pid != psutil.Process().pid and any(text in part for part in process.cmdline())
    except psutil.Error:
        return False


def wait_until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Returns as soon as it holds; fails if it never does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
