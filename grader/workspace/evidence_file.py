"""`evidence.json`: the facts about a submission, kept so that a changed rubric re-scores without running anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.errors import UserError
from grader.records import EVIDENCE_VERSION, Evidence, FileKind, SourceFile
from grader.workspace.atomic import write_bytes, write_text
from grader.workspace.layout import (
    EVIDENCE,
    FILES,
    FILES_JSON,
    HELPERS,
    OF_A_STUDENT,
    WEIGHTS,
    former_executed_paths,
    short_names,
)

_KINDS = ("executed", "helpers")
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
    _clear(folder)
    modules = {f.name: c for f in evidence.submission.files if (c := _helper(evidence, f)) is not None}
    executed, helpers = short_names(notebooks, modules)
    for name, short in executed.items():
        write_text(folder / FILES / short, notebooks[name])
    for name, short in helpers.items():
        write_bytes(folder / FILES / short, modules[name])
    for key, packed in weights.items():
        write_bytes(folder / WEIGHTS / f"{key}.npz", packed)
    if executed or helpers:
        # ASCII, so that a file's name of broken bytes comes back as it was.
        write_text(
            folder / FILES_JSON, json.dumps(dict(zip(_KINDS, (executed, helpers), strict=True)), indent=1) + "\n"
        )
    write_evidence(folder, evidence)


def _clear(folder: Path) -> None:
    """Takes away what is known of an earlier submission, the evidence first, as this and older graders wrote it."""
    for name in (EVIDENCE, FILES_JSON):
        if not (folder / name).is_dir():
            (folder / name).unlink(missing_ok=True)
    for name in (FILES, HELPERS, WEIGHTS):
        shutil.rmtree(folder / name, ignore_errors=True)
    # Older graders kept an executed notebook where the student had it, in folders of the student's names.
    for old in (path for path in folder.rglob("*.executed.ipynb") if path.is_file()):
        old.unlink()
    for name in OF_A_STUDENT:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)


def _helper(evidence: Evidence, file: SourceFile) -> bytes | None:
    """A module that was imported and not run; None where it is none, or cannot be read any more."""
    with suppress(OSError):
        if file.kind is FileKind.HELPER:
            return (evidence.submission.root / file.name).read_bytes()
    return None


def files_of(folder: Path, programs: Iterable[str], helpers: Iterable[str]) -> tuple[dict[str, Path], dict[str, Path]]:
    """Where the executed notebooks of these programs and these helpers lie in a student's folder, by their names."""
    programs, helpers = list(programs), list(helpers)
    try:
        named = json.loads((folder / FILES_JSON).read_text(encoding="utf-8"))
        executed, modules = ({k: folder / FILES / Path(v).name for k, v in named[kind].items()} for kind in _KINDS)
    except FileNotFoundError:
        # As an older grader wrote it.
        return former_executed_paths(folder, programs), {name: folder / HELPERS / name for name in helpers}
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}, {}
    return {p: executed[p] for p in programs if p in executed}, {h: modules[h] for h in helpers if h in modules}


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
