"""What of the host a program inside bubblewrap sees: the system's libraries and this Python, nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
PREFIX_PARTS = ("bin", "lib", "lib64", "libexec", "share", "pyvenv.cfg")
"""Of a Python's prefix: never the whole of it, as a virtual environment may have been made in a project's folder."""
SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")
OWN_PACKAGES = ("grader", "reference", "rubrics")
"""They lie in site-packages when the grader is installed from a wheel."""


def host_view() -> tuple[str, ...]:
    """The arguments for bwrap that mount it, read-only."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    python = [*python_paths(), *_interpreter_links()]
    for folder in sorted({parent for path in python for parent in path.parents} - {Path("/"), Path("/usr")}):
        # Left to itself, bwrap makes them as closed as a home can be, and the Python below out of reach.
        arguments += ["--perms", "0755", "--dir", str(folder)]
    for path in [*map(Path, SYSTEM_LINKS), *python]:
        arguments += _mount(path)
    return tuple(arguments)


def python_paths() -> list[Path]:
    """Folders and files of the host that make up this Python; links among them are kept as links."""
    return sorted({*_prefix_paths(), *further_packages()})


def further_packages() -> list[Path]:
    """Folders of packages outside this Python's prefix, such as the user's own: not found there without being told."""
    folders = [f for f in map(Path, sys.path) if f.name in {"site-packages", "dist-packages"} and f.is_dir()]
    return [f for f in folders if not _covered(f, [*_prefix_paths(), Path("/usr")])]


def _prefix_paths() -> list[Path]:
    prefixes = {Path(p) for given in (sys.base_prefix, sys.prefix) for p in (given, os.path.realpath(given))}
    parts = {prefix / part for prefix in prefixes for part in PREFIX_PARTS}
    return [p for p in parts if p.exists() and not p.is_relative_to("/usr")]


def hidden_folders() -> list[Path]:
    """The grader's own packages wherever the view would show them: the student must not read the answers.

    All places are looked through, not only where Python would import them from: a copy of an older version may lie
    behind the one in use.
    """
    libraries = [*_prefix_paths(), *map(Path, SYSTEM_LIBRARIES)]
    installed = [f for lib in libraries if not lib.is_symlink() for f in lib.glob("python*/*-packages")]
    folders = (folder / name for folder in (*installed, *further_packages()) for name in OWN_PACKAGES)
    return sorted(folder for folder in folders if folder.is_dir())


def masked(paths: Iterable[Path]) -> list[Path]:
    """Those of the paths that the view would show, without what lies within another.

    Each is given by a way on which there are no links, where the view has that: nothing can be mounted over a link.
    A folder in which this Python lies stays, since nothing would run without it.
    """
    folders = [*python_paths(), Path("/usr")]
    needed = [*folders, Path(os.path.realpath(sys.executable)), Path(os.__file__)]
    ways = ((Path(os.path.realpath(path)), path.absolute()) for path in paths)
    shown = (next((w for w in both if w.exists() and _covered(w, folders)), None) for both in ways)
    seen = {way for way in shown if way is not None and not any(n.is_relative_to(way) for n in needed)}
    return sorted(way for way in seen if not seen.intersection(way.parents))


def has_host_folder(folder: PurePath) -> bool:
    """Whether part of the view lies below that folder."""
    return any(path.is_relative_to(folder) for path in python_paths())


def _interpreter_links() -> Iterator[Path]:
    """Every link on the way to the real interpreter that no mounted folder brings along."""
    hop = Path(sys.executable)
    visible = [*python_paths(), Path("/usr")]
    while hop.is_symlink():
        if not _covered(hop, visible):
            yield hop
        hop = Path(os.path.normpath(hop.parent / hop.readlink()))


def _covered(path: Path, folders: list[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _mount(path: Path) -> list[str]:
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.exists() else []
