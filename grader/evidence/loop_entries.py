"""What the entries of a table are called that a loop trains one after the other: keys, first strings, functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from grader.evidence.names import SPEAKS
from grader.intake.source_code import statements
from grader.records import Program

MOST = 100
"""Entries; a longer table is a search and no list of stages."""
MOST_CELLS = 50
"""Above the loop in which its table is looked for."""
DEEPEST = 4
"""Lists within lists, and calls of what a call returned."""
LONGEST = 120
"""Characters of a title or name."""
Entry = tuple[str, str]
"""A title, as a person wrote it, and a name in code; one of them may be empty."""


def loop_entries(program: Program, cell: int, line: int) -> tuple[Entry, ...]:
    """The entries of the table that the loop at this place goes over; empty where there is no such loop or table."""
    body = statements(program.cells[cell - 1]) if 0 < cell <= len(program.cells) else []
    loop = next((s for s in body if isinstance(s, ast.For) and s.lineno <= line <= (s.end_lineno or s.lineno)), None)
    if loop is None:
        return ()
    table = _table(program, cell, loop.lineno, _inner(loop.iter))
    # A longer table is a search; cut off, its entries would be those of other trainings.
    return tuple(_entry(value) for value in table) if 1 < len(table) <= MOST else ()


def _inner(over: ast.expr) -> ast.expr:
    """`table` of `table.items()`, `enumerate(table)`, `zip(titles, …)`, `list(table)`."""
    match over:
        case ast.Call(func=ast.Attribute(value=table, attr="items" | "keys")):
            return table
        case ast.Call(func=ast.Name(id="enumerate" | "zip" | "list" | "tqdm"), args=[table, *_]):
            return _inner(table)
    return over


def _table(program: Program, cell: int, line: int, table: ast.expr) -> Sequence[ast.expr]:
    """The literal, where it stands in the loop itself or is what a name was last given above it."""
    if not isinstance(table, ast.Name):
        return _literal(table)
    found: list[ast.expr] = []
    for number in range(max(1, cell - MOST_CELLS), cell + 1):
        for statement in statements(program.cells[number - 1]):
            if number == cell and statement.lineno >= line:
                break
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == table.id:
                    found = list(_literal(value))
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)]) if name == table.id:
                    found.append(key)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value])):
                    found += [value] if name == table.id else []
    return found


def _literal(value: ast.expr) -> Sequence[ast.expr]:
    match value:
        case ast.Dict(keys=keys):
            return [key for key in keys if key is not None]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return elements
        case ast.Call(func=ast.Name(id="dict"), keywords=named):
            return [ast.Constant(k.arg) for k in named if k.arg]
    return ()


def _entry(value: ast.expr, depth: int = 0) -> Entry:
    if depth > DEEPEST:
        return "", ""
    match value:
        case ast.Constant(value=str(text)):
            return " ".join(text[:LONGEST].split()), ""
        case ast.Name(id=name):
            return "", name[:LONGEST]
        case ast.List(elts=[*elements]) | ast.Tuple(elts=[*elements]):
            return _first(_entry(element, depth + 1) for element in elements[:MOST])
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return _first(_entry(v, depth + 1) for k, v in pairs if isinstance(k, ast.Constant) and k.value in SPEAKS)
        case ast.Call(func=func, args=arguments, keywords=named):
            texts = [*(k.value for k in named if k.arg in SPEAKS), *arguments]
            return _first(
                [*(_entry(a, depth + 1) for a in texts if isinstance(a, ast.Constant)), _entry(func, depth + 1)]
            )
    return "", ""


def _first(entries: Iterator[Entry] | Sequence[Entry]) -> Entry:
    return next((entry for entry in entries if any(entry)), ("", ""))
