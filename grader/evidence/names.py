"""What a student calls a training where no title does: names and texts in the statement that led to it."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from grader.intake.source_code import comments, statements
from grader.records import Program

MOST = 800
"""Characters that are kept."""
MOST_NODES = 2_000
"""Of one statement that are looked at; a longer one says nothing by its names."""
AROUND, CELLS = 50, 20
"""Statements before and after it that are looked at, and cells in which they stand."""
LONGEST = 200
"""Characters of a text that are kept."""
DRAWN = frozenset({"title", "suptitle", "set_title"})
PRINTED = frozenset({"print", "display", "Markdown"})
BEFORE_SIGN, AFTER_SIGN = "< ", "> "
"""Of what is printed: since the training before, or until the next one. Which of the two a program does, all its
trainings together show (`words.spoken`)."""
SPEAKS = frozenset({"title", "name", "label", "stage", "model_name"})
"""Arguments that name something; others, such as `optimizer="adam"`, say what a network has, which is seen anyway."""
_KERAS = (
    "optimizers layers losses regularizers initializers activations SGD Adam RMSprop Nadam Adagrad BatchNormalization"
)
SAYS_NOTHING = frozenset({"fit", "keras", "model", "history", *_KERAS.split()})
"""Keras's own names in a training's line, as `keras.optimizers.SGD`, are no student's words for it."""


def names(program: Program, cell: int, line: int, before: tuple[int, int] = (0, 0)) -> str:
    """Names in the statement at that line of a cell, the comment above it, and what is told right after it.

    And what the model was made by since the training `before` (cell and line): `build_dropout` of
    `model = build_dropout()`.
    """
    source = program.cells[cell - 1] if 0 < cell <= len(program.cells) else ""
    body = statements(source)
    here = _statement_at(body, line)
    if here is None:
        return ""
    statement = body[here]
    earlier, later = _between(program, cell, here, before), _after(program, cell, here)
    found = [*_remarks(source, body, here), *_words(statement), *_makers(statement, earlier)]
    found += _told(later, DRAWN, "")
    found += _told(later, PRINTED, AFTER_SIGN)
    found += _told(earlier, PRINTED, BEFORE_SIGN)
    return "\n".join(dict.fromkeys(found))[:MOST]


def _statement_at(body: Sequence[ast.stmt], line: int) -> int | None:
    """The first statement of that line, or the one that goes over it."""
    found = bisect_right(body, line, key=lambda s: s.lineno) - 1
    if found < 0 or line > (body[found].end_lineno or body[found].lineno):
        return None
    for _ in range(AROUND):
        if not found or body[found - 1].lineno != body[found].lineno:
            break
        found -= 1
    return found


def _remarks(source: str, body: Sequence[ast.stmt], here: int) -> list[str]:
    """The comments between a statement and the one before it."""
    begins = body[here - 1].end_lineno or 0 if here else 0
    written = comments(source)
    first, last = (bisect_right(written, n, key=lambda c: c[0]) for n in (begins, body[here].lineno))
    return [text.strip("# ")[:LONGEST] for _, _, text in written[max(first, last - AROUND) : last]]


def _makers(statement: ast.stmt, earlier: Sequence[ast.stmt]) -> list[str]:
    """Names of the calls that gave the statement's variables their values, the last of each."""
    used = {n.id for n in islice(ast.walk(statement), MOST_NODES) if isinstance(n, ast.Name)}
    made: dict[str, ast.expr] = {}
    for each in earlier:
        match each:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)) if name in used:
                made[name] = func
    return [word for func in made.values() for word in _words(ast.Expr(func))]


def _told(told_in: Sequence[ast.stmt], how: frozenset[str], sign: str) -> Iterator[str]:
    """Texts that are printed or drawn in statements that call so, each in one line."""
    for statement in told_in:
        if isinstance(statement, ast.Expr) and _called(statement) & how:
            yield from (
                f"{sign}{' '.join(n.value[:LONGEST].split())}"
                for n in islice(ast.walk(statement), MOST_NODES)
                if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.strip()
            )


def _called(statement: ast.stmt) -> frozenset[str]:
    """The last names of the functions that a statement calls."""
    calls = (n.func for n in islice(ast.walk(statement), MOST_NODES) if isinstance(n, ast.Call))
    return frozenset(f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls)


def _between(program: Program, cell: int, here: int, before: tuple[int, int]) -> list[ast.stmt]:
    """The nearest statements since the training before."""
    found: list[ast.stmt] = []
    for number in range(cell, max(before[0], cell - CELLS, 1) - 1, -1):
        body = statements(program.cells[number - 1])
        last = here if number == cell else len(body)
        first = bisect_right(body, before[1], key=lambda s: s.lineno) if number == before[0] else 0
        found = [*body[max(first, last - AROUND) : last], *found][-AROUND:]
    return found


def _after(program: Program, cell: int, here: int) -> list[ast.stmt]:
    """The statements until the next training."""
    found: list[ast.stmt] = []
    for number in range(cell, min(cell + CELLS, len(program.cells) + 1)):
        body = statements(program.cells[number - 1])
        first = here + 1 if number == cell else 0
        for statement in body[first : first + AROUND]:
            if len(found) == AROUND or any(name.startswith(("fit", "train")) for name in _called(statement)):
                return found
            found.append(statement)
    return found


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
                words.append(name[:LONGEST])
            case ast.Constant(value=str(text)):
                words.append(" ".join(text[:LONGEST].split()))
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
