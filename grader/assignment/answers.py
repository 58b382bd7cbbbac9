"""Where the answers lie on this machine: all files of a reference, and of what it takes its answers from."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder, all_suffixes
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from grader.assignment.reference import Reference

OFFERED = ("load_bands", "load_runs")
"""Whoever has one of these knows answers; no library has them."""
NAMED = ("SOLUTION", "HANDOUT", "WORKSHEET")
"""Files that a reference names."""
SPEAKS_OF_ANSWERS = re.compile(r"^[ \t]*(?:from|import)[ \t]+grader\b|\bdef[ \t]+load_(?:bands|runs)\b", re.MULTILINE)
"""A package that imports the grader, or offers what a reference offers, is no library of the students'."""
MOST_FILES = 400
"""Of one package that are looked through: what is larger is a library."""
LIBRARIES = frozenset({"site-packages", "dist-packages"})


def answers(reference: Reference) -> tuple[Path, ...]:
    """Files and folders that no program of a student may see, whether it could reach them or not.

    They are the reference's own modules with all that lies in their folders, the packages that it takes its answers
    from, the files that it names, and the whole of each distribution that holds nothing else. Of a larger package only
    the part that is the reference is among them: what a student may need beside it is still there.
    """
    name = getattr(reference, "__name__", "")
    paths = {Path(p) for attribute in NAMED if (p := getattr(reference, attribute, None))}
    for module in _with_wrapped(name):
        paths.update(_places(module))
    paths.update(_of_distributions(paths))
    return tuple(sorted(path for path in paths if path.exists()))


def _with_wrapped(name: str) -> Iterator[str]:
    """The module, and each from which it takes answers, in turn; loaded ones are known by what they offer as well."""
    loaded = [n for n, m in list(sys.modules.items()) if any(o in _names(m) for o in OFFERED)]
    known: set[str] = set()
    waiting = [name, *(n for n in loaded if not _is_engine(n))]
    while waiting:
        module = waiting.pop()
        if any(module == k or module.startswith(f"{k}.") for k in known):
            continue
        known.add(module)
        yield module
        waiting.extend(_wrapped(module))


def _names(module: object) -> Iterable[str]:
    # Not `hasattr`: modules that load lazily would load.
    return getattr(module, "__dict__", {})


def _wrapped(name: str) -> Iterator[str]:
    for imported in sorted({i for source in _sources(name) for i in _imports(source)}):
        top = imported.partition(".")[0]
        if top in sys.stdlib_module_names or _is_engine(top):
            continue
        if any(_speaks_of_answers(_text(source)) for source in _sources(imported)):
            yield imported


def _speaks_of_answers(text: str) -> bool:
    # Looking for the words is far quicker than for the pattern, and finds nothing in most libraries.
    return any(word in text for word in ("grader", *OFFERED)) and bool(SPEAKS_OF_ANSWERS.search(text))


def _is_engine(name: str) -> bool:
    """The grader itself, which is hidden in any case."""
    return name.partition(".")[0] == "grader"


def _places(name: str) -> Iterator[Path]:
    """Where a module lies: the folders of a package, or the file with its compiled forms and its data."""
    spec = _spec(name)
    if spec is None:
        return
    if spec.submodule_search_locations is not None:
        for folder in map(Path, spec.submodule_search_locations):
            yield from (folder, *_own_folder(folder.parent))
    elif spec.origin:
        file = Path(spec.origin)
        yield file
        yield from file.parent.glob(f"{file.stem}.*")
        yield from (file.parent / "__pycache__").glob(f"{file.stem}.*")
        if "." in name:
            yield from (p for p in file.parent.iterdir() if p.is_file() and p.suffix not in _module_suffixes())
        yield from _own_folder(file.parent)


def _own_folder(folder: Path) -> Iterator[Path]:
    """The folder itself where it is on the path to import from and no library: then it is the instructor's own."""
    # A zip or an egg is not a folder: what holds the module is the archive.
    archive = next((p for p in (folder, *folder.parents) if p.is_file()), None)
    if archive is not None:
        yield archive
    elif str(folder) in sys.path and folder.name not in LIBRARIES and not _holds_python(folder):
        yield folder


def _holds_python(folder: Path) -> bool:
    vital = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable), Path(ast.__file__)}
    return any(path.is_relative_to(folder) for path in vital)


def _module_suffixes() -> frozenset[str]:
    return frozenset({*all_suffixes(), ".pyi", ".so"})


def _of_distributions(places: Iterable[Path]) -> Iterator[Path]:
    """All files of a distribution whose modules all lie at these places, its metadata and scripts among them."""
    hidden = {Path(os.path.realpath(p)) for p in places}
    for distribution in importlib.metadata.distributions():
        base = Path(os.path.realpath(str(distribution.locate_file(""))))
        near = [str(p.relative_to(base)) for p in hidden if p.is_relative_to(base)]
        if not any(name in (distribution.read_text("RECORD") or "") for name in near):
            # Most of them; to go through all files of all takes seconds.
            continue
        files = [Path(os.path.normpath(base / f)) for f in distribution.files or ()]
        modules = [f for f in files if f.suffix in _module_suffixes() and "__editable__" not in f.name]
        if modules and all(_within(f, hidden) for f in modules):
            yield from (f for f in files if not _within(f, hidden) and ".dist-info" not in f.parent.name)
            yield from {f.parent for f in files if f.parent.name.endswith((".dist-info", ".egg-info"))}


def _within(path: Path, folders: set[Path]) -> bool:
    return path in folders or any(parent in folders for parent in path.parents)


def _sources(name: str) -> list[Path]:
    spec = _spec(name)
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        return [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []
    found = (p for folder in spec.submodule_search_locations for p in Path(folder).rglob("*.py"))
    first = list(islice(found, MOST_FILES + 1))
    return first if len(first) <= MOST_FILES else []


def _spec(name: str) -> ModuleSpec | None:
    """Of a module that is not imported for it: a library takes seconds. None where the name stands for none."""
    top, *rest = name.split(".")
    # A package may fail in any way.
    with suppress(Exception):
        spec = find_spec(top)
        for part in rest:
            if spec is None or spec.submodule_search_locations is None:
                return None
            spec = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
        return spec
    return None


def _imports(source: Path) -> Iterator[str]:
    """Absolute names that a module imports, at the top or in its functions: the modules that may be meant."""
    with warnings.catch_warnings(), suppress(SyntaxError, ValueError, RecursionError):
        warnings.simplefilter("ignore")
        for node in ast.walk(ast.parse(_text(source))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _text(source: Path) -> str:
    with suppress(OSError):
        return source.read_text(encoding="utf-8", errors="replace")
    return ""
