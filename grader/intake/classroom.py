"""GitHub Classroom: `gh classroom clone student-repos` makes one clone for each student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.intake.layouts import Handed, Recognised, below, folders, may_be_listed, named_apart, there, visible
from grader.records import Identity, Lms

WRAPPED = "-submissions"


def classroom(root: Path, assignment: str) -> Recognised | None:  # noqa: ARG001 (one assignment a folder)
    """`{assignment}-submissions/{assignment}-{user}/.git`; a commit's time is the student's own word, and not used."""
    clones = [f for f in folders(root) if there(f / ".git")]
    # Of a clone that may not be read nothing is known but its name: it is a student's like the others.
    clones += [f for f in folders(root) if clones and not may_be_listed(f)]
    prefix = _prefix(root.name, [f.name for f in clones])
    if not clones or not prefix or any(f not in clones for f in folders(root)):
        return None
    handed = [
        Handed(c.name.removeprefix(prefix), Identity(Lms.GITHUB_CLASSROOM, c.name.removeprefix(prefix)), below(c), c)
        for c in clones
    ]
    rest = [f"{p.name}: not a clone" for p in visible(root) if p not in clones]
    return Recognised(f"GitHub Classroom clones of {prefix.rstrip('-')}", named_apart(handed), rest)


def _prefix(wrapper: str, names: Sequence[str]) -> str:
    """What stands before the user in every name; empty where nothing does."""
    given = f"{wrapper.removesuffix(WRAPPED)}-"
    if wrapper.endswith(WRAPPED) and all(n.startswith(given) and n != given for n in names):
        return given
    # A user's name may hold hyphens itself; only what all have in common can be the assignment.
    shared = [n for n in _beginnings(min(names, default="")) if all(o.startswith(n) and o != n for o in names)]
    return shared[-1] if len(names) > 1 and shared else ""


def _beginnings(name: str) -> list[str]:
    """All that ends with a hyphen, the shortest first."""
    return [name[: i + 1] for i, letter in enumerate(name) if letter == "-"]
