"""What `grade` takes from the folder of reports where nothing is said, and the words for it."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grader.assignment.rubric import bundled
from grader.workspace.layout import INDEX_JSON, ROSTER_FILE, RUBRIC
from grader.workspace.manifest import Kept, Manifest, Settings
from grader.workspace.members import stored
from grader.workspace.rubrics import Chosen, changed_since
from grader.workspace.terms import Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a grading; None and "" where it says nothing."""

    minutes: float | None = None
    memory_gib: float | None = None
    assignment: str = ""
    roster: Path | None = None
    quick: bool = False
    folder: Path | None = None
    """Of the submissions."""
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the command line says, completed by what is remembered."""

    settings: Settings
    roster: Path | None
    roster_name: str
    told: tuple[str, ...]
    """What came from memory."""


def recalled(out: Path, before: Manifest | None, terms: Terms, asked: Asked) -> Recalled:
    """Completes what is asked by what the folder remembers; reads, and writes nothing."""
    old = before.settings if before else Settings()
    roster = asked.roster or (out / ROSTER_FILE if old.roster and (out / ROSTER_FILE).is_file() else None)
    name = asked.roster.name if asked.roster else old.roster.name if old.roster else ""
    settings = Settings(
        terms.language,
        asked.minutes or old.minutes,
        asked.memory_gib or old.memory_gib,
        asked.assignment or old.assignment,
        rubric_path=terms.chosen.original,
        layout=asked.layout or old.layout,
    )
    told = _told(out, before, asked) if before else ()
    return Recalled(settings, roster, name, (*terms_told(out, terms, asked.folder), *told))


def with_roster(settings: Settings, name: str, content: bytes | None) -> Settings:
    """The settings with the roster that was read."""
    kept = None if content is None else Kept(name, hashlib.sha256(content).hexdigest())
    return replace(settings, roster=kept)


def terms_told(out: Path, terms: Terms, folder: Path | None = None) -> Iterator[str]:
    """Which rubric it is, and which that lies near it is not; that the language is another.

    `folder` is that of the submissions, where one is given.
    """
    yield from _rubric_told(out, terms.chosen, folder)
    written = stored(out / INDEX_JSON).get("language")
    if isinstance(written, str) and written != terms.assignment.language:
        yield f"Language: {written} → {terms.assignment.language}."


def _rubric_told(out: Path, chosen: Chosen, folder: Path | None) -> Iterator[str]:
    if chosen.is_the_labs_own:
        yield f"Rubric: the lab's own ({chosen.name})."
        yield from _unused(out, folder)
    elif chosen.remembered:
        other = " (not as it comes with this grader)" if chosen.name == bundled().name else ""
        yield f"Rubric: {chosen.file}, the copy kept of {chosen.name}{other}{_as_it_is_now(chosen)}."
    else:
        yield f"Rubric: {chosen.file}."


def _as_it_is_now(chosen: Chosen) -> str:
    """A file of the user's that was mended since is what they may think they go by."""
    original = Path(chosen.original or chosen.name)
    if not original.is_file():
        return "; another one: --rubric FILE"
    if not changed_since(chosen, original):
        return ", which has not changed since"
    return f", which has changed since; {chosen.name} as it is now: --rubric {_shown(original)}"


def _unused(out: Path, folder: Path | None) -> Iterator[str]:
    """Somebody who lays a rubric here may think that it is taken."""
    beside = [out.parent] if folder is None else [folder, folder.parent]
    found = {path.resolve(): path for near in (Path(), *beside) if (path := near / RUBRIC).is_file()}
    found.pop((out / RUBRIC).resolve(), None)
    for resolved in found:
        shown = _shown(resolved)
        here = f"./{RUBRIC} here" if shown == RUBRIC else shown
        yield f"There is a {here} that is not used: --rubric {shown} takes it."


def _shown(path: Path) -> str:
    """As one types it: from here, if it lies below."""
    below = path.resolve().is_relative_to(Path.cwd())
    return shlex.quote(str(path.resolve().relative_to(Path.cwd()) if below else path))


def _told(out: Path, before: Manifest, asked: Asked) -> Iterator[str]:
    old = before.settings
    if old.minutes and asked.minutes is None:
        yield f"As before: --timeout {old.minutes:g}."
    if old.memory_gib and asked.memory_gib is None:
        yield f"As before: --memory {old.memory_gib:g}."
    if old.assignment and not asked.assignment:
        yield f"As before: --assignment {old.assignment}."
    if old.layout and not asked.layout:
        yield f"As before: --layout {old.layout}."
    if old.roster and asked.roster is None:
        copy = out / ROSTER_FILE
        if not copy.is_file():
            yield f"The roster {old.roster.name} of the last time is not in {out} any more: graded without one."
        elif hashlib.sha256(copy.read_bytes()).hexdigest() != old.roster.digest:
            yield f"As before: --roster {old.roster.name}, from {copy}, which has been changed since."
        else:
            yield f"As before: --roster {old.roster.name}, from {copy}."
    if before.quick and not asked.quick:
        yield "The last time was --quick; this time everything runs in full."
