"""How much one line of the record may hold: the recorder cuts what is more and says so, the grader refuses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST_LINE = 96 << 20
"""Bytes."""
LARGEST_BLOB = 64 << 20
"""Bytes of arrays in one line; larger ones (a network of more than 16 million weights) are not recorded."""
MOST_ARRAYS = 2000
"""In one line."""
LARGEST_COUNT = 10**9
LONGEST_TEXT = 4000
LONGEST_KEY = 200
LONGEST_NAME = 40
"""Of the way in which a loop of one's own trains."""
LONGEST_ARCHITECTURE = 2_000_000
"""Characters of Keras's description of a network."""
MOST_DIMENSIONS = 64
"""NumPy's own."""
LONGEST_FIT = 1_000
"""Epochs of one `fit`, ten times the lab's; what is asked for is recorded, and accuracy is judged only in favour."""
MOST_METRICS = 50
"""Of one epoch."""
MOST_LINES = 500
"""Drawn at once."""
MOST_OUTPUTS = 10_000
"""Of one cell."""
DEEPEST_OUTPUT = 50
"""Levels of nesting; rich output of plotting libraries has about ten."""
MOST_DRAWN = 20_000
"""Lines of a whole program: one that draws its curves anew after each epoch of every stage draws 2,400."""
MOST_POINTS = 2_000_000
"""Of all these lines."""

KEYS = frozenset({"id", "x", "y", "validation_x", "weights", "sample"})
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
    "custom": lambda value: (value[:LONGEST_NAME], ""),
}
