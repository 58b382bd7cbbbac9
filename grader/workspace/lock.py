"""Who may write to a folder of reports: one grader at a time, and one command at a time to the marks by hand."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from grader.errors import UserError
from grader.workspace.layout import MARKS_LOCK, REPORTS_LOCK

Tell = Callable[[str], object]


class BusyError(UserError):
    """Another command writes to the folder."""


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Two graders must not write to one folder at once; the second is told so.

    Marks by hand may go on being written meanwhile: `finishing` takes them up.
    """
    with ExitStack() as held:
        # Whoever writes a mark by hand holds both for some seconds: those are waited for.
        with marks_lock(out):
            held.enter_context(reports_lock(out))
        yield


@contextmanager
def alone_then_finishing(out: Path) -> Iterator[Callable[[], None]]:
    """Like `alone`; what it gives is to be called before marks by hand are read for the last time.

    From then on nobody writes any until the folder is free: whoever finds it taken can trust that a mark that is in the
    file will be taken up.
    """
    # The lock of the marks goes last.
    with ExitStack() as last, alone(out):
        yield lambda: last.enter_context(marks_lock(out))


@contextmanager
def alone_with_marks(out: Path, tell: Tell | None = None) -> Iterator[None]:
    """Writes reports, and nobody writes marks by hand meanwhile: they wait."""
    with marks_lock(out, tell), reports_lock(out):
        yield


@contextmanager
def marks_lock(out: Path, tell: Tell | None = None) -> Iterator[None]:
    """One reads, changes and writes marks by hand; the others wait their turn, and are told so."""
    if not out.is_dir():
        # There is nothing to write to, which is said by whoever looks for it.
        yield
        return
    with _opened(out / MARKS_LOCK) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            (tell or _silent)(f"Another command writes marks by hand or scores anew in {out}: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            raise _no_locks(out, error) from error
        yield


@contextmanager
def reports_lock(out: Path) -> Iterator[None]:
    """Raises BusyError where another grader holds it."""
    with _opened(out / REPORTS_LOCK) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"Another grader is writing to {out}. Wait for it, or choose another --out.") from error
        except OSError as error:
            raise _no_locks(out, error) from error
        yield


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise UserError(f"Cannot write to {path.parent}: {error.strerror}. Make it writable.") from error


def _no_locks(out: Path, error: OSError) -> UserError:
    return UserError(f"{out} lies on a file system that cannot lock files ({error.strerror}). Put it on another one.")


def _silent(_: str) -> None:
    """Says nothing."""
