"""What is said about parts of a file: each cause once, with all that it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value from the top: keys and list positions."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A line and a column, from 1; and those of the alias by which it was reached, if by one."""

    line: int
    column: int
    used: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about a value, or about its absence."""

    at: Position
    words: str
    path: KeyPath


def told(file: str, remarks: Iterable[Remark], subject: Callable[[KeyPath], str]) -> tuple[str, ...]:
    """A line for each cause in the order of the file.

    What is wrong with a value that aliases repeat is told once, where it is written, with all that it touches. What is
    wrong only where an alias repeats it is told there. `subject`: what the part of the file is called in which a path
    ends; empty where the line says enough.
    """
    by_cause: dict[tuple[int, int, str], list[Remark]] = {}
    for remark in remarks:
        by_cause.setdefault((remark.at.line, remark.at.column, remark.words), []).append(remark)
    lines = []
    for (line, column, words), same in by_cause.items():
        written = [r for r in same if r.at.used is None]
        if written:
            subjects = list(dict.fromkeys(subject(r.path) for r in (*written, *same)))
            lines.append((line, column, _about(subjects, words)))
        else:
            lines += [
                (*r.at.used, f"{_about([subject(r.path)], words)} (written in line {line})") for r in same if r.at.used
            ]
    return tuple(f"{file}:{line}:{column}: {text}" for line, column, text in sorted(set(lines)))


def _about(subjects: Sequence[str], words: str) -> str:
    named = [s for s in subjects if s]
    if not named:
        return words
    first, *others = named[0], *dict.fromkeys(name.partition(",")[0] for name in named[1:])
    also = f" (repeated by an alias in {', '.join(others)})" if others else ""
    return f"{first}: {words}{also}"
