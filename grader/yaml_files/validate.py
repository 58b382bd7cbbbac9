"""What Pydantic finds wrong with an entry, said at its line in the words of somebody who writes YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from grader.yaml_files.source import KeyPath, Source

LONGEST = 60
"""Characters of a wrong value that a message repeats."""
KINDS = {
    "too_short": "a list with at least one entry",
    "string_too_short": "text that is not blank",
    "string": "text",
    "decimal": "a number",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "tuple": "a list",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
}
"""What Pydantic's kinds of problems (whole, or their first word) expect, for somebody who writes YAML."""

SAID = "said"
"""Problems whose message says everything."""
LIST_OF = re.compile(r"^[\w .-]+$")

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How problems of one kind of file are worded."""

    whole: str
    """What the file as a whole is called, such as `the rubric`."""
    keys: Callable[[type[BaseModel], KeyPath], Sequence[str]]
    """The keys that are allowed beside the last of a path."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What some kinds of problems expect in this file, where `KINDS` does not say it well."""


def validated(source: Source, model: type[_Model], value: object, path: KeyPath, dialect: Dialect) -> _Model | None:
    """The value as that model; None if it has problems, which are reported to the source."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            if problem["type"] == "too_short" and problem["input"]:
                continue  # Its entries are wrong, each of which is told, and so counted as none.
            _report(source, model, (*path, *problem["loc"]), problem, dialect)
        return None


def told_as_it_is(words: str) -> PydanticCustomError:
    """A problem with a value, in a validator, that says all there is to say."""
    # Pydantic would take braces in the words themselves for places of values.
    return PydanticCustomError(SAID, "{words}", {"words": words})


def contradiction(key: str, words: str) -> PydanticCustomError:
    """A problem of several keys of one entry with one another, in a validator of the whole; told at this one."""
    return PydanticCustomError(SAID, "{words}", {"words": words, "key": key})


def _report(source: Source, model: type[BaseModel], path: KeyPath, problem: ErrorDetails, dialect: Dialect) -> None:
    path = _in_the_file(path)
    name = str(path[-1]) if path and isinstance(path[-1], str) else dialect.whole
    if problem["type"] == "missing":
        source.report(path[:-1], f"missing '{name}'; add it here")
    elif problem["type"] == "extra_forbidden":
        source.report(path, f"unknown key '{name}' {suggestion(name, dialect.keys(model, path))}", at_key=True)
    elif problem["type"] == SAID:
        key, said = problem.get("ctx", {}).get("key"), problem["msg"]
        source.report((*path, key) if key else path, said if key else f"'{_named(path, name)}': {said}")
    else:
        kind, usual = problem["type"], problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
        words = {**KINDS, **dialect.kinds}
        expected = words.get(kind) or words.get(kind.partition("_")[0], usual)
        found = problem["input"]
        if kind == "tuple_type" and isinstance(found, str) and LIST_OF.match(found):
            expected = f"{expected}, as in [{found}]"
        source.report(path, f"'{_named(path, name)}': expected {expected}, found {_shown(found)}")


def _in_the_file(path: KeyPath) -> KeyPath:
    """Without Pydantic's own parts, which mark the key of a mapping and which of several forms a value has."""
    return tuple(part for part in path if not (isinstance(part, str) and part.startswith("[")))


def _named(path: KeyPath, otherwise: str) -> str:
    """The nearest key above a value, which may stand in a list."""
    return next((str(part) for part in reversed(path) if isinstance(part, str)), otherwise)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or all of them, in brackets."""
    names = sorted(known)
    close = get_close_matches(word, names, 5)
    # Letters that changed places are the likelier slip: adma is adam, not adamax.
    close.sort(key=lambda name: sorted(name) != sorted(word))
    return f"(did you mean '{close[0]}'?)" if close else f"(known: {', '.join(names) or 'none'})"


def _shown(value: object) -> str:
    """A value as its author would recognise it."""
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
