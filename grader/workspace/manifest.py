"""`manifest.json`: by what a class was graded and who belongs to it; the times of files tell neither."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.errors import UserError
from grader.workspace.atomic import write_bytes, write_text
from grader.workspace.layout import MANIFEST, RUBRIC

MANIFEST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the user's that is kept as it was, under a name of ours."""

    name: str
    """What the user called it."""
    digest: str
    """sha256 of its bytes, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was said on the command line and holds until something else is said; None and "" where nothing was."""

    language: str | None = None
    minutes: float | None = None
    memory_gib: float | None = None
    assignment: str = ""
    roster: Kept | None = None
    rubric_path: str = ""
    """Where the rubric lay of which a copy is kept; "" for the lab's own, or where it is not known."""
    layout: str = ""
    """How the class was said to be laid out."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder of reports remembers."""

    title: str
    rubric: Kept
    students: Mapping[str, str]
    """Everybody of the class, graded yet or not, each with the digest of what they handed in."""
    settings: Settings = field(default_factory=Settings)
    quick: bool = False
    """Graded with --quick: of networks only the structure was looked at."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """What the folders of students are called, where not as the students."""
    version: int = MANIFEST_VERSION


def read_manifest(out: Path) -> Manifest | None:
    """What the folder remembers; None where it has no manifest: nobody was graded there, or by an older grader.

    Raises:
        UserError: there is one that cannot be read.
    """
    path = out / MANIFEST
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"not JSON: {error}") from error
    return _of_this_version(path, plain)


def write_manifest(out: Path, manifest: Manifest, rubric: bytes) -> None:
    """Writes the copy of the rubric, then the manifest: where that names a digest, the copy has it."""
    write_bytes(out / RUBRIC, rubric)
    # ASCII, so that a folder's name of broken bytes comes back as it was.
    write_text(out / MANIFEST, json.dumps(asdict(manifest), indent=1) + "\n")


def _of_this_version(path: Path, plain: Any) -> Manifest:
    version = plain.get("version") if isinstance(plain, dict) else None
    if isinstance(version, int) and version > MANIFEST_VERSION:
        raise UserError(
            f"{path} was written by a newer grader (version {version}, this one knows {MANIFEST_VERSION}). Use that."
        )
    if version != MANIFEST_VERSION:
        raise _damaged(path, f"expected version {MANIFEST_VERSION}, found {version}")
    try:
        return _type().validate_python(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _type() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"{path}: expected what was remembered of the class, cannot read it ({why}). Put it back from a copy; or take "
        f"it away and grade again with --out {path.parent} and --rubric FILE: nothing that is graded runs again."
    )
