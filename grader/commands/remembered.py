"""What `grade` takes from the folder of reports where nothing is said, and the words for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.rubric import bundled
from grader.workspace.manifest import ROSTER_FILE, Kept, Manifest, Settings
from grader.workspace.members import CLASS_PAGE, stored
from grader.workspace.terms import Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a grading; None and "" where it says nothing."""

    minutes: float | None = None
    memory_gib: float | None = None
    assignment: str = ""
    roster: Path | None = None
    quick: bool = False


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
    )
    told = _told(out, before, asked) if before else ()
    return Recalled(settings, roster, name, (*terms_told(out, terms), *told))


def with_roster(settings: Settings, name: str, content: bytes | None) -> Settings:
    """The settings with the roster that was read."""
    kept = None if content is None else Kept(name, hashlib.sha256(content).hexdigest())
    return Settings(settings.language, settings.minutes, settings.memory_gib, settings.assignment, kept)


def terms_told(out: Path, terms: Terms) -> Iterator[str]:
    """That the rubric is the remembered one, where one might expect the lab's own; that the language is another."""
    if terms.chosen.remembered and terms.chosen.rubric.content != bundled().read_bytes():
        other = " (not as it comes with this grader)" if terms.chosen.name == bundled().name else ""
        yield f"Rubric: {terms.chosen.name}{other}, by which this class was graded before."
    written = stored(out / CLASS_PAGE).get("language")
    if isinstance(written, str) and written != terms.standard.language:
        yield f"Language: {written} → {terms.standard.language}."


def _told(out: Path, before: Manifest, asked: Asked) -> Iterator[str]:
    old = before.settings
    if old.minutes and asked.minutes is None:
        yield f"As before: --timeout {old.minutes:g}."
    if old.memory_gib and asked.memory_gib is None:
        yield f"As before: --memory {old.memory_gib:g}."
    if old.assignment and not asked.assignment:
        yield f"As before: --assignment {old.assignment}."
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
