"""Copies a submission's files to where its sandbox takes them from."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from grader.errors import UnreadableSubmission


def stage(files: Mapping[str, Path], folder: Path) -> tuple[str, ...]:
    """Copies each file to its name under `folder`, readable by every user; gives the subfolders, parents first.

    Raises:
        UnreadableSubmission: a file is a link, a pipe or anything but a regular file.
    """
    names = {name: _inside(name) for name in files}
    parents = {p for path in names.values() for p in path.parents if p != PurePosixPath()}
    subfolders = tuple(sorted(map(str, parents)))
    for subfolder in subfolders:
        (folder / subfolder).mkdir()
        # A program may write beside its files, whoever it runs as.
        (folder / subfolder).chmod(0o777)
    for name, source in files.items():
        _copy(name, source, folder / names[name])
    return subfolders


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UnreadableSubmission(
            f"The file name {name!r} leads out of the submission's folder; hand in files below one folder."
        )
    return path


def _copy(name: str, source: Path, target: Path) -> None:
    """Never follows a link: the file is the student's, and root may be reading it."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "is a link" if source.is_symlink() else f"cannot be read ({error.strerror})"
        raise UnreadableSubmission(f"{name} {reason}; hand in the file itself.") from error
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableSubmission(f"{name} is not a regular file; hand in a notebook, a module or data.")
        with target.open("xb") as copy:
            shutil.copyfileobj(opened, copy)
    target.chmod(0o644)


def readable_by_all(folder: Path) -> bool:
    """Whether any user could read everything in it, given that it is mounted for them."""
    return all(_open_to_all(path) for path in (folder, *folder.rglob("*")))


def _open_to_all(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.is_symlink() or path.stat().st_mode & needed == needed


def copy_for_all(folder: Path, target: Path) -> Path:
    """Copies a folder of the grader's own so that any user can read it, and gives the copy."""
    shutil.copytree(folder, target, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return target
