"""`roster.json`: who handed in and who did not, for the class page of a later regrading and for other programs."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader.records import Roster
from grader.workspace.atomic import write_text
from grader.workspace.layout import ROSTER


def write_roster(out: Path, roster: Roster | None) -> None:
    """Writes who handed in and who did not; without a roster, what an earlier grading wrote is taken away."""
    if roster is None:
        (out / ROSTER).unlink(missing_ok=True)
    else:
        write_text(out / ROSTER, roster_json(roster))


def stored_roster(out: Path) -> Roster | None:
    """The roster beside the reports; None where there is none that can be read."""
    try:
        return read_roster((out / ROSTER).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def roster_json(roster: Roster) -> str:
    """The roster as JSON, for the class page of a later regrading and for other programs."""
    return json.dumps(TypeAdapter(Roster).dump_python(roster, mode="json"), indent=1, ensure_ascii=False) + "\n"


def read_roster(text: str) -> Roster | None:
    """The roster that `roster_json` wrote; None for anything else."""
    try:
        return TypeAdapter(Roster).validate_json(text)
    except ValidationError:
        return None
