"""The first program inside a sandbox: gives up root, sets the limits and becomes the program that is to run.

Started as `python -I -S launch.py SETTINGS COMMAND…`, SETTINGS being a JSON object. It writes one byte to the
descriptor `ready` when the next instruction is the program's, and after that byte, should it fail, a reason.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38
FAILED = 125
"""Exit status of a launcher that could not do its work."""


def main() -> None:
    """Prepares this process and replaces it by the program."""
    settings = json.loads(sys.argv[1])
    ready = settings["ready"]
    try:
        prepare(settings)
        # Closed by the system at the moment the program takes over: no student ever holds it.
        os.set_inheritable(ready, False)
        os.write(ready, b"1")
        # -P: a student's json.py must not stand in for the library's.
        os.execv(sys.executable, [sys.executable, "-P", *sys.argv[2:]])  # noqa: S606 (becoming another is the point)
    except Exception as problem:  # noqa: BLE001 (whatever it was, the grader outside must learn of it)
        os.write(ready, f"launch.py: {problem!r}".encode())
        raise SystemExit(FAILED) from None


def prepare(settings: Mapping[str, Any]) -> None:
    """Limits and identity; `cpus`, `user` and `parent` may be empty or None."""
    if settings["cpus"] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, settings["cpus"])
    for name, value in settings["limits"].items():
        _limit(name, value)
    if settings["user"] is not None:
        _become(settings["user"])
    # Counted per user, so it is set for the user that counts.
    _limit("RLIMIT_NPROC", settings["tasks"])
    if sys.platform == "linux":
        _bind_to(settings["parent"])
        if calls := base64.b64decode(settings["calls"]):
            _filter(calls)


def _limit(name: str, value: int) -> None:
    """Soft and hard alike, never above what is allowed already."""
    which = getattr(resource, name)
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _bind_to(parent: int | None) -> None:
    """No new privileges by set-uid programs, and death with the grader where no namespace sees to that."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if parent is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            raise SystemExit(FAILED)


class _Filter(ctypes.Structure):
    """`struct sock_fprog`: how many instructions of 8 bytes, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _filter(program: bytes) -> None:
    """Denies the system calls that the filter denies, to this process and all that come from it."""
    libc = ctypes.CDLL(None, use_errno=True)
    given = _Filter(len(program) // 8, program)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(given), 0, 0):
        raise OSError(ctypes.get_errno(), "the filter for system calls was refused")


if __name__ == "__main__":
    main()
