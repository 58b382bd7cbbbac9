"""Finds second attempts among a student's files: copies count once, the newest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePath

from grader.intake.formats import PROGRAMS
from grader.records import FileKind

ALIKE = 0.6
"""Of the lines of two files whose names say that one is a copy of the other."""
SAME_TIME = 60.0
"""Seconds; files unpacked or cloned together differ by less, and their times say nothing."""
COPY_SIGNS = re.compile(
    r"[\s_-]*(?:\((?P<browser>\d+)\)|copy\s*(?:\(?(?P<copy>\d+)\)?)?|v(?P<version>\d+)|final|new|latest)$",
    re.IGNORECASE,
)
COPY_OF = re.compile(r"^copy of\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program that may be a copy: its name, kind, code and time of last change in seconds."""

    name: str
    kind: FileKind
    code: str
    changed: float


def older_copies(candidates: Sequence[Candidate]) -> dict[str, str]:
    """For each file that does not count, the newer one that does."""
    newest: list[Candidate] = []
    replaced: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda c: c.name):
        twin = next((n for n in newest if _copies(n, candidate)), None)
        if twin is None:
            newest.append(candidate)
        elif _is_newer(candidate, twin):
            newest[newest.index(twin)] = candidate
            replaced[twin.name] = candidate.name
        else:
            replaced[candidate.name] = twin.name
    return {old: _last(new, replaced) for old, new in replaced.items()}


def is_unsure(one: Candidate, other: Candidate) -> bool:
    """Whether only the word "copy" says which of two different programs is the newer: it may as well be a backup.

    How often on honest work: never among the 200 of `tests/honest`, who hand in no backups.
    """
    if abs(one.changed - other.changed) > SAME_TIME or _lines(one.code) == _lines(other.code):
        return False
    return any("copy" in PurePath(c.name).stem.lower() for c in (one, other))


def _last(name: str, replaced: dict[str, str]) -> str:
    while name in replaced:
        name = replaced[name]
    return name


def _copies(one: Candidate, other: Candidate) -> bool:
    """The same code under any two names, or much the same under names that differ by a copy sign only."""
    lines, others = _lines(one.code), _lines(other.code)
    if lines == others:
        return bool(lines)
    if _base(one.name)[0] != _base(other.name)[0]:
        return False
    # Lines in whatever order: the exact ratio takes minutes on files made to be long.
    return SequenceMatcher(None, lines, others, autojunk=False).quick_ratio() >= ALIKE


def _is_newer(one: Candidate, other: Candidate) -> bool:
    if abs(one.changed - other.changed) > SAME_TIME:
        return one.changed > other.changed
    return (_base(one.name)[1], one.kind is FileKind.NOTEBOOK) > (_base(other.name)[1], other.kind is FileKind.NOTEBOOK)


def _base(name: str) -> tuple[str, int]:
    """`lab (2).ipynb` is copy 2 of `lab`; folders do not matter."""
    path = PurePath(name)
    while PurePath(path.stem).suffix.lower() in PROGRAMS:
        # `lab.ipynb.txt` is `lab.ipynb` under another ending.
        path = PurePath(path.stem)
    stem, number = COPY_OF.sub("", path.stem), 0
    while (sign := COPY_SIGNS.search(stem)) and sign.start() > 0:
        numbers = [int(n) for n in sign.groupdict().values() if n]
        number += numbers[0] if numbers else 1
        stem = stem[: sign.start()]
    return stem.lower(), number


def _lines(code: str) -> list[str]:
    """Lines that do something: a notebook exported as a script differs from it by comments only."""
    stripped = (line.strip() for line in code.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
