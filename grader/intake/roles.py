"""Which files of a submission are programs, to be run, and which belong to another: its helpers and older copies."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.intake.copies import Candidate, is_unsure, older_copies
from grader.intake.imports import PACKAGE, Files, Module, Run, reachable, wanted
from grader.records import FileKind, SourceFile

MAIN = re.compile(r"^if\b(?=[^\n]*\b__name__\b)(?=[^\n]*\b__main__\b)", re.MULTILINE)
FIT = re.compile(r"\.fit\w*\s*\(")
MOST_ROUNDS = 20
"""In which copies are looked for among what only older copies needed."""

Codes = Callable[[str], str]
"""The code of a file by its name."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Files that all need one another, or one file alone, and whether anything else needs them."""

    names: Sequence[str]
    needed: bool


def roles(candidates: Collection[Candidate]) -> tuple[SourceFile, ...]:
    """What each file is: a program, a helper that a program needs, or an older copy of a program.

    Where there is any file, there is a program, and every helper is needed by one that is run.
    """
    known = {c.name: c for c in candidates}
    wants = {name: wanted(c.code) for name, c in known.items()}
    copies: dict[str, str] = {}
    for round_ in range(MOST_ROUNDS + 1):
        left = {name: c for name, c in known.items() if name not in copies}
        needs = _needs({name: wants[name] for name in left})
        programs = _programs(left, needs)
        more = older_copies([left[name] for name in programs]) if round_ < MOST_ROUNDS else {}
        if not more:
            break
        # What only an older copy needs belongs to nobody then, and is looked at again.
        copies = {old: more.get(new, new) for old, new in copies.items()} | more
    return tuple(_role(c, copies, programs, needs, known) for c in candidates)


def needed_by(program: str, codes: Codes, names: Collection[str]) -> set[str]:
    """The files, among these, that a program imports or runs, and those that they need; codes are read as needed.

    The program itself is among them where one of them needs it.
    """
    files = Files(names)
    return reachable([program], lambda name: files.needed(name, wanted(codes(name))))


def helpers(needed: Collection[str], program: str, codes: Codes) -> tuple[SourceFile, ...]:
    """What a program needs, each with who needs it."""
    files = Files([program, *needed])
    needs = {name: files.needed(name, wanted(codes(name))) for name in (program, *needed)}
    return tuple(_helper(name, needs) for name in needed)


def _helper(name: str, needs: Mapping[str, Collection[str]]) -> SourceFile:
    first = next((importer for importer, needed in needs.items() if name in needed), None)
    return SourceFile(name, FileKind.HELPER, f"imported by {first}" if first else "makes a package of its folder")


def _role(
    candidate: Candidate,
    copies: Mapping[str, str],
    programs: Collection[str],
    needs: Mapping[str, Collection[str]],
    known: Mapping[str, Candidate],
) -> SourceFile:
    if newer := copies.get(candidate.name):
        note = f"an older copy of {newer}"
        return SourceFile(candidate.name, FileKind.DUPLICATE, note, unsure=is_unsure(candidate, known[newer]))
    if candidate.name in programs:
        return SourceFile(candidate.name, candidate.kind)
    return _helper(candidate.name, needs)


def _needs(wants: Mapping[str, Collection[Module | Run]]) -> dict[str, set[str]]:
    files = Files(wants)
    return {name: files.needed(name, own) for name, own in wants.items()}


def _programs(candidates: Mapping[str, Candidate], needs: Mapping[str, Collection[str]]) -> set[str]:
    """What nothing else needs; of files that need one another and that nothing else needs, those that begin it."""
    packages = {n for n, c in candidates.items() if PurePosixPath(n).name == PACKAGE and not FIT.search(c.code)}
    idle = packages - reachable(sorted(candidates.keys() - packages), needs.__getitem__)
    if len(idle) == len(candidates):
        # A package that trains nothing, and that nobody imports, is run only where there is nothing else.
        return idle
    found: set[str] = set()
    for part in _parts({name: set(needed) - idle for name, needed in needs.items() if name not in idle}):
        if not part.needed:
            found.update(part.names if len(part.names) == 1 else _begin([candidates[name] for name in part.names]))
    return found


def _begin(cycle: Sequence[Candidate]) -> list[str]:
    """Which of files that import one another a person would run: those that say so, else those that train."""
    for sign in (MAIN, FIT):
        if begun := [c.name for c in cycle if sign.search(c.code)]:
            return begun
    return [c.name for c in cycle]


def _parts(needs: Mapping[str, Collection[str]]) -> list[_Part]:
    """The files in parts that need one another, each told whether another part needs it."""
    names = list(needs)
    if not names:
        return []
    index_of = {name: index for index, name in enumerate(names)}
    arrows = [(index_of[importer], index_of[needed]) for importer in names for needed in needs[importer]]
    part_of = _strongly_connected(len(names), arrows)
    needed_by_others = {part_of[needed] for importer, needed in arrows if part_of[importer] != part_of[needed]}
    parts: dict[int, list[str]] = {}
    for index, name in enumerate(names):
        parts.setdefault(part_of[index], []).append(name)
    return [_Part([own[0], *sorted(own[1:])], number in needed_by_others) for number, own in parts.items()]


def _strongly_connected(count: int, arrows: Sequence[tuple[int, int]]) -> Sequence[int]:
    """For each node the number of its part, in which each can be reached from each."""
    if not arrows:
        return range(count)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    starts, ends = [start for start, _ in arrows], [end for _, end in arrows]
    graph = csr_array(([True] * len(arrows), (starts, ends)), shape=(count, count))
    return list(map(int, connected_components(graph, directed=True, connection="strong")[1]))
