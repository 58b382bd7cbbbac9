"""Disguises a lab as its copyist would: other names, other order, no comments, other quotes and layout."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from random import Random

from grader.similarity.cells import tree

POOL = [f"{a}_{b}" for a in ("my", "the", "lab", "new", "tmp", "cur") for b in "abcdefghijklmnopqrst"]


def renamed(cells: Sequence[str], rng: Random) -> list[str]:
    """Every name of the student's own becomes another; comments, quotes and layout become Python's own."""
    trees = [read for cell in cells if (read := tree(cell))]
    mapping = _mapping(trees, rng)
    return [ast.unparse(_Renamer(mapping).visit(tree)) for tree in trees]


def reordered(cells: Sequence[str], rng: Random) -> list[str]:
    """Imports mixed, then functions in another order, then the rest in three blocks that have changed places."""
    bodies = [ast.parse(cell).body for cell in cells]
    imports = [s for body in bodies for s in body if isinstance(s, ast.Import | ast.ImportFrom)]
    functions = [s for body in bodies for s in body if isinstance(s, ast.FunctionDef | ast.ClassDef)]
    rng.shuffle(imports)
    rng.shuffle(functions)
    rest = [[s for s in body if s not in imports and s not in functions] for body in bodies]
    if len(rest) == 1:
        # A module is one cell: cut it into pieces of some lines.
        rest = [rest[0][i : i + 8] for i in range(0, len(rest[0]), 8)]
    third = max(1, len(rest) // 3)
    blocks = [rest[:third], rest[third : 2 * third], rest[2 * third :]]
    rng.shuffle(blocks)
    pieces = [imports, *([f] for f in functions), *(piece for block in blocks for piece in block)]
    return [ast.unparse(ast.Module(piece, [])) for piece in pieces if piece]


def padded(cells: Sequence[str], rng: Random) -> list[str]:
    """A line of no use every few statements, and prose made other prose."""
    out = []
    for cell in cells:
        body: list[ast.stmt] = []
        for statement in ast.parse(cell).body:
            body.append(statement)
            if rng.random() < 0.2:
                body += ast.parse(rng.choice(("print('ok')", "print()", "done = True", "step = 1"))).body
        out.append(ast.unparse(ast.Module(body, [])))
    return out


def merged(cells: Sequence[str], rng: Random) -> list[str]:
    """The notebook as a module with two cells."""
    cut = rng.randint(1, max(1, len(cells) - 1))
    return ["\n".join(cells[:cut]), "\n".join(cells[cut:])]


def half(cells: Sequence[str], own: Sequence[str]) -> list[str]:
    """The first half one's own, the second copied."""
    return [*own[: len(own) // 2], *cells[len(cells) // 2 :]]


def _mapping(trees: Sequence[ast.Module], rng: Random) -> dict[str, str]:
    """A new name for all that the code binds, but for what it imports."""
    nodes = [n for tree in trees for n in ast.walk(tree)]
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)} | {
        n.arg for n in nodes if isinstance(n, ast.arg)
    }
    fresh = rng.sample(POOL, len(POOL))
    return dict(zip(sorted(bound - {"_"} - set(dir(builtins))), fresh, strict=False))


class _Renamer(ast.NodeTransformer):
    def __init__(self, mapping: dict[str, str]) -> None:
        self.mapping = mapping

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.mapping.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.mapping.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.mapping.get(node.name, node.name)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        own = isinstance(node.func, ast.Name) and node.func.id in self.mapping.values()
        for keyword in node.keywords if own else ():
            keyword.arg = self.mapping.get(keyword.arg or "", keyword.arg)
        return node
