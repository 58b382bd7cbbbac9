"""A failure that no place foresaw, in words: the system's trouble is the user's to end, all else is a bug with a log.

Imports nothing but the standard library, so that it also speaks where much is broken.
"""

from __future__ import annotations

import errno
import os
import platform
import shlex
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grader.errors import UserError

PACKAGES = ("mlp-lab-grader", "keras", "tensorflow", "numpy", "typer", "rich")
ELSEWHERE = "choose another place (--out for reports, TMPDIR for temporary files)"
AGAIN = "Then run the same command again: what was finished is kept."
NO_ROOM = f"Make room, or {ELSEWHERE}. {AGAIN}"
NO_MORE = f"End other programs, or give a smaller --jobs. {AGAIN}"
BROKEN_DISK = f"Look after the disk or the network drive, or {ELSEWHERE}. {AGAIN}"
CAUSES: Mapping[int | None, tuple[str, str]] = {
    errno.EACCES: ("you have no permission", f"Change its owner or permissions, or {ELSEWHERE}."),
    errno.EPERM: ("the system does not permit it", f"Change its owner or permissions, or {ELSEWHERE}."),
    errno.EROFS: ("its file system is read-only", f"Make it writable, or {ELSEWHERE}."),
    errno.ENOSPC: ("no room is left on the disk", NO_ROOM),
    errno.EDQUOT: ("your share of the disk (quota) is used up", NO_ROOM),
    errno.EFBIG: ("the file would be larger than is allowed here", f"Raise the limit (ulimit -f). {AGAIN}"),
    errno.ENOTDIR: ("expected a folder, found a file", "Take the file away, or give another name."),
    errno.EEXIST: ("expected a folder or nothing, found a file", "Take the file away, or give another name."),
    errno.EISDIR: ("expected a file, found a folder", "Give the name of a file."),
    errno.ENAMETOOLONG: (
        "the name is longer than the system takes",
        "Give a shorter name, or a folder nearer the top.",
    ),
    errno.ELOOP: ("links lead round in a circle", "Give the file or folder itself."),
    errno.EMFILE: (
        "too many files are open at once",
        f"Raise the limit (ulimit -n 4096), or give a smaller --jobs. {AGAIN}",
    ),
    errno.ENFILE: ("too many files are open on this machine", NO_MORE),
    errno.EAGAIN: ("the system starts no further process", NO_MORE),
    errno.ENOMEM: ("the system has no memory left", NO_MORE),
    errno.EIO: ("the disk does not answer as it should", BROKEN_DISK),
    errno.ESTALE: ("the network drive does not answer as it should", BROKEN_DISK),
    errno.ENXIO: ("the device does not answer", BROKEN_DISK),
}
OF_THE_MACHINE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE}
    | {errno.EAGAIN, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.ENXIO}
)
"""What the system says where the next submission would fail as well; names and shapes of files are not among it."""
FRAMES = 3
"""Of a traceback in words: where it happened; the log has all."""


def in_words(error: BaseException, named: Sequence[str] = ()) -> str | None:
    """What is wrong with the system and what to do; None where it is not the system, but a bug of ours.

    `named` are the words of the command: a file that is missing is the user's where they name it.
    """
    match error:
        case MemoryError():
            return f"This machine has no memory left for the grader. {NO_MORE}"
        case RuntimeError() if "start new thread" in str(error):
            return f"The system starts no further thread. {NO_MORE}"
        case RuntimeError() if "home directory" in str(error):
            return "Your user has no home folder here. Set HOME to a folder that can be written, and run it again."
        case OSError(errno=None) if isinstance(error.__context__, OSError):
            return in_words(error.__context__, named)
        case OSError(errno=errno.ENOENT):
            return _missing(error, named)
        case OSError() if error.errno in CAUSES:
            cause, advice = CAUSES[error.errno]
            return f"{_what(error)}{cause}{_free(error)}. {advice}"
    return None


def is_everybodys(error: BaseException, *, reading: bool = False) -> bool:
    """Whether an error that came up with one submission would come up with the next one: the machine's or the user's.

    A full disk, missing rights, no sandbox, an interruption. All else belongs to the submission that brought it about,
    a bug of ours included, and the others go on. While its own files are read, so do missing rights.
    """
    if reading and isinstance(error, PermissionError):
        return False
    match error:
        case UserError():
            # What it says of a file is judged by what the system has said.
            return not isinstance(error.__cause__, OSError) or is_everybodys(error.__cause__)
        case OSError(errno=None) if isinstance(error.__context__, OSError):
            return is_everybodys(error.__context__)
        case OSError(errno=errno.ENOENT):
            return _missing(error, ()) is not None
        case OSError():
            return error.errno in OF_THE_MACHINE
        case RuntimeError() if "start new thread" in str(error):
            return True
    return not isinstance(error, Exception)


