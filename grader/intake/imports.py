"""Which other files of a submission a program needs: what it imports and runs, found as Python would find it."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import TypeVar

PACKAGE = "__init__.py"
LIBRARIES = frozenset(sys.stdlib_module_names) | frozenset(
    "IPython keras matplotlib numpy pandas pytest scipy seaborn sklearn tensorflow tqdm".split()  # noqa: SIM905 (reads better than a list)
)
"""Modules that are installed: a file of the name counts for them only where Python would find it first."""
LONGEST = 255
"""Characters of a name or path that may be a file's."""
MOST_WANTED = 1_000
"""Modules and files of one program; a program imports some ten."""
DEEPEST = 32
"""Folders within folders by which the end of a module's name is looked for."""
IMPORT = re.compile(
    r"""(?:^|;)[ \t]*(?:
        from[ \t]+(?P<start>[\w.]{1,255})[ \t]+import[ \t]+(?:\((?P<listed>[^)]{0,5000})|(?P<parts>[\w, \t*]+))
        |import[ \t]+(?P<plain>[\w., \t]+)
        |%run[ \t]+(?P<run>[^\n]{1,500})
    )""",
    re.MULTILINE | re.VERBOSE,
)
CALL = re.compile(
    r"""\b(?:(?:import_module|__import__)\(\s*(?P<module>["'][\w.]+["'])
        |run_line_magic\(\s*["']run["']\s*,\s*["'](?P<run>[^"'\n]{1,500})["']
        |run_path\(\s*["'](?P<path>[^"'\n]{1,500})["'])""",
    re.VERBOSE,
)
COMMENT = re.compile(r"#.*")


@dataclass(frozen=True, slots=True, order=True)
class Module:
    """A module as an import names it; `level` is the number of dots before a relative one."""

    name: str
    level: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """A file as `%run` names it."""

    path: str


def wanted(source: str) -> set[Module | Run]:
    """What code imports and runs, within bounds; by pattern, since cells need not parse."""
    likely = (w for w in _wanted(source) if _may_be_there(w.name if isinstance(w, Module) else w.path))
    return set(islice(dict.fromkeys(likely), MOST_WANTED))


def _may_be_there(name: str) -> bool:
    return len(name) <= LONGEST and bool(name.strip("."))


def _wanted(source: str) -> Iterator[Module | Run]:
    for match in IMPORT.finditer(source):
        start, parts = match["start"], COMMENT.sub("", match["listed"] or match["parts"] or "")
        if start:
            level = len(start) - len(start.lstrip("."))
            yield from (Module(f"{start[level:]}.{name}".strip("."), level) for name in ("", *_names(parts)))
        yield from (Module(name) for name in _names(match["plain"] or ""))
        yield Run(_run(match["run"] or ""))
    for match in CALL.finditer(source):
        run = " ".join(word for word in (match["run"] or "").split() if not word.startswith("-"))
        yield Module((match["module"] or "").strip("\"'"))
        yield Run(run or match["path"] or "")


def _run(words: str) -> str:
    """The file that stands behind the options of `%run`, in quotes or not; empty where there is none."""
    while words.startswith("-"):
        words = "".join(words.split(maxsplit=1)[1:])
    if words[:1] in {"'", '"'}:
        path, quote, _ = words[1:].partition(words[0])
        return path if quote else ""
    return re.split(r"[\s\"']", words, maxsplit=1)[0]


def _names(listed: str) -> list[str]:
    """The names in `a as b, c`, without dots of a relative import, which stand before `import` only."""
    return [words[0].strip(".*") for part in listed.split(",") if (words := part.split(maxsplit=1))]


class Files:
    """The programs of a submission by their names from its folder, as one of them finds the others."""

    def __init__(self, names: Collection[str]) -> None:
        self._paths = {PurePosixPath(name): name for name in names}
        self._modules = {_parts(path): name for path, name in self._paths.items() if path.suffix.lower() == ".py"}
        self._by_name = _together((path.name, name) for path, name in self._paths.items())
        ends = (
            (known[-n:], name) for known, name in self._modules.items() for n in range(1, min(len(known), DEEPEST) + 1)
        )
        self._by_end = _together(ends)

    def needed(self, importer: str, wants: Collection[Module | Run]) -> set[str]:
        """The files that it imports or runs itself, as names; never its own."""
        found: set[str] = set()
        for want in wants:
            found |= self._module(importer, want) if isinstance(want, Module) else self._run(importer, want.path)
        return found - {importer}

    def _module(self, importer: str, module: Module) -> set[str]:
        parts = tuple(p for p in module.name.split(".") if p)
        # `import a.b` imports `a` as well.
        ways = [parts[:n] for n in range(1, len(parts) + 1)]
        for folder in self._import_folders(PurePosixPath(importer).parent, module.level):
            near = {self._modules[(*folder, *way)] for way in ways if (*folder, *way) in self._modules}
            if near:
                # `from . import x` also runs the package's own `__init__.py`.
                return near | ({self._modules[folder]} if folder in self._modules and module.level else set())
        if not parts or parts[0] in LIBRARIES:
            return set()
        # Found by no rule, as where a program adds folders to `sys.path`: whatever ends so, as precisely as can be.
        return next((set(far) for way in reversed(ways) if (far := self._by_end.get(way))), set())

    def _import_folders(self, folder: PurePosixPath, level: int) -> Iterator[tuple[str, ...]]:
        """Where an import looks: the importer's folder, unless it is a package's, then those around it."""
        around = [folder.parts[:n] for n in range(len(folder.parts), -1, -1)]
        if level:
            yield from around[level - 1 :]
            return
        packages = {parts for parts in around if parts in self._modules and parts}
        yield from (parts for parts in around if parts not in packages)
        yield from (parts for parts in around if parts in packages)

    def _run(self, importer: str, path: str) -> set[str]:
        wants = [path, *([f"{path}.py"] if PurePosixPath(path).suffix.lower() not in {".py", ".ipynb"} else [])]
        for want in wants:
            steps = [s for s in (*PurePosixPath(importer).parent.parts, *PurePosixPath(want).parts) if s != "."]
            folded: list[str] = []
            for step in steps:
                if step != "..":
                    folded.append(step)
                elif folded:
                    folded.pop()
            if (near := PurePosixPath(*folded)) in self._paths:
                return {self._paths[near]}
        return {name for want in wants for name in self._by_name.get(PurePosixPath(want).name, ())}


T = TypeVar("T")


def _together(named: Iterable[tuple[T, str]]) -> Mapping[T, set[str]]:
    """The names by what they have in common."""
    found: dict[T, set[str]] = defaultdict(set)
    for key, name in named:
        found[key].add(name)
    return found


def _parts(path: PurePosixPath) -> tuple[str, ...]:
    """A module's dotted name in parts; that of a package's folder for its `__init__.py`."""
    return path.parent.parts if path.name == PACKAGE else (*path.parent.parts, path.stem)


def reachable(start: Collection[str], needs: Callable[[str], Collection[str]]) -> set[str]:
    """The files that these need, and those that they need in turn; themselves only where one needs them."""
    found: set[str] = set()
    queue = list(start)
    while queue:
        new = set(needs(queue.pop())) - found
        found |= new
        queue += sorted(new)
    return found
