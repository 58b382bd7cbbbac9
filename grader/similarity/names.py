"""Which names of a student's code are the student's own, and which stand for something in a library."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Names:
    """What the code of one student calls things; all that is in none of these is a name of the student's own."""

    imported: Mapping[str, str]
    """For each name that an import binds, what it is called in its library: `np` is `numpy`."""
    attributes: frozenset[str]
    """Attributes and methods that the student defines."""
    functions: frozenset[str]
    """Functions and classes that the student defines; names of their arguments are the student's own, too."""
    starred: bool
    """Something was imported by `import *`, so that capitalised names may come from there."""

    def word(self, name: str) -> str:
        """What stands for the name in the normal form: itself if it is a library's, `n` if it is the student's."""
        if name in self.imported:
            return self.imported[name]
        known = name in BUILTINS or (self.starred and name[:1].isupper())
        return name if known and name not in self.functions else "n"


def names(trees: Iterable[ast.Module], own_modules: Collection[str]) -> Names:
    """The names in all code of a submission; what it imports from `own_modules` is the student's own."""
    imported: dict[str, str] = {}
    attributes: set[str] = set()
    functions: set[str] = set()
    starred = False
    for node in (n for tree in trees for n in ast.walk(tree)):
        match node:
            case ast.Import():
                imported |= _bound(node.names, own_modules)
            case ast.ImportFrom() if not (node.level or _top(node.module or "") in own_modules):
                starred |= any(a.name == "*" for a in node.names)
                imported |= {a.asname or a.name: a.name for a in node.names}
            case ast.ClassDef():
                functions.add(node.name)
                attributes |= {n.name for n in node.body if isinstance(n, ast.FunctionDef) and n.name[:2] != "__"}
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                functions.add(node.name)
            case ast.Attribute(ctx=ast.Store()):
                attributes.add(node.attr)
    return Names(imported, frozenset(attributes), frozenset(functions), starred)


def _bound(aliases: Iterable[ast.alias], own_modules: Collection[str]) -> dict[str, str]:
    """`import keras.layers` binds `keras`, `import keras.layers as l` binds `l`."""
    foreign = [a for a in aliases if _top(a.name) not in own_modules]
    return {a.asname or _top(a.name): a.name.rpartition(".")[2] if a.asname else _top(a.name) for a in foreign}


def _top(module: str) -> str:
    return module.partition(".")[0]
