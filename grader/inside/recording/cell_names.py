"""Errors name what the student wrote, `lab.py` or `cell 3`, in place of the file names that a kernel makes up."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from typing import Any

from ipykernel.compiler import XCachingCompiler

from ..patches import Change
from .callers import CELL, script
from .cells import Cells

UNNAMED = frozenset({"<unknown>", "<timed exec>", "<timed eval>"})
"""What IPython calls the body of a `%%time` cell."""


class Named(XCachingCompiler):
    """The kernel's compiler with the student's names, and with the lines that code has in the whole cell."""

    def __init__(self, cells: Cells) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cells = cells
        self._whole = ""
        """The running cell, of which a magic may compile the rest."""
        self._above = 0

    def begin(self, info: Any) -> None:
        """Before a cell."""
        if info.store_history:
            self._whole = info.raw_cell

    def get_code_name(self, raw_code: str = "", transformed_code: str = "", number: int = 0) -> str:
        """The script's own name, or the cell's number."""
        del raw_code, transformed_code, number
        return script() or f"cell {self._cells()}"

    def format_code_name(self, name: str) -> tuple[str, str] | None:
        """Jupyter's usual words for a cell; for a script, those of Python."""
        if name == script():
            return "File", name
        return ("Cell", f"In[{name.removeprefix('cell ')}]") if CELL.fullmatch(name) else None

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Keeps the lines that are shown in a traceback: those of the cell as it was written."""
        name = str(super().cache(transformed_code, number, raw_code))
        # Where a magic runs the rest of a cell as a cell, its lines are those of the whole.
        whole, part = self._whole.rstrip(), (raw_code or transformed_code).rstrip()
        self._above = whole.count("\n") - part.count("\n") if whole.endswith(part) else 0
        if self._above or self._is_magic():
            linecache.cache[name] = (len(self._whole), None, self._whole.splitlines(keepends=True), name)
        return name

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """The body of a cell magic begins below the magic's own line."""
        above = self._above
        if filename in UNNAMED and self._is_magic():
            blank = self._whole[: len(self._whole) - len(self._whole.lstrip())].count("\n")
            filename, above = self.get_code_name(), blank + 1
        parsed: ast.AST = super().ast_parse("\n" * above + source, filename, symbol)
        return parsed

    def __call__(self, source: Any, filename: str, symbol: str, *arguments: Any, **named: Any) -> Any:
        """Compiles; what IPython has no name for is the cell's."""
        if filename in UNNAMED and self._is_magic():
            filename = self.get_code_name()
        return super().__call__(source, filename, symbol, *arguments, **named)

    def _is_magic(self) -> bool:
        return self._whole.lstrip().startswith("%%")


def name_cells(shell: Any, cells: Cells) -> Iterator[Change]:
    """From now on what a shell runs is compiled so."""
    named = Named(cells)
    yield Change("IPython shell.compile", shell, "compile", named)
    shell.events.register("pre_run_cell", named.begin)
