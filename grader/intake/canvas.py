"""Canvas's "Download Submissions" (lib/content_zipper.rb)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from grader.intake.layouts import Handed, Recognised, entry, named_apart, visible
from grader.records import Attempt, Identity, Lms, SourceFile

WHO = r"^(?:(?P<anon_late>LATE_)?anon_(?P<anon>[A-Za-z0-9]+)|(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+))"
FILE = re.compile(rf"{WHO}_(?P<file>\d+)_(?P<own>.+)$", re.DOTALL)
TYPED = re.compile(rf"{WHO}(?:_(?P<file>\d+))?_(?P<own>text|link)\.html$")
AGAIN = re.compile(r"^(?P<stem>.+)-(?P<number>\d{1,3})$", re.DOTALL)
"""Canvas adds `-1`, `-2`, … to the name of a file that a student hands in again."""
WORDS = {"text": "text entry", "link": "website URL"}


class _Part(NamedTuple):
    """A file of the download."""

    key: str
    """The user's number, or the anonymous one."""
    name: str
    late: bool
    file: int
    own: str
    """The name that the student gave the file, or `text` or `link`."""
    typed: bool
    path: Path


def canvas(root: Path, assignment: str) -> Recognised | None:  # noqa: ARG001 (one assignment a download)
    """`{name}[_LATE]_{user}_{attachment}_{file}`, anonymous `[LATE_]anon_{id}_{attachment}_{file}`, no folders."""
    paths = [p for p in visible(root) if not p.is_symlink()]
    parts = [part for p in paths if p.is_file() and (part := _part(p))]
    taken = {part.path for part in parts}
    rest = [p for p in paths if p not in taken]
    # A folder or notebook under another name means that somebody else made this folder.
    if not parts or any(p.is_dir() or p.suffix.lower() in {".ipynb", ".py"} for p in rest):
        return None
    by_key: dict[str, list[_Part]] = {}
    for part in sorted(parts, key=lambda p: p.file):
        by_key.setdefault(part.key, []).append(part)
    anonymous = all(not part.name for part in parts)
    return Recognised(
        "a Canvas download" + (", anonymous" if anonymous else ""),
        named_apart([_handed(own) for own in by_key.values()]),
        [f"{p.name}: not named as Canvas names what a student handed in" for p in rest],
    )


def _part(path: Path) -> _Part | None:
    found = FILE.match(path.name) or TYPED.match(path.name)
    if found is None:
        return None
    late = bool(found["late"] or found["anon_late"])
    key, name, own = found["user"] or found["anon"], found["name"] or "", found["own"]
    typed = own.removesuffix(".html") in WORDS
    return _Part(key, name, late, int(found["file"] or 0), own.removesuffix(".html") if typed else own, typed, path)


def _handed(parts: Sequence[_Part]) -> Handed:
    files = [p for p in parts if not p.typed]
    name = parts[0].name
    identity = Identity(
        Lms.CANVAS,
        parts[0].key,
        marked_late=any(p.late for p in parts),
        attempts=tuple(_attempts(files)),
    )
    typed: tuple[SourceFile, ...] = tuple(entry(p.path, WORDS[p.own]) for p in parts if p.typed)
    return Handed(name or f"anonymous {parts[0].key}", identity, _named(files), None, typed)


def _attempts(files: Sequence[_Part]) -> list[Attempt]:
    """One for each time that a file was handed in again; Canvas's downloads say no times."""
    own = {f.own for f in files}
    newest = {_stem(p.own, own)[0]: p for p in sorted(files, key=lambda p: _stem(p.own, own)[1])}
    return [Attempt(f"{p.own}, attachment {p.file}", graded=p in newest.values()) for p in files]


def _named(files: Sequence[_Part]) -> Mapping[str, Path]:
    """The names that the students gave: `-1` is taken off where it can only be Canvas's.

    Where the first file is there as well, the later one is called `lab (1).ipynb`: whether it is a newer copy or
    another program, its content says.
    """
    own = {p.own for p in files}
    named: dict[str, Path] = {}
    for part in files:
        stem, number, alone = _stem(part.own, own)
        suffix = PurePath(part.own).suffix
        name = part.own if not number else f"{stem}{suffix}" if alone else f"{stem} ({number}){suffix}"
        while name in named:
            name = f"{part.file} {name}"
        named[name] = part.path
    return named


def _stem(name: str, others: set[str]) -> tuple[str, int, bool]:
    """The stem without Canvas's number, the number (0: none), and whether no other file has that stem."""
    path = PurePath(name)
    found = AGAIN.match(path.stem)
    if not found:
        return path.stem, 0, True
    first = f"{found['stem']}{path.suffix}"
    again = [o for o in others if (a := AGAIN.match(PurePath(o).stem)) and a["stem"] == found["stem"]]
    if first in others:
        return found["stem"], int(found["number"]), False
    # `task-1.py` and `task-2.py` without a `task.py` are two files of one submission.
    return (found["stem"], int(found["number"]), True) if len(again) == 1 else (path.stem, 0, True)
