"""Cells of student code as syntax trees, however broken."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

LARGEST_CELL = 100_000
"""Characters; nobody writes more by hand, and the rest is left out."""
MOST_REPAIRS = 20
"""Lines of one cell that may be left out until the rest of it is Python."""
MOST_PARSED = 400_000
"""Characters of one cell that are read in all these attempts; a cell of five pages has 20,000."""
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What `ast.parse` raises: wrong code, null bytes, code nested too deeply."""


def tree(cell: str) -> ast.Module | None:
    """The cell without what is no Python: IPython's magics, lines that do not parse; None if nothing is left.

    Line numbers of the tree are those of the cell.
    """
    lines = _without_magics(cell[:LARGEST_CELL]).splitlines()
    size = sum(map(len, lines)) + 1
    for _ in range(max(1, min(MOST_REPAIRS, MOST_PARSED // size))):
        try:
            with warnings.catch_warnings():
                # A student's `"\d"` is no warning of ours.
                warnings.simplefilter("ignore", SyntaxWarning)
                return ast.parse("\n".join(lines))
        except SyntaxError as error:
            if not _blanked(lines, error.lineno):
                return None
        except UNREADABLE:
            return None
    return None


def _without_magics(cell: str) -> str:
    """IPython turns a magic line into a call of `get_ipython()`, which says nothing about its writer."""
    if not any(line.lstrip()[:1] in {"%", "!", "?"} or line.rstrip().endswith("?") for line in cell.splitlines()):
        return cell
    from IPython.core.inputtransformer2 import TransformerManager

    kept = [*_after_cell_magic(cell.splitlines())]
    try:
        return TransformerManager().transform_cell("\n".join(kept))
    except UNREADABLE:
        return "\n".join(kept)


def _after_cell_magic(lines: list[str]) -> Iterator[str]:
    """`%%time` is about the Python below it, `%%bash` is no Python."""
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    magic = lines[first].split()[0] if lines and lines[first].startswith("%%") else ""
    for number, line in enumerate(lines):
        foreign = magic and magic not in {"%%time", "%%timeit", "%%capture", "%%prun"}
        yield "" if foreign or (magic and number == first) else line


def _blanked(lines: list[str], number: int | None) -> bool:
    """Leaves out the line that the parser stumbled over, or the last one before it that is not blank yet."""
    last = min(number or 0, len(lines))
    while last and not lines[last - 1].strip():
        last -= 1
    if not last:
        return False
    lines[last - 1] = ""
    return True
