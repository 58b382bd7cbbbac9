"""Canvas's "Download Submissions" (lib/content_zipper.rb)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from grader.intake.layouts import Handed, Recognised, entry, gathered, named_apart, visible
from grader.intake.misfits import ONE_NUMBER, TWO_READINGS, misfits, most
from grader.records import Attempt, Identity, Lms, SourceFile

AGAIN = re.compile(r"^(?P<stem>.+)-(?P<number>\d{1,3})$", re.DOTALL)
"""Canvas adds `-1`, `-2`, … to the name of a file that a student hands in again."""
WORDS = {"text.html": "text entry", "link.html": "website URL"}
ANONYMOUS, LATE = "anon", "LATE"


@dataclass(frozen=True, slots=True)
class _Part:
    """A file of the download."""

    name: str
    key: str
    """The user's number, or the anonymous one."""
    late: bool
    file: str
    """The attachment's number; empty where a text has none."""
    own: str
    """The name that the student gave the file."""
    path: Path
    unsure: bool = False
    """Its name can be read as that of several students."""

    @property
    def typed(self) -> bool:
        """Whether it was typed into Canvas."""
        return self.own in WORDS

    @property
    def number(self) -> int:
        """The attachment's, for their order."""
        return int(self.file or 0)


def canvas(root: Path, assignment: str, *, said: bool = False) -> Recognised | None:  # noqa: ARG001 (one assignment a download)
    """`{name}[_LATE]_{user}_{attachment}_{file}`, anonymous `[LATE_]anon_{id}_{attachment}_{file}`, no folders."""
    found = {p: [] if p.is_symlink() or not p.is_file() else list(_readings(p)) for p in visible(root)}
    read = [readings for readings in found.values() if readings]
    if not read:
        return None
    sizes = _Sizes(read)
    parts = sorted((_sure_or_not(readings, sizes) for readings in read), key=lambda p: p.number)
    by_student: dict[tuple[str, ...], list[_Part]] = defaultdict(list)
    for part in parts:
        by_student[part.key, part.name, "unsure" * part.unsure].append(part)
    rest = misfits((p for p in found if not found[p]), "not named as Canvas names what a student handed in")
    if not (said or (most(len(by_student), len(rest.handed)) and _is_numbered(parts))):
        return None
    shared = Counter(key for key, _, unsure in by_student if not unsure)

    def of(own: Sequence[_Part]) -> Handed:
        is_shared = shared[own[0].key] > 1 and not own[0].unsure
        return gathered(own[0].name or own[0].key, lambda: _handed(own, shared=is_shared))

    handed = [of(own) for own in by_student.values()]
    what = "a Canvas download" + (", anonymous" if all(not part.name for part in parts) else "")
    return Recognised(what, named_apart([*handed, *rest.handed]), rest.passed_over)


def _readings(path: Path) -> Iterator[_Part]:
    """All ways to read a file's name, the likeliest first: a name and a file's own name may hold numbers, too."""
    words = path.name.split("_")
    start = 1 if words[0] == LATE else 0
    if words[start : start + 1] == [ANONYMOUS] and len(words) > start + 2:
        yield from _anonymous(words[start + 1], words[start + 2 :], path, late=start > 0)
        return
    for at in range(1, len(words) - 1):
        late = words[at - 1] == LATE and at > 1
        name, rest = "_".join(words[: at - late]), words[at + 1 :]
        if not (_is_number(words[at]) and name):
            continue
        if rest[0] in WORDS and len(rest) == 1:
            yield _Part(name, words[at], late, "", rest[0], path)
        elif _is_number(rest[0]) and len(rest) > 1:
            yield _Part(name, words[at], late, rest[0], "_".join(rest[1:]), path)
        if late:
            # Names are written small: what follows belongs to the file's own name.
            return


def _anonymous(key: str, rest: Sequence[str], path: Path, *, late: bool) -> Iterator[_Part]:
    if len(rest) == 1 and rest[0] in WORDS:
        yield _Part("", key, late, "", rest[0], path)
    elif _is_number(rest[0]) and len(rest) > 1:
        yield _Part("", key, late, rest[0], "_".join(rest[1:]), path)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


