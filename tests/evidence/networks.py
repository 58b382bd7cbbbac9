"""A Keras model as the grader comes to see it: described beside the student's code, read and judged outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras

from grader.checks.base import ArchitectureCheck
from grader.evidence.network import architecture as read
from grader.inside.describe import architecture
from grader.records import Architecture, Outcome
from tests.builders import facts, perfect_run, rubric

Dense: Any = keras.layers.Dense
Input: Any = keras.Input
PIXELS = (784,)


def seen(model: Any) -> Architecture:
    """What the grader knows of it in the end."""
    return read(architecture(keras, model))


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
