"""The parts of a rubric file as they stand in it, valid or not, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.checks.registry import CHECKS
from grader.yaml_files.source import KeyPath

Criterion = Mapping[str, Any]


def criteria(rubric: object) -> Iterator[tuple[int, Criterion]]:
    """The criteria with their positions."""
    listed = rubric.get("criteria") if isinstance(rubric, dict) else None
    yield from ((i, c) for i, c in enumerate(listed if isinstance(listed, list) else []) if isinstance(c, dict))


def stages(rubric: object) -> Mapping[str, Any] | None:
    """The stages by id; None where there are none to be read."""
    found = rubric.get("stages") if isinstance(rubric, dict) else None
    return found if isinstance(found, dict) else None


def listed(criterion: Criterion, key: str) -> list[Any]:
    """What stands under the key, if it is a list."""
    value = criterion.get(key)
    return value if isinstance(value, list) else []


def first_word(criterion: Criterion) -> str:
    """The stage to which the criterion belongs, if there is one of that name."""
    return str(criterion.get("id")).partition(".")[0]


def subject(rubric: object, path: KeyPath) -> str:
    """`criterion init.kept, check optimizer`: in which part of the file a path ends; empty for its top."""
    match path:
        case ("stages", str(stage), *_):
            return f"stage {stage}"
        case ("criteria", int(number), *rest):
            return _criterion(dict(criteria(rubric)).get(number, {}), number, rest)
        case _:
            return ""


def _criterion(criterion: Criterion, number: int, rest: list[str | int]) -> str:
    name = criterion.get("id")
    words = f"criterion {name}" if isinstance(name, str) else f"criterion number {number + 1}"
    checks = listed(criterion, "checks")
    match rest:
        case ["checks", int(at), *_] if at < len(checks) and isinstance(checks[at], dict):
            check = checks[at].get("check")
            return f"{words}, check {check}" if isinstance(check, str) and check in CHECKS else words
        case _:
            return words
