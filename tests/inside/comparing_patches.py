"""Compares what differs in a process before, during and after all patches, with what the table says of them.

In a process of its own, since undoing a patch twice or not at all would change every test after it.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from tensorflow.python.util import dispatch

from grader import inside
from grader.inside.kernel import before_the_first_line, beside_the_program
from grader.inside.patches import Change, Entry, Patches
from grader.inside.recording.advice import Advice
from grader.inside.recording.cells import Cells
from grader.inside.trace import Trace
from reference import data

LOADED = (
    "keras", "tensorflow", "numpy", "pandas", "sklearn.datasets", "sklearn.preprocessing", "matplotlib.pyplot", "tqdm",
    "tqdm.notebook", "urllib.request", "requests", "secrets", "uuid", "zipfile", "keras.datasets",
    "keras.src.datasets.imdb",
)  # fmt: skip
LIBRARIES = frozenset(
    {"keras", "tensorflow", "numpy", "sklearn", "matplotlib", "tqdm", "IPython", "ipykernel", "requests"}
)


def imported_by_us() -> frozenset[str]:
    """The roots of all modules that what runs beside the student's code imports, and could change."""
    found: set[str] = set()
    for path in Path(inside.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
    return frozenset(found)


ROOTS = LIBRARIES | imported_by_us() | {"secrets", "uuid", "zipfile", "gzip"}
"""Where a difference would count; the grader's own modules change as they please."""
OF_PYTHON = frozenset({"__abstractmethods__", "_abc_impl", "__warningregistry__", "__annotations__", "__doc__"})
Names = Mapping[tuple[int, str], Any]
GONE = object()


def shell() -> Any:
    """As a kernel's, without a kernel."""
    made = InteractiveShell()
    made.kernel = SimpleNamespace()
    made.user_ns["open"] = open
    return made


def modules() -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ROOTS and isinstance(module, types.ModuleType):
            yield module


def names(*more: Any) -> Names:
    """Every name in the libraries' modules and classes, in the objects `more`, and the code of functions."""
    found: dict[tuple[int, str], Any] = {}
    for module in modules():
        for name, value in list(vars(module).items()):
            found[id(vars(module)), name] = value
            if isinstance(value, type):
                found.update({(id(value), key): inner for key, inner in list(vars(value).items())})
            if isinstance(value, types.FunctionType):
                found[id(value), "__code__"] = value.__code__
    for one in more:
        kept = one if isinstance(one, dict) else vars(one)
        # Also where there is nothing in it yet.
        found.update({(id(kept), key): value for key, value in [("", one), *kept.items()]})
    return {key: value for key, value in found.items() if key[1] not in OF_PYTHON}


def differing(before: Names, after: Names) -> set[tuple[int, str]]:
    """Of owners that both have: what a new function is made of, or one that nothing leads to any more, is no name."""
    owners = {owner for owner, _ in before} & {owner for owner, _ in after}
    keys = {key for key in before.keys() | after.keys() if key[0] in owners}
    changed = {key for key in keys if before.get(key, GONE) is not after.get(key, GONE)}
    # A module that was imported meanwhile has become an attribute of its package.
    return {key for key in changed if not isinstance(after.get(key), types.ModuleType)}


def owner_of(change: Change) -> int:
    """A module and an object are told by their dictionaries, as in `names`."""
    owner = change.owner
    return id(owner) if isinstance(owner, type | dict | types.FunctionType) else id(vars(owner))


def owner_names() -> dict[int, str]:
    """What the owners of names are called, for people."""
    found: dict[int, str] = {}
    for module in modules():
        found[id(vars(module))] = module.__name__
        found.update(
            {
                id(value): f"{module.__name__}.{name}"
                for name, value in list(vars(module).items())
                if isinstance(value, type)
            }
        )
    return found


def looked_into(change: Change) -> bool:
    """Whether a difference there would be seen; an object of this kernel's own always is."""
    owner = change.owner
    name = owner.__name__ if isinstance(owner, types.ModuleType) else getattr(owner, "__module__", None)
    return isinstance(owner, dict) or not isinstance(name, str) or name.partition(".")[0] in ROOTS


def main() -> None:
    """Prints one JSON object."""
    planted = "planted" in sys.argv
    for name in LOADED:
        importlib.import_module(name)
    os.chdir(tempfile.mkdtemp())
    data.write_folder(Path("mnist"))
    os.environ["GRADER_MNIST"], os.environ["GRADER_MODULE"] = "mnist", "lab.py"
    it, cells = shell(), Cells()
    everything = (it, it.kernel, it.user_ns)
    lists = {"meta_path": sys.meta_path, "path": sys.path, "transformers": it.ast_transformers}
    lists["dispatchers"] = dispatch._GLOBAL_DISPATCHERS
    listed = {name: list(entries) for name, entries in lists.items()}
    with Path("trace").open("wb") as sink:
        trace = Trace(sink.fileno())
        advise = Advice(trace, cells)
        # The seams that are made in passing, such as lazily loaded modules, are there before the comparison begins.
        rehearsal = Patches()
        rehearsal.install(before_the_first_line(it, trace, cells, advise, rehearsal, later=False))
        rehearsal.install(beside_the_program(it))
        rehearsal.undo()
        before = names(*everything)
        patches = Patches()
        patches.install(before_the_first_line(it, trace, cells, advise, patches, later=False))
        patches.install(beside_the_program(it))
        made = [one for one, _ in patches.made]
        if planted:
            setattr(sys.modules["keras"].Model, "summary", lambda _model: None)  # noqa: B010 (what nobody has listed)
        during = names(*everything)
        added = {name: len(entries) - len(listed[name]) for name, entries in lists.items()}
        patches.undo()
        after = names(*everything)
    names_made = {(owner_of(one), one.name) for one in made if isinstance(one, Change)}
    differ = differing(before, during)
    owners = owner_names()
    label = {(owner_of(one), one.name): f"{one.target}: {one.name}" for one in made if isinstance(one, Change)}

    def words(keys: set[tuple[int, str]]) -> list[str]:
        return sorted(label.get(key) or f"{owners.get(key[0], 'an object')}.{key[1]}" for key in keys)

    found = {
        "targets": sorted({one.target for one in made}),
        "differ and are not in the table": words(differ - names_made),
        "are in the table and do not differ": words(names_made - differ),
        "touch what is not looked into": sorted(
            one.target for one in made if isinstance(one, Change) and not looked_into(one)
        ),
        "entries": [sum(added.values()), sum(isinstance(one, Entry) for one in made)],
        "differ after undoing": words(differing(before, after)),
        "lists after undoing": {name: entries == listed[name] for name, entries in lists.items()},
        "trace": Path("trace").read_text(),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
