"""Who called a hook: which line of the student's, and whether through a wrapper."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from types import FrameType

WRAPPERS = frozenset({"sklearn", "scikeras", "wrappers"})
"""A fit called from within these belongs to a cross-validation, a grid or an ensemble."""

CELL = re.compile(r"cell \d+")
"""What the grader's own run calls the code of a cell."""


def script() -> str:
    """The name of the script that runs, which is also what its code is called; empty in a notebook."""
    return os.environ.get("GRADER_MODULE", "")


def is_cell(filename: str) -> bool:
    """Whether code of this file name is a cell's own, or the script's, here or in a student's own Jupyter."""
    return bool(CELL.fullmatch(filename)) or "ipykernel" in filename or filename == script()


def _callers() -> Iterator[FrameType]:
    """The frames from the hook outwards."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (walks the stack without formatting it)
    while frame:
        yield frame
        frame = frame.f_back


def called_from_wrapper() -> bool:
    """Whether the hook was reached through scikit-learn."""
    return any(WRAPPERS & set(str(f.f_globals.get("__name__", "")).split(".")) for f in _callers())


def students_line() -> int:
    """The line of the cell's own code (not of a function it calls) that led here; 0 if there is none."""
    lines = [f.f_lineno for f in _callers() if f.f_code.co_name == "<module>" and is_cell(f.f_code.co_filename)]
    return lines[0] if lines else 0
