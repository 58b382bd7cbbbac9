"""What a rubric may ask for, in words for a terminal: every check with its options and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any

from grader.checks.base import Check, StageCheck
from grader.checks.registry import CHECKS

WIDTH = 79
INDENT = "    "
NUMBERS = {"integer": "a whole number", "number": "a number"}
MANY = {"a whole number": "whole numbers", "a list of whole numbers": "lists of whole numbers"}
OTHERS = {"string": "text", "boolean": "true or false"}
BOUNDS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "up to", "exclusiveMaximum": "below"}
OF_ALL = "every check"


def catalogue() -> Mapping[str, str]:
    """The text on each check by its name, in the order of the registry; at its end what all have in common."""
    texts = {name: _text(check) for name, check in CHECKS.items()}
    about = _filled(
        "What stands with every check beside its own options. A check that judges a stage's run needs a criterion "
        "whose id begins with the stage, as in dropout.rate.",
        INDENT,
    )
    texts[OF_ALL] = "\n".join([OF_ALL, about, *_options(Check.model_json_schema(), list(Check.model_fields))])
    return texts


def _text(check: type[Check]) -> str:
    own = [name for name in check.model_fields if name not in Check.model_fields]
    looks = "Judges a stage's run." if issubclass(check, StageCheck) else "Judges all runs."
    about = _filled(f"{' '.join((check.__doc__ or '').split())} {looks}", INDENT)
    example = check.example.replace("\n", f"\n{INDENT}  ")
    return "\n".join([check.name, about, *_options(check.model_json_schema(), own), "", f"{INDENT}- {example}"])


def _options(schema: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        described = schema["properties"][name]
        default = described.get("default")
        optional = "required" if name in schema.get("required", ()) else _default(default)
        yield ""
        yield _filled(f"{name}: {_type(described)}; {optional}", INDENT, INDENT * 2)
        yield _filled(described.get("description", ""), INDENT * 2)


def _default(value: object) -> str:
    match value:
        case None | "":
            return "optional"
        case bool():
            return f"{str(value).lower()} if not given"
        case _:
            return f"{value} if not given"


def _type(schema: Mapping[str, Any]) -> str:
    """The type of an option in words, with the values that it may have."""
    if "anyOf" in schema:
        # Decimals may also be written as text; what may be left out may also be null.
        numbers = [s for s in schema["anyOf"] if s.get("type") in NUMBERS]
        return _type(next(iter(numbers or schema["anyOf"])))
    if "enum" in schema:
        # Their classes go without saying in each.
        return f"one of {', '.join(name for name in schema['enum'] if name.islower())}"
    kind = schema.get("type")
    if kind == "array":
        each = _type(schema["items"])
        return f"a list of {MANY[each]}" if each in MANY else f"a list, each {each}"
    if kind in NUMBERS:
        if {"minimum", "maximum"} <= set(schema):
            return f"{NUMBERS[kind]} from {schema['minimum']:g} to {schema['maximum']:g}"
        bounds = [f"{word} {schema[key]:g}" for key, word in BOUNDS.items() if key in schema]
        return " ".join([NUMBERS[kind], " and ".join(bounds)]).strip()
    return OTHERS[str(kind)]


def _filled(text: str, indent: str, further: str = "") -> str:
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=further or indent, break_on_hyphens=False)