def fault_of(error: BaseException, doing: str) -> str:
    """A failure with one submission in words, as its record keeps it: what the grader did, and where it broke."""
    return f"the grader failed while {doing}: {described(error)}"


def fault_in_reading(error: Exception, doing: str) -> str:
    """As `fault_of`, while the files of one submission are read; raises the error where it is everybody's."""
    if is_everybodys(error, reading=True):
        raise error
    return fault_of(error, doing)


def described(error: BaseException) -> str:
    """What it is, and in the lines below where it happened: of a long text pages show the beginning."""
    said = "".join(traceback.format_exception_only(error)).strip()
    return f"{said}\n{''.join(traceback.format_exception(error, limit=-FRAMES)).strip()}"


def _missing(error: OSError, named: Sequence[str]) -> str | None:
    if "temporary directory" in str(error):
        return (
            f"Expected a folder for temporary files, found none that can be written ({_short(str(error.strerror))}). "
            "Make room in one of them, or set TMPDIR to a folder that can be written."
        )
    try:
        Path.cwd()
    except OSError:
        return "The current folder is gone. Change to one that is there (cd), and run the command again."
    path = str(error.filename or "")
    if path and any(word.endswith(path) for word in named):
        return f"{path}: expected a file or folder, found nothing, nor perhaps the folder that it lies in."
    return None


def _what(error: OSError) -> str:
    paths = [_path(p) for p in (error.filename, error.filename2) if p is not None]
    return f"{' or '.join(paths)}: " if paths else "A file could not be read or written: "


def _path(name: object) -> str:
    return _short(os.fsdecode(name) if isinstance(name, str | bytes) else str(name))


def _short(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _free(error: OSError) -> str:
    """Where the room is, as far as the system tells."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return ""
    free = []
    for name, folder in (("temporary files", _temporary()), ("the current folder", os.curdir)):
        with suppress(OSError):
            free.append(f"{shutil.disk_usage(folder).free >> 20} MiB for {name}")
    return f" ({', '.join(free)})" if free else ""


def _temporary() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:
        return os.curdir


@contextmanager
def about(path: Path) -> Iterator[None]:
    """What fails in here without a name of its own is about that file or folder."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def has_temporary_room(size: int = 1 << 20) -> bool:
    """Whether a temporary file of so many bytes can be written now."""
    try:
        with tempfile.TemporaryFile(prefix="grader-") as file:
            file.write(bytes(size))
            file.flush()
    except OSError:
        return False
    return True


def log_of(error: BaseException) -> str:
    """What a maintainer needs to see: the command, the versions, the machine, and where it happened."""
    lines = [
        f"command: {shlex.join(['grader', *sys.argv[1:]])}",
        *(f"{name}: {_version(name)}" for name in PACKAGES),
        f"python: {platform.python_version()} in {sys.prefix}",
        f"platform: {platform.platform()}, {os.cpu_count()} cores",
        f"folder: {_current()}",
    ]
    return "\n".join([*lines, "", *traceback.format_exception(error)])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _current() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:
        return f"gone ({error.strerror})"


def written_log(text: str) -> Path | None:
    """The log in the first folder that takes it: for temporary files, the current one, the home; None: nowhere."""
    for folder in _folders():
        path = ""
        try:
            descriptor, path = tempfile.mkstemp(prefix="grader-bug-", suffix=".log", dir=folder)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
                log.write(text)
        except OSError:
            with suppress(OSError):
                Path(path).unlink()
            continue
        return Path(path)
    return None


def add_to_log(log: Path | None, text: str) -> Path | None:
    """Puts the text at the end of a log that is there, or into a new one; None: nowhere."""
    try:
        if log is None:
            return written_log(text)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as opened:
            opened.write(f"\n\n{text}")
    except OSError:
        return None
    return log


def _folders() -> Iterator[Path]:
    with suppress(OSError):
        yield Path(tempfile.gettempdir())
    with suppress(OSError):
        yield Path.cwd()
    with suppress(RuntimeError):
        yield Path.home()
