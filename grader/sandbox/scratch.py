"""Folders of the grader's own that go when they are no longer needed, and with the grader if that is killed."""

from __future__ import annotations

import atexit
import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

ROUNDS = 3
"""Attempts at emptying a folder in which nothing goes any more."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder, removed at the end with whatever a program has left in it."""
    folder = Path(tempfile.mkdtemp(prefix="grader-"))
    janitor = _janitor()
    janitor.tell("folder", str(folder))
    try:
        yield folder
    finally:
        remove(folder)
        janitor.tell("done", str(folder))


@contextmanager
def marked(run: str) -> Iterator[None]:
    """While this lasts, processes with that mark in their environment are to die with the grader."""
    janitor = _janitor()
    janitor.tell("run", run)
    try:
        yield
    finally:
        janitor.tell("done", run)


def remove(folder: Path) -> None:
    """Removes a folder with everything in it; never follows a link, and no depth of folders is too deep.

    `shutil.rmtree` calls itself and holds a descriptor for every level. Here, the folders within a folder are moved to
    the top before it goes, so that no path is ever longer than three names. What cannot be removed is left: it is no
    reason to lose a mark.
    """
    numbers = iter(range(sys.maxsize))
    for _ in range(ROUNDS):
        while entries := _entries(folder):
            if not sum(_flatten(entry, folder, numbers) for entry in entries):
                break
        with suppress(OSError):
            folder.rmdir()
            return


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):
        folder.chmod(0o700)
        return list(folder.iterdir())
    return []


def _flatten(entry: Path, top: Path, numbers: Iterator[int]) -> bool:
    """Removes one entry, moving the folders in it to the top; whether anything was done."""
    done = False
    for child in _entries(entry) if _is_folder(entry) else ():
        with suppress(OSError):
            if _is_folder(child):
                child.chmod(0o700)
                child.rename(_unused(top, numbers))
            else:
                child.unlink()
            done = True
    with suppress(OSError):
        if _is_folder(entry):
            entry.rmdir()
        else:
            entry.unlink()
        done = True
    return done


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return stat.S_ISDIR(path.lstat().st_mode)
    return False


def _unused(top: Path, numbers: Iterator[int]) -> Path:
    return next(p for n in numbers if not os.path.lexists(p := top / f"moved-{n}"))


class _Janitor:
    """A process that outlives a killed grader for as long as it takes to clean up after it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "grader.sandbox.janitor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the grader
        )
        atexit.register(self._end)

    def tell(self, what: str, name: str) -> None:
        """One line, written at once; without a janitor the grader works all the same."""
        pipe = self._process.stdin
        with suppress(OSError, ValueError):
            if pipe:
                os.write(pipe.fileno(), (json.dumps([what, name]) + "\n").encode())

    def _end(self) -> None:
        self._process.communicate()


@cache
def _janitor() -> _Janitor:
    return _Janitor()
