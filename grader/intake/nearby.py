"""What lies beside one's own file: its folder as it would be handed in, or as much of a large one as can be meant."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.intake.layouts import CLUTTER, holds_reports

MOST_LOOKED_AT = 5_000
"""Files and folders; a download folder or a home has more, and is not what would be handed in."""
SKIPPED = frozenset({"node_modules", "site-packages"})
MARKS = ("pyvenv.cfg", ".grader.lock")
"""Files of a virtual environment, and of a folder that a grader writes to."""


@dataclass(frozen=True, slots=True)
class Nearby:
    """Files below a folder, the nearest first."""

    paths: tuple[Path, ...]
    cut: bool = False
    """There are more than were looked at."""


def nearby(folder: Path) -> Nearby:
    """The files below a folder but those of editors, environments and graders; links are listed and never followed."""
    found: list[Path] = []
    queue, looked_at = deque([folder]), 0
    while queue:
        here = queue.popleft()
        entries: list[Path] = []
        with suppress(OSError):
            entries = sorted(here.iterdir(), key=lambda p: p.name)
        for entry in entries:
            looked_at += 1
            if looked_at > MOST_LOOKED_AT:
                return Nearby(tuple(found), cut=True)
            if entry.name in CLUTTER:
                continue
            if not _is_folder(entry):
                found.append(entry)
            elif not _is_foreign(entry):
                queue.append(entry)
    return Nearby(tuple(found))


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir() and not path.is_symlink()
    return False


def _is_foreign(folder: Path) -> bool:
    with suppress(OSError):
        marked = any((folder / name).exists() for name in MARKS)
        return folder.name.startswith(".") or folder.name in SKIPPED or marked or holds_reports(folder)
    return True


def mentioned(files: Mapping[str, Path], code: str) -> dict[str, Path]:
    """The files that code names: themselves, or a folder in which they lie."""
    return {name: path for name, path in files.items() if _is_mentioned(PurePosixPath(name), code)}


def _is_mentioned(name: PurePosixPath, code: str) -> bool:
    folders = (f"{quote}{part}{end}" for part in name.parent.parts for quote in "\"'/" for end in "\"'/")
    return name.name in code or any(folder in code for folder in folders)


def within(paths: Iterable[Path], most: int, most_bytes: int) -> tuple[list[Path], list[Path]]:
    """The first files, so many and so many bytes together at most, and the others."""
    taken: list[Path] = []
    rest: list[Path] = []
    total = 0
    for path in paths:
        size = size_of(path)
        if len(taken) < most and total + size <= most_bytes:
            taken.append(path)
            total += size
        else:
            rest.append(path)
    return taken, rest


def size_of(path: Path) -> int:
    """Bytes; 0 of what is no file, or cannot be looked at."""
    with suppress(OSError):
        return path.lstat().st_size if path.is_file() else 0
    return 0
