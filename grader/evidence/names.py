"""What a student calls a training where no title does: names and texts in the statement that led to it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from grader.records import Program

MOST = 400
"""Characters that are kept."""
TOLD = re.compile(r"\b(title|suptitle|print|set_title|display|Markdown)\b")
TRAINS = re.compile(r"\.fit\b|train")
SPEAKS = frozenset({"title", "name", "label", "stage", "model_name"})
"""Arguments that name something; others, such as `optimizer="adam"`, say what a network has, which is seen anyway."""


def names(program: Program, cell: int, line: int) -> str:
    """Names in the statement at that line of a cell, the comment above it, and what is told right after it."""
    source = program.cells[cell - 1] if 0 < cell <= len(program.cells) else ""
    plain = "\n".join("" if text.lstrip().startswith(("%", "!", "?")) else text for text in source.splitlines())
    try:
        body = ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    here = next((n for n, s in enumerate(body) if s.lineno <= line <= (s.end_lineno or s.lineno)), None)
    if here is None:
        return ""
    statement = body[here]
    begins = body[here - 1].end_lineno or 0 if here else 0
    found = [*_comments(plain, begins + 1, statement.lineno), *_words(statement)]
    for later in body[here + 1 :]:
        text = ast.get_source_segment(plain, later) or ""
        if TRAINS.search(text):
            break
        if isinstance(later, ast.Expr) and TOLD.search(text):
            found += [n.value for n in ast.walk(later) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return "\n".join(dict.fromkeys(found))[:MOST]


def _comments(source: str, first: int, last: int) -> list[str]:
    """The comments on the lines from the first to the last."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source + "\n").readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return []
    return [t.string.strip("# ") for t in tokens if t.type == tokenize.COMMENT and first <= t.start[0] <= last]


def _words(statement: ast.stmt) -> list[str]:
    """Names and strings of a statement; of a loop or a function, those of its first line only."""
    nodes: list[ast.AST] = [statement]
    match statement:
        case ast.For(target=target, iter=over):
            nodes = [target, over]
        case ast.FunctionDef() | ast.ClassDef() | ast.While() | ast.With() | ast.If() | ast.Try():
            nodes = []
    words = []
    for node in (inner for outer in nodes for inner in _spoken(outer)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name not in {"fit", "keras", "model", "history"}:
                words.append(name)
            case ast.Constant(value=str(text)):
                words.append(text)
    return words


def _spoken(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one, without the values of arguments that name nothing."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.keyword) and child.arg not in SPEAKS):
            yield from _spoken(child)
