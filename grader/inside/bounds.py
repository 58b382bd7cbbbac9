"""Cuts what is about to be written to the bounds of the protocol, and says what was cut; the grader refuses more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NotRequired, get_type_hints

from .protocol import (
    FORMS,
    LARGEST_COUNT,
    LONGEST_ARCHITECTURE,
    LONGEST_KEY,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_DIMENSIONS,
    MOST_LINES,
    MOST_METRICS,
    MOST_OUTPUTS,
    Key,
)

KEYS = frozenset(
    name
    for form in FORMS.values()
    for name, kind in get_type_hints(form, include_extras=True).items()
    if kind in {Key, NotRequired[Key]}
)
"""Fields that name something."""
WHOLE = frozenset({"npz", "t"})
"""Held to bounds of their own before they are written."""
Cut = tuple[Any, str]
"""What is kept of a value, and what to say of the rest; the empty string where nothing is lost that counts."""


def bounded(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The fields of an event, in plain values, each within its bound, and a sentence for each cut."""
    cut = {name: _within(name, value) for name, value in fields.items()}
    return {name: kept for name, (kept, _) in cut.items()}, [said for _, said in cut.values() if said]


def _within(name: str, value: Any) -> Cut:
    if value is None or name in WHOLE:
        return value, ""
    if special := SPECIAL.get(name):
        return special(value)
    match value:
        case str():
            return value[: LONGEST_KEY if name in KEYS else LONGEST_TEXT], ""
        case bool() | float():
            return value, ""
        case int():
            return _count(name, value)
        case dict():
            kept, said = bounded(value)
            return kept, "; ".join(said)
        case list():
            return [_within(name, one)[0] for one in value[:MOST_DIMENSIONS]], ""
        case _:
            return value, ""


def _count(name: str, value: int) -> Cut:
    if value > LARGEST_COUNT:
        shown = f"{value:,}" if value < LARGEST_COUNT**2 else f"a number of {value.bit_length()} bits"
        return LARGEST_COUNT, f"{name}: {shown} was recorded as {LARGEST_COUNT:,}, the most that is recorded"
    return max(value, 0), ""


def _architecture(text: str) -> Cut:
    if len(text) <= LONGEST_ARCHITECTURE:
        return text, ""
    said = (
        f"the description of a network has {len(text):,} characters, more than the {LONGEST_ARCHITECTURE:,} that are "
        "recorded: its layers are not known"
    )
    return json.dumps({"class_name": "a network whose description is too long", "config": {}}), said


def _metrics(logs: Mapping[str, Any]) -> Cut:
    """Loss and accuracy first, which the lab asks for; in their own order."""
    ranked = sorted(logs, key=lambda name: not ("loss" in name or "acc" in name))
    chosen = set(ranked[:MOST_METRICS])
    kept: dict[str, Any] = {}
    for name, value in logs.items():
        if name in chosen:
            kept.setdefault(name[:LONGEST_KEY], value)
    if len(logs) == len(chosen):
        return kept, ""
    return (
        kept,
        f"of {len(logs):,} metrics of an epoch, {MOST_METRICS} were recorded: those called loss or accuracy first",
    )


def _lines(lines: Sequence[Any]) -> Cut:
    if len(lines) <= MOST_LINES:
        return lines, ""
    return lines[:MOST_LINES], f"of {len(lines):,} lines drawn at once, the first {MOST_LINES} were recorded"


def _outputs(outputs: Sequence[Any]) -> Cut:
    if len(outputs) <= MOST_OUTPUTS:
        return outputs, ""
    said = f"of {len(outputs):,} outputs of a cell, the first {MOST_OUTPUTS:,} were kept"
    return outputs[:MOST_OUTPUTS], said


def _share(value: Any) -> Cut:
    return (min(1.0, max(0.0, value)) if isinstance(value, float | int) else 0.0), ""


SPECIAL: Mapping[str, Callable[[Any], Cut]] = {
    "architecture": _architecture,
    "logs": _metrics,
    "lines": _lines,
    "outputs": _outputs,
    "validation_split": _share,
    # Its own bound, which is more than that of counts: cut to another one, it would be another seed.
    "seed": lambda value: (value, ""),
    "custom": lambda value: (value[:LONGEST_NAME], ""),
    "ended_by": lambda value: (value[:LONGEST_NAME], ""),
}
