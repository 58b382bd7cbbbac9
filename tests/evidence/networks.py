"""A Keras model as the grader comes to see it: described beside the student's code, read and judged outside."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras

from grader.checks.base import ArchitectureCheck
from grader.evidence.network import architecture as read
from grader.evidence.own_parts import known_parts
from grader.evidence.trace import AnyEvent, Blob, arrays, parse
from grader.inside.describe import architecture
from grader.inside.own_parts import OwnParts
from grader.inside.recording.trying import try_parts
from grader.inside.trace import Trace
from grader.records import Architecture, Outcome
from tests.builders import facts, perfect_run, rubric

Dense: Any = keras.layers.Dense
Input: Any = keras.Input
PIXELS = (784,)


class Memory(Trace):
    """A trace in this process, read as the grader reads it."""

    def __init__(self) -> None:
        super().__init__(fd=-1)
        self.events: list[AnyEvent] = []

    def send(self, event: Mapping[str, Any]) -> None:
        read = parse(json.dumps(event, ensure_ascii=False).encode() + b"\n")
        assert read is not None, event
        self.events.append(read)

    def arrays(self, key: str) -> Mapping[str, Any]:
        return next((arrays(e) for e in self.events if isinstance(e, Blob) and e.id == key), {})


def seen(model: Any) -> Architecture:
    """What the grader knows of it in the end: described, and its parts tried."""
    trace, parts = Memory(), OwnParts(keras)
    with warnings.catch_warnings(action="ignore"):
        text = architecture(keras, model, parts)
        try_parts(trace, keras, parts)
    return read(text, known_parts(trace.events, trace.arrays))


def judged(model: Any, stage: str) -> Mapping[str, Outcome]:
    """By check, what the bundled rubric says of its layers."""
    run = replace(perfect_run(stage), architecture=seen(model))
    checks = [check for one in rubric().criteria if one.id.startswith(f"{stage}.") for check in one.checks]
    return {c.name: c.judge(facts(run, stage)).outcome for c in checks if isinstance(c, ArchitectureCheck)}


def sequential(*layers: Any) -> Any:
    """Of these layers."""
    return keras.Sequential([Input(PIXELS), *layers])


def functional(*steps: Any) -> Any:
    """Of these layers and functions, one applied to what the other gives."""
    start = value = Input(PIXELS)
    for step in steps:
        value = step(value)
    return keras.Model(start, value)
