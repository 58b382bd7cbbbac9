"""Gradescope's "Export Submissions": `submission_{number}/` folders and `submission_metadata.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from grader.errors import UserError
from grader.intake.layouts import Handed, Recognised, below, folders, gathered, named_apart, there, visible
from grader.intake.misfits import misfits, most
from grader.records import Attempt, Identity, Lms

METADATA = "submission_metadata.yml"
SUBMISSION = re.compile(r"submission_\d{1,20}")
LARGEST = 64 << 20
LONGEST_NAME = 60
"""Letters of a student's or a group's name; file systems allow 255 bytes."""


class _Loader(yaml.SafeLoader):
    """Ruby's own types (results of tests) are read as nothing."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def gradescope(root: Path, assignment: str, *, said: bool = False) -> Recognised | None:  # noqa: ARG001 (one assignment an export)
    """The export, whose metadata say who handed in what and when."""
    path = root / METADATA
    if not there(path) or not path.is_file() or path.is_symlink():
        return None
    own = folders(root)
    numbered = [f for f in own if SUBMISSION.fullmatch(f.name)]
    # Looked at before the metadata are read: a file of that name among other folders stops nobody.
    if not (said or most(len(numbered), len(own) - len(numbered))):
        return None
    metadata = _metadata(path)
    known = [f for f in own if f.name in metadata]
    rest = misfits((p for p in visible(root) if p not in known and p != path), f"not in {METADATA}")
    if not known or not (said or most(len(known), len(rest.handed))):
        return None
    missing = [f"{name}: in {METADATA}, but there is no such folder" for name in metadata if not (root / name).is_dir()]
    handed = [_gathered(folder, metadata[folder.name]) for folder in known]
    return Recognised("a Gradescope export", named_apart([*handed, *rest.handed]), (*rest.passed_over, *missing))


def _metadata(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} is larger than {LARGEST >> 20} MiB. Export the submissions anew.")
        found = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 (derived from the safe loader)
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path} cannot be read as YAML ({type(error).__name__}). Export the submissions anew."
        ) from error
    return {str(name): about for name, about in found.items()} if isinstance(found, dict) else {}


def _gathered(folder: Path, about: Any) -> Handed:
    return gathered(folder.name, lambda: _handed(folder, about))


def _handed(folder: Path, about: Any) -> Handed:
    people = [p for p in _list(about, "submitters") if isinstance(p, dict)]
    names = [str(_field(p, "name") or _field(p, "email") or "") for p in people]
    ids = [str(_field(p, "sid") or _field(p, "email") or "") for p in people]
    moment = _moment(_field(about, "created_at"))
    identity = Identity(
        Lms.GRADESCOPE,
        ids[0] if ids else "",
        " and ".join(filter(None, names)),
        str(_field(people[0], "email") or "") if people else "",
        tuple(ids) if len(ids) > 1 else (),
        moment,
        attempts=(*_earlier(about), Attempt(folder.name, moment, graded=True)),
    )
    return Handed(_as_folder(identity.name) or folder.name, identity, below(folder), folder)


def _as_folder(name: str) -> str:
    """A name that may be a folder's; empty where nothing of it may."""
    kept = "".join(c if c.isprintable() and c not in "/\\" else " " for c in name)
    return kept.strip(" .")[:LONGEST_NAME]


def _earlier(about: Any) -> Iterator[Attempt]:
    past = [h for h in _list(about, "history") if isinstance(h, dict)]
    found = [Attempt(str(_field(h, "id") or "earlier"), _moment(_field(h, "created_at"))) for h in past]
    yield from sorted(found, key=lambda a: a.submitted_at.timestamp() if a.submitted_at else 0.0)


def _field(about: Any, name: str) -> Any:
    """Ruby writes its symbols with a colon in front."""
    if not isinstance(about, dict):
        return None
    return about.get(f":{name}", about.get(name))


def _list(about: Any, name: str) -> list[Any]:
    found = _field(about, name)
    return found if isinstance(found, list) else []


def _moment(value: Any) -> datetime | None:
    """With its zone; Gradescope's times are UTC where they do not say."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
