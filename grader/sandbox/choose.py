"""Picks the sandbox that was asked for, or the best there is."""

from __future__ import annotations

import os
from threading import Event

from grader.errors import SandboxUnavailable, UserError, did_you_mean
from grader.sandbox.base import Sandbox
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.process import Process

CHOICES = ("auto", "bubblewrap", "process")


def choose(wanted: str, cancel: Event) -> Sandbox:
    """The sandbox by that name, tried out; `auto` takes `process` where there is no isolation.

    Raises:
        SandboxUnavailable: it cannot be had; says what was tried, what the system said and what to do.
        UserError: there is no such sandbox.
    """
    if wanted not in CHOICES:
        meant = did_you_mean(wanted, CHOICES)
        raise UserError(f"Unknown sandbox {wanted!r}{meant}; expected one of: {', '.join(CHOICES)}.")
    if os.name != "posix":
        raise SandboxUnavailable("Programs are run on Linux and macOS only; on Windows, use the grader within WSL.")
    if wanted == "process":
        return Process(cancel)
    try:
        return _proven(Bubblewrap(cancel))
    except SandboxUnavailable:
        if wanted == "auto":
            return Process(cancel)
        raise


def _proven(sandbox: Bubblewrap) -> Bubblewrap:
    """Found out now rather than at the first student."""
    _ = sandbox.way
    return sandbox
