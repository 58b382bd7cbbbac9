"""Evidence as JSON text and back, so that a changed rubric can re-score without running anything."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.errors import UserError
from grader.records import EVIDENCE_VERSION, Evidence, Roster

_AGAIN = "Grade this submission again to write its evidence anew."


def evidence_json(evidence: Evidence) -> str:
    """The evidence as one line of JSON in ASCII, so that even a file name of broken bytes comes back as it was."""
    return json.dumps(_evidence_type().dump_python(evidence, mode="json"))


def read_evidence(text: str) -> Evidence:
    """The evidence that `evidence_json` wrote.

    Raises:
        UserError: not evidence, or evidence of another version of the grader.
    """
    plain = _of_this_version(text)
    try:
        return _evidence_type().validate_python(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"Expected complete evidence, found a problem at {place}: {first['msg']}. {_AGAIN}") from error


@cache
def _evidence_type() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


def _of_this_version(text: str) -> dict[str, Any]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"Expected evidence as JSON, found text that is not JSON ({error}). {_AGAIN}") from error
    version = plain.get("version") if isinstance(plain, dict) else None
    if version != EVIDENCE_VERSION:
        raise UserError(f"Expected evidence of version {EVIDENCE_VERSION}, found version {version}. {_AGAIN}")
    return dict(plain)


def roster_json(roster: Roster) -> str:
    """The roster as JSON, for the class page of a later regrading and for other programs."""
    return json.dumps(TypeAdapter(Roster).dump_python(roster, mode="json"), indent=1, ensure_ascii=False) + "\n"


def read_roster(text: str) -> Roster | None:
    """The roster that `roster_json` wrote; None for anything else."""
    try:
        return TypeAdapter(Roster).validate_json(text)
    except ValidationError:
        return None
