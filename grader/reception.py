"""A class at the door: unpacked below the reports, alone, and held against the roster."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader.desk import alone, must_be_writable
from grader.intake.folder import StudentClass
from grader.intake.present import call
from grader.intake.receive import receive
from grader.intake.roster import ClassList, read_roster
from grader.pipeline import CancelledError
from grader.records import Roster

RECEIVED = ".received"
"""Below the reports: what was unpacked or renamed, kept for who wants to look at it until the next grading."""


@dataclass(frozen=True, slots=True)
class Received:
    """A class, and its roster where one was given."""

    found: StudentClass
    roster: Roster | None = None
    untimed: bool = False
    """The roster has times of submissions that could not be read with certainty."""


@contextmanager
def received(place: Path, out: Path, *, roster: Path | None = None, assignment: str = "") -> Iterator[Received]:
    """The class in a folder or zip, for as long as it is being graded into `out`.

    Raises:
        UserError: the class, the roster or `out` cannot be used, or another grader is unpacking there.
    """
    listed = read_roster(roster) if roster else None
    must_be_writable(out)
    folder = out / RECEIVED
    folder.mkdir(exist_ok=True)
    with alone(folder):
        try:
            yield _held(_received(place, folder / "class", assignment), listed, roster)
        finally:
            if not (folder / "class").exists():
                shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    # Where nothing could be received, nothing is left.
                    out.rmdir()


def _received(place: Path, unpacked: Path, assignment: str) -> StudentClass:
    try:
        return receive(place, unpacked, assignment)
    except KeyboardInterrupt as stopped:
        raise CancelledError("Nothing was graded yet.") from stopped


def _held(found: StudentClass, listed: ClassList | None, file: Path | None) -> Received:
    if listed is None or file is None:
        return Received(found)
    submissions, roster = call(found.submissions, listed, file.name)
    return Received(replace(found, submissions=submissions), roster, listed.untimed)
