"""Student code in normal form: a row of words that renaming, layout, comments and quoting leave as it is."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from grader.similarity.cells import UNREADABLE, tree
from grader.similarity.names import Names, names

MOST_WORDS = 40_000
"""Of one submission; a lab has some hundreds to thousands, and the rest of a flood is left out."""
MOST_CHARACTERS = 400_000
"""Likewise."""
LONGEST_KEPT = 40
"""Characters of a text that may be an option such as `'he_normal'`; longer ones are prose."""
PROSE = "text"
"""Stands for any text that is no option."""


class Word(NamedTuple):
    """One word of the normal form and where it stands: `program` and `cell` count from 0, `line` from 1."""

    text: str
    program: int
    cell: int
    line: int


def words(programs: Sequence[Sequence[str]], own_modules: Collection[str] = ()) -> tuple[Word, ...]:
    """The normal form of all code of a submission: its programs as rows of cells.

    Names of the student's own all become `n`, what libraries call theirs stays, by whatever alias or path it is
    reached. Imports, comments, docstrings, type hints, brackets and the order of keyword arguments leave no trace;
    texts stay where they may be options, and become one word where they are prose.
    """
    trees = {cell_index: read for cell_index, cell in _first(programs) if (read := tree(cell))}
    known = names(trees.values(), own_modules)
    found: list[Word] = []
    for (program, cell), read in trees.items():
        try:
            written = list(_written(read, known))
        except UNREADABLE:
            # Nested too deeply: whoever wrote that by hand can be looked at by hand.
            continue
        found += [Word(text, program, cell, line) for text, line in written]
        if len(found) >= MOST_WORDS:
            break
    return tuple(found[:MOST_WORDS])


def _first(programs: Sequence[Sequence[str]]) -> Iterator[tuple[tuple[int, int], str]]:
    """The cells by program and cell, until there is too much of it."""
    left = MOST_CHARACTERS
    for program, cells in enumerate(programs):
        for number, cell in enumerate(cells):
            left -= len(cell)
            if left < 0:
                return
            yield (program, number), cell


def _written(read: ast.Module, known: Names) -> Iterator[tuple[str, int]]:
    line = 1
    for item in _body(read.body, known):
        if isinstance(item, int):
            line = item
        else:
            yield item, line


Item = str | int
"""A word, or the line that the words after it stand on."""


def _body(statements: Sequence[ast.stmt], known: Names) -> Iterator[Item]:
    for statement in statements:
        yield statement.lineno
        yield from _statement(statement, known)


def _statement(node: ast.stmt, known: Names) -> Iterator[Item]:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Global() | ast.Nonlocal():
            return
        case ast.Expr(value=ast.Constant()):
            # A docstring or a bare number, which is output and not work.
            return
        case ast.Expr():
            if not _is_magic(node.value):
                yield from _any(node.value, known)
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            yield from _body(node.body, known)
        case ast.AnnAssign() if node.value:
            yield "Assign"
            yield from _any(node.target, known)
            yield from _any(node.value, known)
        case _:
            yield from _any(node, known)


def _any(node: ast.AST, known: Names) -> Iterator[Item]:
    if isinstance(node, ast.expr):
        yield node.lineno
    match node:
        case ast.stmt() if _is_plain(node):
            yield from _statement(node, known)
        case ast.Name():
            yield known.word(node.id)
        case ast.Attribute():
            yield from _attribute(node, known)
        case ast.Constant():
            yield _constant(node.value)
        case ast.JoinedStr():
            yield PROSE
        case ast.Call():
            yield from _call(node, known)
        case ast.arg():
            yield "arg"
        case _:
            yield from _node(node, known)


def _is_plain(node: ast.stmt) -> bool:
    """Whether `_statement` knows it better than the general rule."""
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.Global | ast.Nonlocal | ast.Expr) or (
        isinstance(node, ast.AnnAssign) and node.value is not None
    )


def _node(node: ast.AST, known: Names) -> Iterator[Item]:
    """Its class, then all it is made of, in the order of the syntax; bodies line by line."""
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if name in {"ctx", "annotation", "returns", "type_comment", "type_params"}:
            continue
        if isinstance(value, list):
            for part in value:
                if isinstance(part, ast.stmt):
                    yield part.lineno
                if isinstance(part, ast.AST):
                    yield from _any(part, known)
        elif isinstance(value, ast.AST):
            yield from _any(value, known)


def _attribute(node: ast.Attribute, known: Names) -> Iterator[Item]:
    """`tf.keras.layers.Dense` is `Dense`, since an import could have called it so."""
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id in known.imported:
        yield node.attr
        return
    yield from _any(node.value, known)
    yield ".n" if node.attr in known.attributes else f".{node.attr}"


def _call(node: ast.Call, known: Names) -> Iterator[Item]:
    yield "Call"
    yield from _any(node.func, known)
    for argument in node.args:
        yield from _any(argument, known)
    own = isinstance(node.func, ast.Name) and node.func.id in known.functions
    for keyword in node.keywords if own else sorted(node.keywords, key=lambda k: k.arg or ""):
        yield "n=" if own else f"{keyword.arg}="
        yield from _any(keyword.value, known)


def _constant(value: object) -> str:
    if isinstance(value, str):
        return repr(value.lower()) if len(value) <= LONGEST_KEPT and value.isidentifier() else PROSE
    return repr(value)[:LONGEST_KEPT]


def _is_magic(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and "get_ipython" in {
        n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)
    }
