"""What a student calls a training where no title does: names and texts in the statement that led to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.records import Program
from grader.source_code import comments, lines_of, tree

MOST = 800
"""Characters that are kept."""
MOST_NODES = 2_000
"""Of one statement that are looked at; a longer one says nothing by its names."""
NEXT = 20
"""Statements after it in which a title or a print is looked for."""
DRAWN = re.compile(r"\b(title|suptitle|set_title)\b")
PRINTED = re.compile(r"\b(print|display|Markdown)\b")
TRAINS = re.compile(r"\.fit\w*\s*\(|\btrain\w*\s*\(")
BEFORE_SIGN, AFTER_SIGN = "< ", "> "
"""Of what is printed: since the training before, or until the next one. Which of the two a program does, all its
trainings together show (`words.spoken`)."""
SPEAKS = frozenset({"title", "name", "label", "stage", "model_name"})
"""Arguments that name something; others, such as `optimizer="adam"`, say what a network has, which is seen anyway."""
SAYS_NOTHING = frozenset({"fit", "keras", "model", "history"})


def names(program: Program, cell: int, line: int, before: tuple[int, int] = (0, 0)) -> str:
    """Names in the statement at that line of a cell, the comment above it, and what is told right after it.

    And what the model was made by since the training `before` (cell and line): `build_dropout` of
    `model = build_dropout()`.
    """
    source = program.cells[cell - 1] if 0 < cell <= len(program.cells) else ""
    parsed = tree(source)
    body = parsed.body if parsed else []
    here = next((n for n, s in enumerate(body) if s.lineno <= line <= (s.end_lineno or s.lineno)), None)
    if here is None:
        return ""
    statement = body[here]
    begins = body[here - 1].end_lineno or 0 if here else 0
    found = [text.strip("# ") for n, _, text in comments(source) if begins < n <= statement.lineno]
    found += [*_words(statement), *_makers(program, statement, cell, before)]
    found += _told(_after(program, cell, here), DRAWN, "")
    found += _told(_after(program, cell, here), PRINTED, AFTER_SIGN)
    found += _told(_between(program, cell, here, before), PRINTED, BEFORE_SIGN)
    return "\n".join(dict.fromkeys(found))[:MOST]


def _makers(program: Program, statement: ast.stmt, cell: int, before: tuple[int, int]) -> list[str]:
    """Names of the calls that gave the statement's variables their values, the last of each."""
    used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    made: dict[str, ast.expr] = {}
    for number in range(max(before[0], 1), cell + 1):
        parsed = tree(program.cells[number - 1])
        for each in parsed.body if parsed else ():
            if (number, each.lineno) <= before or (number == cell and each.lineno >= statement.lineno):
                continue
            match each:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)) if name in used:
                    made[name] = func
    return [word for func in made.values() for word in _words(ast.Expr(func))]


def _told(statements: Iterator[tuple[ast.stmt, str]], how: re.Pattern[str], sign: str) -> Iterator[str]:
    """Texts that are printed or drawn in statements that call so."""
    for statement, text in statements:
        if isinstance(statement, ast.Expr) and how.search(text):
            yield from (
                f"{sign}{n.value}"
                for n in ast.walk(statement)
                if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.strip()
            )


def _between(program: Program, cell: int, here: int, before: tuple[int, int]) -> Iterator[tuple[ast.stmt, str]]:
    """The statements since the training before, with their texts."""
    for number in range(max(before[0], 1), cell + 1):
        parsed = tree(program.cells[number - 1])
        lines = lines_of(program.cells[number - 1])
        for statement in parsed.body[: here if number == cell else None] if parsed else ():
            if (number, statement.lineno) > before:
                yield statement, "\n".join(lines[statement.lineno - 1 : statement.end_lineno])


def _after(program: Program, cell: int, here: int) -> Iterator[tuple[ast.stmt, str]]:
    """The statements until the next training, with their texts."""
    room = NEXT
    for number, source in enumerate(program.cells[cell - 1 :], cell):
        parsed = tree(source)
        lines = lines_of(source)
        for statement in parsed.body[here + 1 if number == cell else 0 :] if parsed else ():
            text = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            if not room or TRAINS.search(text):
                return
            room -= 1
            yield statement, text


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
