"""A class at the door: unpacked below the reports, alone, and held against the roster."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import UserError
from grader.executors.runner import CancelledError
from grader.intake.folder import StudentClass
from grader.intake.present import call
from grader.intake.receive import receive
from grader.intake.roster import ClassList, read_roster
from grader.records import Roster
from grader.workspace.apart import must_be_apart, must_be_new_or_ours, must_hold_no_work
from grader.workspace.atomic import must_be_writable
from grader.workspace.lock import alone

RECEIVED = ".received"
"""Below the reports: what was unpacked or renamed, kept for who wants to look at it until the next grading."""


@dataclass(frozen=True, slots=True)
class Received:
    """A class, and its roster where one was given."""

    found: StudentClass
    roster: Roster | None = None
    roster_file: bytes | None = None
    """The list that it was read from."""
    untimed: bool = False
    """The roster has times of submissions that could not be read with certainty."""


@contextmanager
def received(
    handed_in: Path,
    out: Path,
    *,
    roster: Path | None = None,
    roster_name: str = "",
    assignment: str = "",
    layout: str = "",
) -> Iterator[Received]:
    """The class in a folder or zip, for as long as it is being graded into `out`.

    `roster_name` is what the user calls the roster, where that is kept under another name.

    Raises:
        UserError: the class, the roster or `out` cannot be used, or another grader is unpacking there.
    """
    must_be_apart(handed_in, out)
    must_be_new_or_ours(out)
    listed = read_roster(roster) if roster else None
    content = roster.read_bytes() if roster else None
    must_be_writable(out)
    folder = out / RECEIVED
    folder.mkdir(exist_ok=True)
    with alone(folder):
        try:
            found = _received(handed_in, folder / "class", assignment, layout)
            with _cleared(folder / "class"):
                must_hold_no_work(out, [s.student for s in found.submissions])
            yield replace(_held(found, listed, roster_name or (roster.name if roster else "")), roster_file=content)
        finally:
            if not (folder / "class").exists():
                shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    # Where nothing could be received, nothing is left.
                    out.rmdir()


def _received(handed_in: Path, unpacked: Path, assignment: str, layout: str) -> StudentClass:
    try:
        return receive(handed_in, unpacked, assignment, layout)
    except KeyboardInterrupt as stopped:
        raise CancelledError("Nothing was graded yet.") from stopped


@contextmanager
def _cleared(unpacked: Path) -> Iterator[None]:
    """Where the class cannot be graded into this folder, nothing of it stays there."""
    try:
        yield
    except UserError:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise


def _held(found: StudentClass, listed: ClassList | None, name: str) -> Received:
    if listed is None:
        return Received(found)
    submissions, roster = call(found.submissions, listed, name)
    return Received(replace(found, submissions=submissions), roster, untimed=listed.untimed)
