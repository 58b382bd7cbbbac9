"""What a download holds, however it is laid out: one `Handed` for each student."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from grader.errors.failures import fault_in_reading
from grader.intake.formats import ADDRESS, PROGRAMS
from grader.records import UNKNOWN, FileKind, Identity, SourceFile

CLUTTER = frozenset({"__pycache__", "__MACOSX", ".ipynb_checkpoints", ".git", ".DS_Store", "Thumbs.db", "desktop.ini"})
OURS = ((".received",), (".grader.lock", "index.json"), ("manifest.json", "rubric.yaml"))
"""What a class's reports hold, copied or not; a student who checked their own work may have the lock alone."""
LONGEST_ENTRY = 1 << 20
"""Bytes of a text entry that are looked at."""
UNSEEN = re.compile(r"<(/?)(?:style|script)", re.IGNORECASE)
"""Where what a browser does not show begins and ends."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What one student handed in."""

    student: str
    identity: Identity
    files: Mapping[str, Path]
    """Where each file lies, by the name that the student gave it."""
    root: Path | None = None
    """The folder below which the files lie under just these names; None where there is none."""
    others: tuple[SourceFile, ...] = ()
    """What is no file of the student's, such as a text typed into the LMS."""
    doubts: tuple[str, ...] = ()
    """Why a person should see whose this is."""
    fault: str = ""
    """What the grader failed at while it gathered this, in words."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A download that was understood."""

    what: str
    """In words, for the terminal."""
    handed: Sequence[Handed]
    passed_over: Sequence[str] = field(default=())
    """What belongs to no student, each with the reason."""


class Layout(Protocol):
    """A way in which a class is laid out."""

    def __call__(self, root: Path, assignment: str, *, said: bool = False) -> Recognised | None:
        """What lies below that folder; None if it is not laid out in this way.

        A layout is known by what only its system writes and by most of the entries; where it is `said` to be this one,
        by any. Whoever does not fit is a student like the others, with a doubt.

        Raises:
            UserError: it is, but holds several assignments and none is named.
        """


def walk(folder: Path) -> Iterator[Path]:
    """Everything in a folder but clutter, in name order; links are yielded and never followed.

    A folder stands for itself where it may not be read, and where it is empty and called like a program.
    """
    # No recursion: folders may lie in folders a thousand deep.
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if path != folder and not (path.is_dir() and not path.is_symlink()):
            yield path
            continue
        try:
            entries = sorted(path.iterdir(), key=lambda p: p.name)
        except OSError:
            yield path
            continue
        if not entries and path.suffix.lower() in PROGRAMS:
            yield path
        waiting += [e for e in reversed(entries) if e.name not in CLUTTER]


def visible(folder: Path) -> list[Path]:
    """What stands in a folder for somebody to see, in name order; nothing where it may not be read."""
    try:
        entries = sorted(folder.iterdir(), key=lambda p: p.name)
    except OSError:
        return []
    return [e for e in entries if e.name not in CLUTTER and not e.name.startswith(".") and not holds_reports(e)]


def holds_reports(folder: Path) -> bool:
    """Whether it is where a grader writes or has written: `--out` may lie among the submissions.

    Beside its own files a grader writes no program: a hand-in that holds them, by chance or to vanish, is a hand-in.
    """
    with suppress(OSError):
        ours = any(all((folder / name).exists() for name in names) for names in OURS)
        return ours and not any(e.suffix.lower() in PROGRAMS and e.is_file() for e in folder.iterdir())
    return False


def there(path: Path) -> bool:
    """Whether there is such a file or folder; not where that may not be known."""
    with suppress(OSError):
        return path.exists()
    return False


def may_be_listed(folder: Path) -> bool:
    """Whether one may see what is in a folder."""
    try:
        next(folder.iterdir(), None)
    except OSError:
        return False
    return True


def folders(folder: Path) -> list[Path]:
    """The visible folders in a folder; a link is none."""
    return [e for e in visible(folder) if e.is_dir() and not e.is_symlink()]


def is_zip(path: Path) -> bool:
    """Whether a file is called a zip, whatever it holds; a link is none."""
    return path.suffix.lower() == ".zip" and path.is_file() and not path.is_symlink()


def below(root: Path) -> dict[str, Path]:
    """All files below a folder by their names from there; the folder itself is `.` where it may not be read."""
    return {path.relative_to(root).as_posix(): path for path in walk(root)}


def entry(path: Path, name: str) -> SourceFile:
    """A text or a link that was typed into the LMS: it is nothing that could be run, and a person must see it."""
    try:
        with path.open("rb") as opened:
            content = opened.read(LONGEST_ENTRY).decode("utf-8", "replace")
    except OSError as error:
        return SourceFile(name, FileKind.ENTRY, f"cannot be opened: {error.strerror}")
    address = ADDRESS.search(_unescaped(content))
    words = " ".join(_unescaped(" ".join(_shown(content))).split())
    if address:
        return SourceFile(name, FileKind.ENTRY, f"typed into the LMS, with a link that is not followed: {address[0]}")
    return SourceFile(name, FileKind.ENTRY, f"typed into the LMS and not run ({len(words)} characters)")


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:
        # A sign by a number of thousands of digits.
        return text


def _shown(content: str) -> Iterator[str]:
    """What stands between tags; looked at once from its beginning to its end, however it is made."""
    for part in _seen(content):
        for piece in part.split("<"):
            # What stands before the first `<`, or behind a tag; a tag that never ends shows nothing.
            yield piece.partition(">")[2] if ">" in piece else ""


def _seen(content: str) -> Iterator[str]:
    """The parts outside of styles and scripts, each with a `>` in front."""
    place, within = 0, False
    for mark in UNSEEN.finditer(content):
        ends = bool(mark[1])
        if ends == within:
            if not within:
                yield f">{content[place : mark.start()]}"
            place, within = mark.start(), not ends
    if not within:
        yield f">{content[place:]}"


def gathered(student: str, make: Callable[[], Handed]) -> Handed:
    """What a student handed in; where the grader fails at it, the name and what failed: the others go on."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 (what is everybody's is raised)
        return Handed(student, UNKNOWN, {}, fault=fault_in_reading(error, "gathering the files"))


def named_apart(handed: Sequence[Handed]) -> list[Handed]:
    """Students of one name get their ids behind it, so that each has a report of their own."""
    # Case is no difference where file systems see none.
    count = Counter(h.student.casefold() for h in handed)
    taken: set[str] = set()
    apart = []
    for each in handed:
        name = each.student
        if count[name.casefold()] > 1:
            name = f"{name} ({each.identity.id or len(taken) + 1})"
        while name.casefold() in taken:
            name = f"{name} ({len(taken) + 1})"
        taken.add(name.casefold())
        apart.append(replace(each, student=name))
    return sorted(apart, key=lambda h: h.student)


def nameless(student: str, root: Path, *doubts: str) -> Handed:
    """A folder that is all we know of its student."""
    return gathered(student, lambda: Handed(student, UNKNOWN, below(root), root, doubts=doubts))
