"""Moodle's "Download all submissions" (mod/assign/classes/downloader.php)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.intake.layouts import Handed, Recognised, below, entry, gathered, named_apart, visible
from grader.intake.misfits import ONE_NUMBER, TWO_READINGS, misfits, most
from grader.records import Identity, Lms, SourceFile

MARK = re.compile(r"_(?P<id>\d{1,20})_assignsubmission_(?P<kind>file|onlinetext)(?=_|$)")
"""What Moodle puts behind a name; in a name itself it writes a blank for each `_`."""
BLIND = "participant"


class _Part(NamedTuple):
    """A folder or file that belongs to one student."""

    name: str
    id: str
    kind: str
    rest: str
    path: Path
    unsure: bool
    """Its name can be read as that of several students."""


def moodle(root: Path, assignment: str, *, said: bool = False) -> Recognised | None:  # noqa: ARG001 (one assignment a download)
    """`{Full name}_{number}_assignsubmission_file_/` or, flat, `…_file_{file}`; blind: `Participant_{number}_…`."""
    found = {path: None if path.is_symlink() else _part(path) for path in visible(root)}
    parts = [part for part in found.values() if part]
    if not parts:
        return None
    # Of one number, but not of one name: what a student calls themselves or a file joins nobody else's.
    by_student: dict[tuple[str, str], list[_Part]] = defaultdict(list)
    for part in parts:
        by_student[part.name, part.id].append(part)
    rest = misfits((p for p, part in found.items() if not part), "not named as Moodle names what a student handed in")
    if not (said or most(len(by_student), len(rest.handed))):
        return None
    numbers = Counter(number for (_, number), own in by_student.items() if not own[0].unsure)
    blind = _blind(by_student)

    def of(name: str, number: str) -> Handed:
        own = by_student[name, number]
        return gathered(name, lambda: _handed(own, blind=name in blind, shared=numbers[number] > 1))

    handed = [of(name, number) for name, number in by_student]
    how = "all files in one folder" if any(part.path.is_file() for part in parts) else "a folder for each student"
    what = f"a Moodle download, {how}{', blind' if blind else ''}"
    return Recognised(what, named_apart([*handed, *rest.handed]), rest.passed_over)


def _part(path: Path) -> _Part | None:
    marks = list(MARK.finditer(path.name))
    if not marks:
        return None
    # A folder ends with what Moodle wrote: only a file's name, with the student's own behind it, leaves a doubt.
    last = marks[-1]
    is_whole = path.is_dir() and path.name[last.end() :] in {"", "_"}
    unsure = not is_whole and len({mark["id"] for mark in marks}) > 1
    mark = last if is_whole or unsure else marks[0]
    name, rest = path.name[: mark.start()], path.name[mark.end() + 1 :]
    return _Part(name, mark["id"], mark["kind"], rest, path, unsure) if name else None


def _blind(students: Collection[tuple[str, str]]) -> set[str]:
    """What everybody is called in a blind download, in whatever language: one of another name changes nothing."""
    names = Counter(name for name, _ in students)
    name, count = names.most_common(1)[0]
    everybody = {name} if count > 1 and 4 * count >= 3 * len(students) else set()
    return {n for n in names if n.lower() == BLIND} | everybody


def _handed(parts: Sequence[_Part], *, blind: bool, shared: bool) -> Handed:
    name, number = parts[0].name, parts[0].id
    unsure = any(p.unsure for p in parts)
    typed = [e for p in parts if p.kind == "onlinetext" for e in _typed(p)]
    files = [p for p in parts if p.kind == "file"]
    root = files[0].path if len(files) == 1 and files[0].path.is_dir() else None
    return Handed(
        f"{name} {number}" if blind else name,
        Identity(Lms.MOODLE, "" if unsure else number, "" if blind or unsure else name),
        {name: path for p in files for name, path in _files(p)},
        root,
        tuple(typed),
        (TWO_READINGS,) if unsure else (ONE_NUMBER,) if shared else (),
    )


def _files(part: _Part) -> Iterator[tuple[str, Path]]:
    if part.path.is_dir():
        yield from below(part.path).items()
    else:
        yield part.rest or part.path.name, part.path


def _typed(part: _Part) -> Iterator[SourceFile]:
    paths = below(part.path).values() if part.path.is_dir() else [part.path]
    # Pictures that were pasted into the text lie beside it.
    yield from (entry(path, "online text") for path in paths if path.suffix.lower() in {".html", ".htm", ".txt"})
