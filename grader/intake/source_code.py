"""A student's code as Python reads it, within bounds: the grader's own process does, and no other limit holds there."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from functools import lru_cache

LONGEST = 100_000
"""Characters of a cell that are looked at; a longer one is data, or there to keep the grader busy."""
LINES = re.compile(r"\r\n|\r|\n")
"""Where Python begins a new line; `str.splitlines` knows further signs, by which lines would be counted otherwise."""
MAGIC = ("%", "!", "?")
ASSIGNED = re.compile(r"^(\s*[\w., \[\]'\"]{1,200}=\s*)[!%].*$")
FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


def lines_of(source: str) -> list[str]:
    """The lines of a cell, numbered as Python numbers them."""
    return LINES.split(source)


@lru_cache(maxsize=256)
def tree(source: str) -> ast.Module | None:
    """The cell parsed: as it is, else without what only a notebook understands; None if it is no Python."""
    if len(source) > LONGEST:
        return None
    with warnings.catch_warnings():
        # What newer Pythons say of a student's backslashes is not for who runs the grader.
        warnings.simplefilter("ignore")
        for text in (source, without_magics(source)):
            try:
                return ast.parse(text)
            except FAILURES:
                continue
    return None


def statements(source: str) -> list[ast.stmt]:
    """The statements of a cell or script, in their order; none where it is not parsed."""
    parsed = tree(source)
    return parsed.body if parsed else []


@lru_cache(maxsize=256)
def comments(source: str) -> tuple[tuple[int, int, str], ...]:
    """Line, column and text of every comment; where the cell is no Python, of the lines that begin with one."""
    if len(source) > LONGEST:
        return ()
    for text in (source, without_magics(source)):
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(text + "\n").readline))
        except (tokenize.TokenError, *FAILURES):
            continue
        return tuple((*t.start, t.string) for t in tokens if t.type == tokenize.COMMENT)
    return tuple((n, 0, line) for n, line in enumerate(lines_of(source), 1) if line.startswith("#"))


def has_magic(source: str) -> bool:
    """Whether a line of the cell is a magic or a shell command."""
    return any(line.lstrip().startswith(MAGIC) for line in lines_of(source[:LONGEST]))


def without_magics(source: str) -> str:
    """With blank lines for magics and shell commands, and None for what is assigned from one."""
    return "\n".join(
        "" if line.lstrip().startswith(MAGIC) else ASSIGNED.sub(r"\1None", line) for line in lines_of(source)
    )
