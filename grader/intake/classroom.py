"""GitHub Classroom: `gh classroom clone student-repos` makes one clone for each student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from grader.intake.layouts import (
    Handed,
    Recognised,
    below,
    folders,
    gathered,
    may_be_listed,
    named_apart,
    there,
    visible,
)
from grader.intake.misfits import misfits, most
from grader.records import Identity, Lms

WRAPPED = "-submissions"
FEW, NEARLY_ALL = 4, 0.75
"""Below so many clones all must begin alike, else so large a part of them."""


def classroom(root: Path, assignment: str, *, said: bool = False) -> Recognised | None:  # noqa: ARG001 (one assignment a folder)
    """`{assignment}-submissions/{assignment}-{user}/.git`; a commit's time is the student's own word, and not used."""
    clones = [f for f in folders(root) if there(f / ".git")]
    # Of a clone that may not be read nothing is known but its name: it is a student's like the others.
    clones += [f for f in folders(root) if clones and not may_be_listed(f)]
    prefix = _prefix(root.name, [f.name for f in clones])
    named = [c for c in clones if prefix and c.name.startswith(prefix) and c.name != prefix]
    rest = misfits((p for p in visible(root) if p not in named), "not a clone")
    if not named or not (said or most(len(named), len(rest.handed))):
        return None
    users = {c: c.name.removeprefix(prefix) for c in named}
    handed = [_handed(user, clone) for clone, user in users.items()]
    what = f"GitHub Classroom clones of {prefix.rstrip('-')}"
    return Recognised(what, named_apart([*handed, *rest.handed]), rest.passed_over)


def _handed(user: str, clone: Path) -> Handed:
    identity = Identity(Lms.GITHUB_CLASSROOM, user)
    return gathered(user, lambda: Handed(user, identity, below(clone), clone))


def _prefix(wrapper: str, names: Sequence[str]) -> str:
    """What stands before the user in most names; empty where nothing does."""
    given = f"{wrapper.removesuffix(WRAPPED)}-"
    if wrapper.endswith(WRAPPED) and most(*_counts(given, names)):
        return given
    # A user's name may hold hyphens itself; only what nearly all have in common can be the assignment. Of a few, all.
    least = len(names) if len(names) < FEW else NEARLY_ALL * len(names)
    begun = Counter(start for name in names for start in _beginnings(name) if start != name)
    shared = [start for start, count in begun.items() if count >= least]
    return max(shared, key=len, default="") if len(names) > 1 else ""


def _counts(start: str, names: Sequence[str]) -> tuple[int, int]:
    """How many begin so, with something behind it, and how many do not."""
    count = sum(name.startswith(start) and name != start for name in names)
    return count, len(names) - count


def _beginnings(name: str) -> list[str]:
    """All that ends with a hyphen, the shortest first."""
    return [name[: i + 1] for i, letter in enumerate(name) if letter == "-"]
