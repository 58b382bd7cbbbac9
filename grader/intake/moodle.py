"""Moodle's "Download all submissions" (mod/assign/classes/downloader.php)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.intake.layouts import Handed, Recognised, below, entry, named_apart, visible
from grader.records import Identity, Lms, SourceFile

NAME = re.compile(
    r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<rest>.*))?$", re.DOTALL
)
BLIND = "participant"


class _Part(NamedTuple):
    """A folder or file that belongs to one student."""

    name: str
    id: str
    kind: str
    rest: str
    path: Path


def moodle(root: Path, assignment: str) -> Recognised | None:  # noqa: ARG001 (one assignment a download)
    """`{Full name}_{number}_assignsubmission_file_/` or, flat, `…_file_{file}`; blind: `Participant_{number}_…`."""
    parts, rest = [], []
    for path in visible(root):
        found = None if path.is_symlink() else NAME.match(path.name)
        if found:
            parts.append(_Part(found["name"], found["id"], found["kind"], found["rest"] or "", path))
        else:
            rest.append(f"{path.name}: not named as Moodle names what a student handed in")
    if not parts:
        return None
    by_id: dict[str, list[_Part]] = {}
    for part in parts:
        by_id.setdefault(part.id, []).append(part)
    names = {part.name for part in parts}
    blind = {n for n in names if n.lower() == BLIND} or (names if len(names) == 1 and len(by_id) > 1 else set())
    handed = [_handed(own, blind=own[0].name in blind) for own in by_id.values()]
    flat = any(part.path.is_file() for part in parts)
    how = "all files in one folder" if flat else "a folder for each student"
    return Recognised(f"a Moodle download, {how}{', blind' if blind else ''}", named_apart(handed), rest)


def _handed(parts: Sequence[_Part], *, blind: bool) -> Handed:
    name, number = parts[0].name, parts[0].id
    typed = [e for p in parts if p.kind == "onlinetext" for e in _typed(p)]
    files = [p for p in parts if p.kind == "file"]
    root = files[0].path if len(files) == 1 and files[0].path.is_dir() else None
    return Handed(
        f"{name} {number}" if blind else name,
        Identity(Lms.MOODLE, number, "" if blind else name),
        {name: path for p in files for name, path in _files(p)},
        root,
        tuple(typed),
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
