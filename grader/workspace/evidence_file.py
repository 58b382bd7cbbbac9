"""`evidence.json`: the facts about a submission, kept so that a changed rubric re-scores without running anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.errors import UserError
from grader.records import EVIDENCE_VERSION, Evidence, FileKind
from grader.workspace.atomic import write_bytes, write_text
from grader.workspace.layout import EVIDENCE, HELPERS, WEIGHTS, executed_paths

_AGAIN = "Grade this submission again to write its evidence anew."


def evidence_json(evidence: Evidence) -> str:
    """The evidence as one line of JSON in ASCII, so that even a file name of broken bytes comes back as it was."""
    return json.dumps(_evidence_type().dump_python(evidence, mode="json"))


def read_evidence(text: str) -> Evidence:
    """The evidence that `evidence_json` wrote.

    Raises:
        UserError: not evidence, or evidence of another version of the grader.
    """
    plain = _of_this_version(text)
    try:
        return _evidence_type().validate_python(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"Expected complete evidence, found a problem at {place}: {first['msg']}. {_AGAIN}") from error


def stored_evidence(folder: Path) -> Evidence:
    """The evidence in a student's folder of reports.

    Raises:
        OSError, UnicodeDecodeError: it cannot be read.
        UserError: as `read_evidence`.
    """
    return read_evidence((folder / EVIDENCE).read_text(encoding="utf-8"))


def evidence_schema() -> dict[str, Any]:
    """The JSON Schema of `evidence.json`."""
    return _evidence_type().json_schema(mode="serialization")


def write_facts(
    folder: Path,
    evidence: Evidence,
    notebooks: Mapping[str, str],
    weights: Mapping[str, bytes],
) -> None:
    """Writes the facts about a submission, the evidence last: where it is, the rest is.

    `notebooks` are the executed ones by program, `weights` the packed arrays by their keys in the evidence.
    """
    (folder / EVIDENCE).unlink(missing_ok=True)
    # All that is old goes before anything is written: a program may lie below a folder that is called as one of ours.
    for old in (path for path in folder.rglob("*.executed.ipynb") if path.is_file()):
        old.unlink()
    for name in (HELPERS, WEIGHTS):
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in evidence.submission.files:
        if file.kind is FileKind.HELPER:
            with suppress(OSError):
                write_bytes(folder / HELPERS / file.name, (evidence.submission.root / file.name).read_bytes())
    for key, packed in weights.items():
        write_bytes(folder / WEIGHTS / f"{key}.npz", packed)
    # Last: of a module and a run that want one name, the run's notebook is what the report links to.
    for name, target in executed_paths(folder, notebooks).items():
        write_text(target, notebooks[name])
    write_evidence(folder, evidence)


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Writes the evidence alone, where the rest is there already."""
    write_text(folder / EVIDENCE, evidence_json(evidence))


@cache
def _evidence_type() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


def _of_this_version(text: str) -> dict[str, Any]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"Expected evidence as JSON, found text that is not JSON ({error}). {_AGAIN}") from error
    version = plain.get("version") if isinstance(plain, dict) else None
    if version != EVIDENCE_VERSION:
        raise UserError(f"Expected evidence of version {EVIDENCE_VERSION}, found version {version}. {_AGAIN}")
    return dict(plain)
