"""Which of Keras's initializers one is by the numbers that it draws, however it is written.

`VarianceScaling(2, "fan_in", "truncated_normal")` is `he_normal`. So is a normal distribution of just that width for
the layer's inputs, truncated or not: He's own paper draws from a whole one, Keras from a truncated one that it widens
to the same deviation, and who writes `TruncatedNormal(stddev=sqrt(2 / n))` by hand means the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from grader.evidence.plain import number
from grader.records import NOT_KNOWN

EXACT = 0.005
"""Relative: widths that were typed with three digits. Keras's default of 0.05 is none of those of the lab's layers."""
TRUNCATED = 0.87962566103423978
"""The deviation of a normal distribution that is cut at two deviations; Keras divides by it."""
SCALED: Mapping[tuple[float, str], str] = {(2.0, "fan_in"): "he", (1.0, "fan_avg"): "glorot", (1.0, "fan_in"): "lecun"}
"""What VarianceScaling is called, before the distribution's name."""
SHAPES: Mapping[str, str] = {"truncated_normal": "normal", "untruncated_normal": "normal", "uniform": "uniform"}
KERAS_MODULE = "keras"


def initializer_name(given: Any, fan_in: int | None = None, fan_out: int | None = None) -> str:
    """Of one as Keras describes it, for a layer of so many inputs and units; `unknown` for one of the student's own."""
    match given:
        case str():
            return _snake(given)
        case {"class_name": str(name)} if name.isalnum() and str(given.get("module", KERAS_MODULE)).startswith(
            KERAS_MODULE
        ):
            config = given.get("config")
            found = _by_numbers(name, config if isinstance(config, dict) else {}, fan_in, fan_out)
            return found or _snake(name)
        case _:
            return NOT_KNOWN


def _by_numbers(name: str, config: Mapping[str, Any], fan_in: int | None, fan_out: int | None) -> str:
    width, low, high = (number(config.get(key)) for key in ("stddev", "minval", "maxval"))
    match name:
        case "VarianceScaling":
            key = number(config.get("scale")) or 0.0, str(config.get("mode"))
            family, kind = SCALED.get(key), SHAPES.get(str(config.get("distribution")))
            return f"{family}_{kind}" if family and kind else ""
        case "RandomNormal" | "TruncatedNormal" if width and number(config.get("mean")) == 0:
            widths = [width, width * TRUNCATED] if name == "TruncatedNormal" else [width]
            return _of_width(widths, "normal", fan_in, fan_out)
        case "RandomUniform" if low and high and _same(-low, high):
            return _of_width([high / math.sqrt(3)], "uniform", fan_in, fan_out)
        case _:
            return ""


def _of_width(widths: list[float], kind: str, fan_in: int | None, fan_out: int | None) -> str:
    """The family with this deviation; where two have the same, that of the lab's own words comes first."""
    if not fan_in:
        return ""
    asked = {"he": 2 / fan_in, "glorot": 2 / (fan_in + fan_out) if fan_out else 0.0, "lecun": 1 / fan_in}
    for family, variance in asked.items():
        if variance and any(_same(width, math.sqrt(variance)) for width in widths):
            return f"{family}_{kind}"
    return ""


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=EXACT) and one > 0


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
