"""How any file is put in its place: whole or not at all."""

from __future__ import annotations

import errno
import secrets
from contextlib import suppress
from pathlib import Path

from grader.errors import UserError
from grader.workspace.layout import FILES, WEIGHTS

DRAFTS = ".*.tmp"
"""What files are called while they are written."""


def write_text(path: Path, text: str) -> None:
    """Like `write_bytes`, in UTF-8; what UTF-8 cannot hold (a file name of broken bytes) is spelled out."""
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Put a whole file in its place or leave the old one as it was; a reader never sees half of it.

    Raises:
        UserError: the file cannot be written.
    """
    draft = path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise UserError(_unwritable(path, error)) from error


def _unwritable(path: Path, error: OSError) -> str:
    return f"Cannot write {path}: {error.strerror or error}. {_advice(path, error)}"


def _advice(path: Path, error: OSError) -> str:
    if path.is_dir():
        return "It is a folder: give the name of a file."
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return "A file lies where its folder should be: take it away, or choose another output folder."
    return f"Make {path.parent} writable, with room on its disk, or choose another output folder."


def clear_drafts(out: Path) -> None:
    """Takes away what a grader that was killed had begun to write."""
    places = ("", "*/", f"*/{WEIGHTS}/", f"*/{FILES}/")
    for draft in [draft for place in places for draft in out.glob(f"{place}{DRAFTS}")]:
        draft.unlink(missing_ok=True)


def must_be_writable(out: Path) -> None:
    """Found out before an hour of grading, not after; raises UserError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".grader-probe"
        probe.touch()
        probe.unlink(missing_ok=True)  # another grader's, at the same moment, is the same file
    except OSError as error:
        raise UserError(
            f"The reports cannot be written to {out}: {error.strerror}. Give another folder with --out."
        ) from error
