"""Finds second attempts among a student's files: copies count once, the newest."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from grader.intake.formats import PROGRAMS
from grader.records import FileKind

ALIKE = 0.6
"""Of the lines of two files whose names say that one is a copy of the other."""
SAME_TIME = 60.0
"""Seconds; files unpacked or cloned together differ by less, and their times say nothing."""
MOST_COMPARED = 10
"""Files of one name but for a copy sign, that are not alike, with which the next one is compared."""
COPY_SIGNS = re.compile(
    r"(?<![\s_-])[\s_-]*(?:\((?P<browser>\d+)\)|copy\s*(?:\(?(?P<copy>\d+)\)?)?|v(?P<version>\d+)|final|new|latest)$",
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
    kept = _Kept()
    replaced: dict[str, str] = {}
    for read in sorted(map(_Read, candidates), key=lambda r: r.candidate.name):
        twin = kept.twin(read)
        if twin is None:
            kept.add(read)
        elif _is_newer(read.candidate, twin.candidate):
            kept.put(read, instead_of=twin)
            replaced[twin.candidate.name] = read.candidate.name
        else:
            replaced[read.candidate.name] = twin.candidate.name
    return {old: _last(new, replaced) for old, new in replaced.items()}


class _Read:
    """A program with what it is compared by."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        lines = _lines(candidate.code)
        self.content = "\n".join(lines)
        self.base = _base(candidate.name)[0]
        self._count = len(lines)

    @cached_property
    def _lines(self) -> Counter[str]:
        return Counter(self.content.split("\n"))

    def is_much_like(self, other: _Read) -> bool:
        """Whether they have most lines in common, in whatever order."""
        few, more = sorted((self._lines, other._lines), key=len)
        common = sum(min(count, more[line]) for line, count in few.items())
        return 2 * common >= ALIKE * (self._count + other._count)


class _Kept:
    """The newest of all copies so far, found by content and by name, so that many files are not compared pairwise."""

    def __init__(self) -> None:
        self._order: dict[_Read, int] = {}
        self._by_content: dict[str, _Read] = {}
        self._by_base: dict[str, list[_Read]] = defaultdict(list)

    def twin(self, read: _Read) -> _Read | None:
        """Of which it is a copy: the same code under any name, or much the same under a name with a copy sign."""
        return min(self._twins(read), key=self._order.__getitem__, default=None)

    def _twins(self, read: _Read) -> Iterator[_Read]:
        if not read.content:
            return
        if same := self._by_content.get(read.content):
            yield same
        yield from (n for n in self._by_base[read.base][-MOST_COMPARED:] if n.content and n.is_much_like(read))

    def add(self, read: _Read, place: int | None = None) -> None:
        """Keeps it, in the place of another one or behind all."""
        self._order[read] = len(self._order) if place is None else place
        self._by_content.setdefault(read.content, read)
        self._by_base[read.base].append(read)

    def put(self, read: _Read, *, instead_of: _Read) -> None:
        """Keeps it and no more the older one."""
        if self._by_content.get(instead_of.content) is instead_of:
            del self._by_content[instead_of.content]
        self._by_base[instead_of.base].remove(instead_of)
        self.add(read, self._order[instead_of])


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
