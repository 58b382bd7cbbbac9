"""What a student calls a training where no title does: names and texts in the statement that led to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.records import Program
from grader.source_code import comments, lines_of, tree

MOST = 400
"""Characters that are kept."""
MOST_NODES = 2_000
"""Of one statement that are looked at; a longer one says nothing by its names."""
NEXT = 20
"""Statements after it in which a title or a print is looked for."""
TOLD = re.compile(r"\b(title|suptitle|print|set_title|display|Markdown)\b")
TRAINS = re.compile(r"\.fit\b|train")
SPEAKS = frozenset({"title", "name", "label", "stage", "model_name"})
"""Arguments that name something; others, such as `optimizer="adam"`, say what a network has, which is seen anyway."""
SAYS_NOTHING = frozenset({"fit", "keras", "model", "history"})


def names(program: Program, cell: int, line: int) -> str:
    """Names in the statement at that line of a cell, the comment above it, and what is told right after it."""
    source = program.cells[cell - 1] if 0 < cell <= len(program.cells) else ""
    parsed = tree(source)
    body = parsed.body if parsed else []
    here = next((n for n, s in enumerate(body) if s.lineno <= line <= (s.end_lineno or s.lineno)), None)
    if here is None:
        return ""
    statement = body[here]
    begins = body[here - 1].end_lineno or 0 if here else 0
    found = [text.strip("# ") for n, _, text in comments(source) if begins < n <= statement.lineno]
    found += [*_words(statement), *_told(body[here + 1 : here + 1 + NEXT], lines_of(source))]
    return "\n".join(dict.fromkeys(found))[:MOST]


def _told(after: list[ast.stmt], lines: list[str]) -> Iterator[str]:
    """Texts that are printed or drawn before the next training."""
    for statement in after:
        text = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
        if TRAINS.search(text):
            return
        if isinstance(statement, ast.Expr) and TOLD.search(text):
            yield from (
                n.value for n in ast.walk(statement) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            )


def _words(statement: ast.stmt) -> list[str]:
    """Names and strings of a statement; of a loop those of its first line only."""
    nodes: list[ast.AST] = [statement]
    match statement:
        case ast.For(target=target, iter=over):
            nodes = [target, over]
        case ast.FunctionDef() | ast.ClassDef() | ast.While() | ast.With() | ast.If() | ast.Try():
            nodes = []
    words = []
    for node in _spoken(nodes):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name not in SAYS_NOTHING:
                words.append(name)
            case ast.Constant(value=str(text)):
                words.append(text)
    return words


def _spoken(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """The nodes below these, in the order of the text, without the values of arguments that name nothing."""
    waiting = nodes[::-1]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        yield node
        below = [c for c in ast.iter_child_nodes(node) if not (isinstance(c, ast.keyword) and c.arg not in SPEAKS)]
        waiting += below[::-1]
