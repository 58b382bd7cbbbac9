"""Tells from a regular expression itself whether a text exists on which it takes more than linear time."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LETTERS = frozenset(map(chr, range(128))) | frozenset(
    "\x85\xa0\xb2\xc4\xdf\xe0\u017f\u0416\u0436\u0663\u2013\u2014\u2015\u2019\u2028\u2500\u2550\u2501"
    "\u3001\u3002\u4e2d\u5e74\u65e5\u6708\u6587\u7684\u7ed3\u8bba\uff08\uff09\uff0c\uff1a\uff1b"
)
"""Letters that stand for all."""
UNBOUNDED = 512
"""So often or more is as good as without end: a megabyte times this is seconds."""
MOST_PATHS = 20_000
WORDS = frozenset(c for c in LETTERS if c.isalnum() or c == "_")
CATEGORIES = {
    ops.CATEGORY_DIGIT: frozenset(c for c in LETTERS if c.isdecimal()),
    ops.CATEGORY_SPACE: frozenset(c for c in LETTERS if c.isspace()),
    ops.CATEGORY_WORD: WORDS,
}
OPPOSITES = {
    ops.CATEGORY_NOT_DIGIT: ops.CATEGORY_DIGIT,
    ops.CATEGORY_NOT_SPACE: ops.CATEGORY_SPACE,
    ops.CATEGORY_NOT_WORD: ops.CATEGORY_WORD,
}
CATEGORIES |= {opposite: LETTERS - CATEGORIES[category] for opposite, category in OPPOSITES.items()}


@dataclass(frozen=True, slots=True)
class Atom:
    """One letter of a set, or a repetition of it."""

    letters: frozenset[str]
    least: int = 1
    endless: bool = False
    takes_all: bool = False
    """Possessive: it gives nothing back."""
    before: bool = False
    """No letter of the match but of what must stand before it."""
    edge: bool = False
    """No letter at all: here a word begins or ends."""


START = Atom(frozenset(), before=True)
"""Where the text begins, and nowhere else."""
Path = tuple[Atom, ...]


class Unbounded(Exception):  # noqa: N818 (what was looked for)
    """There is a text on which the pattern takes more than linear time."""


def insist_on_linear(pattern: re.Pattern[Any], *, anchored: bool = False) -> None:
    """Raises `Unbounded` where repetitions are nested, or follow each other, or begin anew, over the same letters.

    `anchored`: it is only ever tried at the beginning of a text.
    """
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = _parser.parse(source, pattern.flags & ~re.UNICODE & ~re.DEBUG)
    for path in _paths(tree, pattern.flags):
        _look_at((START, *path) if anchored else path)


def _paths(sequence: Iterable[tuple[Any, Any]], flags: int) -> Iterator[Path]:
    """Every way through a pattern."""
    paths: list[Path] = [()]
    for op, value in sequence:
        more = list(_of(op, value, flags))
        if op in {ops.ASSERT, ops.ASSERT_NOT} and value[0] > 0:
            # What is looked at ahead is one way to its end; the match goes on from where it was.
            yield from (path + ahead for path in paths for ahead in more)
            continue
        paths = [path + tail for path in paths for tail in more]
        if len(paths) > MOST_PATHS:
            raise Unbounded("more alternatives than can be looked at")
    yield from paths


def _of(op: Any, value: Any, flags: int) -> Iterator[Path]:
    if op in {ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN, ops.RANGE}:
        yield (Atom(_letters(op, value, flags)),)
    elif op is ops.AT:
        yield from _at(value, flags)
    elif op is ops.SUBPATTERN:
        _, add, remove, inner = value
        yield from _paths(inner, (flags | add) & ~remove)
    elif op is ops.ATOMIC_GROUP:
        yield from (tuple(replace(a, takes_all=True) for a in path) for path in _paths(value, flags))
    elif op is ops.BRANCH:
        yield from dict.fromkeys(path for inner in value[1] for path in _paths(inner, flags))
    elif op in {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT}:
        yield from _repeated(op, *value, flags)
    elif op in {ops.ASSERT, ops.ASSERT_NOT}:
        yield from _looked_at(op, *value, flags)
    else:
        raise Unbounded(f"{op} is not understood")


def _at(value: Any, flags: int) -> Iterator[Path]:
    if value is ops.AT_BEGINNING and flags & re.MULTILINE:
        yield (Atom(frozenset("\n"), before=True),)
    elif value in {ops.AT_BEGINNING, ops.AT_BEGINNING_STRING}:
        yield (START,)
    elif value is ops.AT_BOUNDARY:
        yield (Atom(LETTERS, least=0, edge=True),)
    else:
        # The end of a text or of a line.
        yield (Atom(frozenset(), least=0, edge=True),)


def _looked_at(op: Any, direction: int, inner: Any, flags: int) -> Iterator[Path]:
    paths = list(_paths(inner, flags))
    if direction > 0:
        yield from ((*path, Atom(frozenset(), least=0, edge=True)) for path in paths)
        return
    letters = frozenset[str]().union(*(path[-1].letters for path in paths))
    yield (Atom(letters if op is ops.ASSERT else LETTERS - letters, before=True),)


def _repeated(op: Any, least: int, most: int, inner: Any, flags: int) -> Iterator[Path]:
    paths = list(dict.fromkeys(_paths(inner, flags)))
    if any(len(path) == 1 and not path[0].endless for path in paths) and len(paths) == 1:
        letters = paths[0][0].letters
        endless = most >= UNBOUNDED
        yield (Atom(letters, least, endless, takes_all=op is ops.POSSESSIVE_REPEAT),)
        return
    if most >= UNBOUNDED:
        if any(a.endless for path in paths for a in path):
            raise Unbounded("a repetition within a repetition")
        letters = frozenset[str]().union(*(a.letters for path in paths for a in path if not a.before and not a.edge))
        yield (Atom(letters, least, endless=True, takes_all=op is ops.POSSESSIVE_REPEAT),)
        return
    if not least:
        yield ()
    for path in paths:
        yield path * max(1, min(most, 2))


def _letters(op: Any, value: Any, flags: int) -> frozenset[str]:
    if op is ops.ANY:
        return LETTERS if flags & re.DOTALL else LETTERS - {"\n"}
    if op is ops.LITERAL:
        found = frozenset({chr(value)})
    elif op is ops.NOT_LITERAL:
        return LETTERS - _letters(ops.LITERAL, value, flags)
    elif op is ops.RANGE:
        found = frozenset(c for c in LETTERS if value[0] <= ord(c) <= value[1])
    elif op is ops.CATEGORY:
        found = CATEGORIES[value]
    else:
        negated = value[0][0] is ops.NEGATE
        found = frozenset[str]().union(*(_letters(o, v, flags) for o, v in (value[1:] if negated else value)))
        return LETTERS - found if negated else found
    return found | {d for c in found for d in (c.lower(), c.upper()) if len(d) == 1} if flags & re.IGNORECASE else found


def _look_at(path: Path) -> None:
    for place, atom in enumerate(path):
        if not atom.endless or not _can_fail(path[place + 1 :]):
            continue
        if _begins_within(path[:place], atom.letters):
            raise Unbounded(f"begins anew within its own repetition of {_shown(atom.letters)}")
        for later in range(place + 1, len(path)):
            other, between = path[later], path[place + 1 : later]
            if not other.endless or atom.takes_all or not _can_fail(path[later + 1 :]):
                continue
            shared = atom.letters & other.letters
            if shared and all(a.letters & shared for a in between if a.least and not a.before):
                raise Unbounded(f"two repetitions of {_shown(shared)} follow each other")


def _can_fail(rest: Path) -> bool:
    return any(a.least or a.edge or a.before for a in rest)


def _begins_within(start: Path, letters: frozenset[str]) -> bool:
    """Whether the beginning of the pattern fits into a run of these letters, at every place of it."""
    if start and start[0].edge and start[0].letters and (letters <= WORDS or not letters & WORDS):
        # A run of nothing but letters of words has one beginning.
        return False
    return all(a.letters & letters for a in start if a.least)


def _shown(letters: frozenset[str]) -> str:
    shown = "".join(sorted(letters & frozenset(string.printable)))
    return repr(shown if len(shown) < 20 else f"{shown[:20]}…")
