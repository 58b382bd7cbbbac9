"""What a program calls, by its syntax tree: words in comments and texts call nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence.outline import PREPARES
from grader.intake.source_code import LONGEST, tree
from grader.records import Program

TRAINS = frozenset({
    "fit", "fit_generator", "train_on_batch", "apply_gradients", "minimize", "apply", "stateless_apply",
})  # fmt: skip
COMPILES = frozenset({"compile"})
RUNS_TEXT = frozenset({"exec", "eval", "compile", "run_cell", "run_line_magic", "run_cell_magic"})
"""What is given to these as text is code."""
DEEPEST_TEXT = 3
"""Code in texts in code."""


def calls_any(program: Program, names: frozenset[str]) -> bool:
    """Whether one of the methods is used anywhere, by its name as an attribute or as a text that names an attribute.

    A cell that is too long to be parsed may hold anything.
    """
    return any(len(cell) > LONGEST or _uses(cell, names) for cell in program.cells)


def called_names(source: str) -> frozenset[str]:
    """What is called in a piece of code; nothing where it does not parse."""
    parsed = tree(source)
    nodes = ast.walk(parsed) if parsed else ()
    return frozenset(_name(node.func) for node in nodes if isinstance(node, ast.Call))


def _uses(source: str, names: frozenset[str], depth: int = 0) -> bool:
    parsed = tree(source)
    if parsed is None:
        return False
    for node in ast.walk(parsed):
        match node:
            case ast.Attribute(attr=name, value=owner) if name in names and not PREPARES.search(_name(owner)):
                return True
            case ast.Call(args=arguments, keywords=named):
                texts = list(_texts([*arguments, *(k.value for k in named)]))
                if names.intersection(texts):
                    return True
                runs = depth < DEEPEST_TEXT and _name(node.func) in RUNS_TEXT
                if runs and any(_uses(text, names, depth + 1) for text in texts):
                    return True
    return False


def _texts(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return _name(func)
    return ""
