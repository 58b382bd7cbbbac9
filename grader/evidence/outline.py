"""What the source of a program says of training: facts for the question why nothing was trained."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from grader.intake.source_code import LONGEST, has_magic, lines_of, tree
from grader.records import Outline, Program, Spot

MOST_CODE = 1_000_000
"""Characters of all cells together that are looked at; a parsed one takes a hundred times its size in memory."""
MOST_FUNCTIONS = 2_000
MOST = 20
"""Spots of one kind; one is named."""
MOST_NAMES = 500
LONGEST_NAME = 80
FITS = frozenset({"fit", "fit_generator", "train_on_batch", "partial_fit"})
PREPARES = re.compile(
    r"scal|encod|binar|pca|imput|token|vector|transform|datagen|normaliz|^(le|lb|ohe|enc|mms?|ss|sc)$", re.IGNORECASE
)
"""Whose `fit` learns no more than how data are to be prepared."""
COMMENTED_FIT = re.compile(r"^\s*#.*\.fit(?:_generator)?\s*\(")
LOADS = frozenset({"load_model", "model_from_json", "model_from_yaml"})
FRAMEWORKS = {
    "torch": "PyTorch",
    "pytorch_lightning": "PyTorch",
    "lightning": "PyTorch",
    "fastai": "fastai",
    "skorch": "PyTorch",
    "jax": "JAX",
    "flax": "JAX",
    "haiku": "JAX",
    "mxnet": "MXNet",
    "paddle": "PaddlePaddle",
    "theano": "Theano",
    "lasagne": "Theano",
    "chainer": "Chainer",
    "tflearn": "TFLearn",
    "cntk": "CNTK",
    "caffe": "Caffe",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
}
ESTIMATORS = ("neural_network", "linear_model", "svm", "ensemble", "tree", "neighbors", "naive_bayes")
"""Modules of scikit-learn whose classes train."""
SESSIONS = frozenset({"Session", "InteractiveSession", "placeholder"})
"""Of TensorFlow 1."""


def outline(program: Program) -> Outline:
    """The outline of a program; what does not parse is named and left out."""
    trees = dict(_trees(program))
    parts = _Parts()
    for number, parsed in trees.items():
        if parsed is not None:
            _take(parts, number, parsed)
    statements = [parsed.body for parsed in trees.values() if parsed is not None]
    return Outline(
        unparsed=tuple(n for n, parsed in trees.items() if parsed is None),
        commented_out=bool(program.cells)
        and len(statements) == len(trees)
        and all(map(_says_nothing, statements))
        and not any(map(has_magic, program.cells)),
        fits=_first(parts.calls_that_train()),
        commented_fits=_first(_commented(program.cells)),
        uncalled=_first(parts.uncalled()),
        networks=_first(parts.networks()),
        frameworks=_first(parts.frameworks),
        loaded=_first(parts.loaded),
        bindings=dict(list(parts.bindings.items())[:MOST_NAMES]),
    )


class _Scope(NamedTuple):
    """What stands in a function, or in a cell outside of all functions; functions within it are scopes of their own."""

    spot: Spot
    fits: tuple[Spot, ...]
    networks: tuple[Spot, ...]
    names: Mapping[str, int]
    """Every name and attribute that is used, with the line."""


@dataclass
class _Parts:
    """The scopes of a program, and what else was seen on the way."""

    cells: list[_Scope] = field(default_factory=list)
    functions: list[_Scope] = field(default_factory=list)
    frameworks: list[Spot] = field(default_factory=list)
    loaded: list[Spot] = field(default_factory=list)
    bindings: dict[str, int] = field(default_factory=dict)

    def reached(self) -> set[str]:
        """The names of the functions that are used by a cell, or by one that is."""
        named: dict[str, list[_Scope]] = {}
        for function in self.functions:
            named.setdefault(function.spot.name, []).append(function)
        return _closure(
            {name for cell in self.cells for name in cell.names}, lambda n: (f.names for f in named.get(n, ()))
        )

    def that_train(self) -> set[str]:
        """The names of the functions that call `fit`, by themselves or through another."""
        users: dict[str, set[str]] = {}
        for function in self.functions:
            for name in function.names:
                users.setdefault(name, set()).add(function.spot.name)
        return _closure({f.spot.name for f in self.functions if f.fits}, lambda n: (users.get(n, ()),))

    def calls_that_train(self) -> Iterator[Spot]:
        training = self.that_train()
        for cell in self.cells:
            yield from cell.fits
            yield from (Spot(cell.spot.cell, line, name) for name, line in cell.names.items() if name in training)

    def uncalled(self) -> Iterator[Spot]:
        """Those that train first; where one calls another, the outer one."""
        reached, training = self.reached(), self.that_train()
        idle = [f for f in self.functions if f.spot.name not in reached]
        inner = {name for f in idle for name in f.names if name != f.spot.name}
        outer = [f for f in idle if f.spot.name not in inner]
        yield from (f.spot for f in outer if f.spot.name in training)
        yield from (f.spot for f in outer if f.networks and f.spot.name not in training)

    def networks(self) -> Iterator[Spot]:
        reached = self.reached()
        for scope in (*self.cells, *(f for f in self.functions if f.spot.name in reached)):
            yield from scope.networks


def _trees(program: Program) -> Iterator[tuple[int, ast.Module | None]]:
    room = MOST_CODE
    for number, source in enumerate(program.cells, 1):
        room -= len(source)
        yield number, tree(source) if room > 0 else None


def _closure(first: set[str], leads_to: Callable[[str], Iterable[Iterable[str]]]) -> set[str]:
    """These names and all that follow from them, each looked at once."""
    found, waiting = set(first), list(first)
    while waiting:
        new = {name for names in leads_to(waiting.pop()) for name in names} - found
        found |= new
        waiting += new
    return found


def _says_nothing(body: Sequence[ast.stmt]) -> bool:
    """Nothing but comments and texts in quotes."""
    return all((isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)) or isinstance(s, ast.Pass) for s in body)


def _take(parts: _Parts, cell: int, tree: ast.Module) -> None:
    parts.cells.append(_scope(Spot(cell, 0), tree.body, parts))
    for statement in tree.body:
        for name in _bound(statement):
            parts.bindings.setdefault(name[:LONGEST_NAME], cell)


def _scope(spot: Spot, body: Iterable[ast.AST], parts: _Parts) -> _Scope:
    """Walks a body but not the functions in it, which are taken each by itself."""
    fits, networks, names = [], [], dict[str, int]()
    waiting = list(body)[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += node.decorator_list
            if node.name.startswith("__"):
                # What Python calls by itself runs with its class.
                waiting += node.body[::-1]
            else:
                own = Spot(spot.cell, node.lineno, node.name[:LONGEST_NAME])
                if len(parts.functions) < MOST_FUNCTIONS:
                    parts.functions.append(_scope(own, node.body, parts))
            continue
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Call() if _trains(node):
                fits.append(Spot(spot.cell, line, "fit"))
            case ast.Call() if _builds(node):
                networks.append(Spot(spot.cell, line, "network"))
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                names.setdefault(name, line)
        _note(parts, node, Spot(spot.cell, line))
        waiting += list(ast.iter_child_nodes(node))[::-1]
    return _Scope(spot, tuple(fits), tuple(networks), names)


def _note(parts: _Parts, node: ast.AST, at: Spot) -> None:
    """What counts wherever it stands: other frameworks, and networks that are loaded."""
    match node:
        case ast.Call() if _called(node) in LOADS:
            parts.loaded.append(at)
        case ast.Call() if _called(node) in SESSIONS:
            parts.frameworks.append(replace(at, name="sessions of TensorFlow 1"))
        case ast.Import() | ast.ImportFrom():
            parts.frameworks += [replace(at, name=name) for name in _frameworks(node)]


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _trains(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in FITS:
        return False
    named = {k.arg for k in call.keywords}
    if len(call.args) > 1 or named & {"epochs", "y", "batch_size", "validation_data", "validation_split", "nb_epoch"}:
        return True
    owner = call.func.value
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    word = owner.id if isinstance(owner, ast.Name) else _called(owner) if isinstance(owner, ast.Call) else ""
    return bool(call.args or named) and not PREPARES.search(word)


def _builds(call: ast.Call) -> bool:
    """A network of Keras: `Sequential(…)`, `Model(inputs, …)`, or one that is compiled."""
    name = _called(call)
    if name in {"Sequential", "Model"}:
        return True
    is_method = isinstance(call.func, ast.Attribute) and name == "compile"
    return is_method and bool({k.arg for k in call.keywords} & {"loss", "optimizer", "metrics"})


def _frameworks(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    for module in modules:
        first, _, rest = module.partition(".")
        if first in FRAMEWORKS:
            yield FRAMEWORKS[first]
        named = [a.name for a in node.names]
        if first == "sklearn" and (rest.startswith(ESTIMATORS) or (not rest and {*named} & {*ESTIMATORS})):
            yield "scikit-learn"


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a cell gives a value, functions and classes and imports among them."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (a.asname or a.name.partition(".")[0] for a in aliases)
            case ast.Name(id=name) if isinstance(node.ctx, ast.Store):
                yield name
        waiting += ast.iter_child_nodes(node)


def _commented(cells: Sequence[str]) -> Iterator[Spot]:
    for number, source in enumerate(cells, 1):
        for line, text in enumerate(lines_of(source[:LONGEST]), 1):
            if COMMENTED_FIT.search(text[:1000]):
                yield Spot(number, line, "fit")


def _first(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    return tuple(sorted(dict.fromkeys(spots), key=lambda s: (s.cell, s.line)))[:MOST]