class _Sizes:
    """How long the numbers are that Canvas gives in this class: others are a student's own, as in `2024_08_lab`."""

    def __init__(self, read: Sequence[Sequence[_Part]]) -> None:
        sure = [readings[0] for readings in read if len(readings) == 1]
        ways = Counter(way for readings in read for way in {(len(r.key), len(r.file)) for r in readings if r.file})
        # Whatever numbers names have in common, Canvas's own stand in every file; of two that do, they are the longer.
        usual = max(ways, key=lambda way: (ways[way], sum(way)), default=None)
        self._keys = {len(p.key) for p in sure} | ({usual[0]} if usual else set())
        self._files = {len(p.file) for p in sure if p.file} | ({usual[1]} if usual else set())

    def fit(self, part: _Part) -> bool:
        """Whether both may be Canvas's: a digit more or less than some others, and no zero in front."""
        numbers = [(part.key, self._keys), *([(part.file, self._files)] if part.file else [])]
        return all(n[0] != "0" and (not own or any(abs(len(n) - size) <= 1 for size in own)) for n, own in numbers)


def _sure_or_not(readings: Sequence[_Part], sizes: _Sizes) -> _Part:
    """The likeliest reading; where another is as likely, the last one, which joins nobody's."""
    likely = [r for r in readings if sizes.fit(r)] or readings[:1]
    return likely[0] if len({(r.key, r.name) for r in likely}) == 1 else replace(likely[-1], unsure=True)


def _is_numbered(parts: Sequence[_Part]) -> bool:
    """Whether attachments have a number each, as Canvas gives them: whoever numbers by hand begins anew for each."""
    numbers = [p.file for p in parts if p.file]
    return 4 * len(set(numbers)) >= 3 * len(numbers)


def _handed(parts: Sequence[_Part], *, shared: bool) -> Handed:
    files = [p for p in parts if not p.typed]
    name, unsure = parts[0].name, parts[0].unsure
    identity = Identity(
        Lms.CANVAS,
        "" if unsure else parts[0].key,
        marked_late=any(p.late for p in parts),
        attempts=tuple(_attempts(files)),
    )
    typed: tuple[SourceFile, ...] = tuple(entry(p.path, WORDS[p.own]) for p in parts if p.typed)
    doubts = (TWO_READINGS,) if unsure else (ONE_NUMBER,) if shared else ()
    return Handed(name or f"anonymous {parts[0].key}", identity, _named(files), None, typed, doubts)


def _attempts(files: Sequence[_Part]) -> list[Attempt]:
    """One for each time that a file was handed in again; Canvas's downloads say no times."""
    own = {f.own for f in files}
    newest = {_stem(p.own, own)[0]: p for p in sorted(files, key=lambda p: _stem(p.own, own)[1])}
    return [Attempt(f"{p.own}, attachment {p.file}", graded=p in newest.values()) for p in files]


def _named(files: Sequence[_Part]) -> Mapping[str, Path]:
    """The names that the students gave: `-1` is taken off where it can only be Canvas's.

    Where the first file is there as well, the later one is called `lab (1).ipynb`: whether it is a newer copy or
    another program, its content says.
    """
    own = {p.own for p in files}
    named: dict[str, Path] = {}
    for part in files:
        stem, number, alone = _stem(part.own, own)
        suffix = PurePath(part.own).suffix
        name = part.own if not number else f"{stem}{suffix}" if alone else f"{stem} ({number}){suffix}"
        while name in named:
            name = f"{part.file} {name}"
        named[name] = part.path
    return named


def _stem(name: str, others: set[str]) -> tuple[str, int, bool]:
    """The stem without Canvas's number, the number (0: none), and whether no other file has that stem."""
    path = PurePath(name)
    found = AGAIN.match(path.stem)
    if not found:
        return path.stem, 0, True
    first = f"{found['stem']}{path.suffix}"
    again = [o for o in others if (a := AGAIN.match(PurePath(o).stem)) and a["stem"] == found["stem"]]
    if first in others:
        return found["stem"], int(found["number"]), False
    # `task-1.py` and `task-2.py` without a `task.py` are two files of one submission.
    return (found["stem"], int(found["number"]), True) if len(again) == 1 else (path.stem, 0, True)
