"""Who handed in, and when, in the words of the system that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Lms(StrEnum):
    """Where a class was downloaded from."""

    PLAIN = "plain"
    """Folders or files named by whoever made them."""
    MOODLE = "moodle"
    CANVAS = "canvas"
    NBGRADER = "nbgrader"
    GRADESCOPE = "gradescope"
    GITHUB_CLASSROOM = "github-classroom"


class Presence(StrEnum):
    """How a submission and the roster go together."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    """It could be that of several people, or several submissions claim one person."""
    UNMATCHED = "unmatched"
    """Nobody on the roster."""
    NOTHING = "nothing handed in"
    """Somebody on the roster without a submission."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One handing-in; the last one is graded."""

    label: str
    """How the system tells it apart: a file's or a submission's number or name."""
    submitted_at: datetime | None = None
    """As `Identity.submitted_at`."""
    graded: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Who handed in; a text is empty where the system or the roster does not say it."""

    lms: Lms = Lms.PLAIN
    id: str = ""
    """What the system's own files call the student: Moodle's participant number (`123456` of `Participant 123456`),
    Canvas's user id, nbgrader's student id, Gradescope's student id, the GitHub user name."""
    name: str = ""
    email: str = ""
    members: tuple[str, ...] = ()
    """The ids of all who handed in together; empty where one did."""
    submitted_at: datetime | None = None
    """When the system took it in, never the time of a file. With its zone; without one, as in Moodle's worksheet, it is
    the wall clock of the system's zone, which the file does not name."""
    marked_late: bool = False
    """The system itself calls it late (Canvas)."""
    attempts: tuple[Attempt, ...] = ()
    """All that are known, the first one first."""
    presence: Presence | None = None
    """None without a roster."""
    note: str = ""
    """Why it is ambiguous or unmatched."""


UNKNOWN = Identity()
"""Nothing but the name of a folder or file is known."""


@dataclass(frozen=True, slots=True)
class RosterLine:
    """Somebody on the roster, or a submission of nobody there."""

    presence: Presence
    id: str = ""
    name: str = ""
    email: str = ""
    student: str = ""
    """The submission's student, which is its folder among the reports; empty where nothing was handed in."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A class list held against a class's submissions."""

    file: str
    kind: str
    """What it was recognised as: `Moodle worksheet`, `Canvas gradebook`, …"""
    lines: tuple[RosterLine, ...]

    def of(self, presence: Presence) -> tuple[RosterLine, ...]:
        """The lines of that kind, in the order of the file."""
        return tuple(line for line in self.lines if line.presence is presence)
