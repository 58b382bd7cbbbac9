"""Real trouble for a command line: other mounts, rights and users than those of the tests, in a bubblewrap."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Event

from grader.sandbox.bubblewrap import Bubblewrap

ROOT = Path(__file__).parents[2]
RUBRIC = ROOT / "rubrics" / "mlp-regularization.yaml"


def as_anybody(*options: str | Path) -> list[str]:
    """The same files, with what is different, for a user who may do no more there than anybody."""
    program = Bubblewrap(Event()).way.program
    devices = ("--dev-bind", "/dev", "/dev", "--proc", "/proc")
    return [str(word) for word in (program, "--bind", "/", "/", *devices, *options, "--cap-drop", "ALL")]


def read_only(*writable: Path) -> list[str]:
    """Nothing can be written but to these folders."""
    binds = [word for folder in writable for word in ("--bind", folder, folder)]
    return as_anybody("--remount-ro", "/", "--tmpfs", "/dev/shm", *binds)


def disk(folder: Path, size: int) -> list[str]:
    """A disk of so many bytes is mounted there."""
    folder.mkdir(exist_ok=True)
    return as_anybody("--size", str(size), "--tmpfs", folder)


def without_a_name() -> list[str]:
    """A user whom the system has no name and no home for."""
    return as_anybody("--unshare-user", "--uid", "12345")


def grader(
    *arguments: str | Path,
    cwd: Path,
    within: Sequence[str] = (),
    without: Collection[str] = (),
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """The command line under these conditions."""
    return python("-m", "grader", *arguments, cwd=cwd, within=within, without=without, **variables)


def python(
    *arguments: str | Path,
    cwd: Path,
    within: Sequence[str] = (),
    without: Collection[str] = (),
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if name not in without}
    environment = usual | {"COLUMNS": "400", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)} | variables
    command = [*within, sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False)


def must_be_a_sentence(ran: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with status 2 and in words, these among them, not in a traceback."""
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "bug" not in ran.stderr
    for word in words:
        assert word in ran.stderr
