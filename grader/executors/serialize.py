"""Submissions and what they have shown, as bytes between machines: JSON and arrays in a zip, never a pickle."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from grader.errors import UserError
from grader.executors.ran import Ran
from grader.records import Limits, Submission
from grader.workspace.evidence_file import evidence_json, read_evidence

MOST = 64 << 20
"""Bytes of a submission's files that travel. MNIST itself, which is served to all, has 53 MiB unpacked."""
MOST_UNPACKED = 2 << 30
"""Bytes of a payload's content: what a program may record (`Limits.trace`), several times over."""
MOST_HEAD = 128 << 20
"""Bytes of the JSON in it, evidence included, which takes several times as much memory; the largest of the bundled
class has 1 MiB."""
HEAD = "head.json"
SUBMISSION, LIMITS = TypeAdapter(Submission), TypeAdapter(Limits)


class TooLargeError(Exception):
    """A submission has more bytes than are sent to another machine."""


def submission_payload(submission: Submission, limits: Limits) -> bytes:
    """What another machine needs to run a submission: the files that it runs, imports or opens.

    Raises:
        TooLargeError: they are over MOST bytes; the message is for the instructor.
    """
    parts: dict[str, bytes] = {}
    left = MOST
    for file in (*submission.programs, *submission.beside):
        # What cannot be read here is missing there, and said in the same way as on one machine.
        with suppress(OSError):
            parts[file.name] = _content(submission.root / file.name, left)
            left -= len(parts[file.name])
    plain = {"submission": SUBMISSION.dump_python(submission, mode="json")}
    return pack({**plain, "limits": LIMITS.dump_python(limits, mode="json")}, parts)


def unpack_submission(payload: bytes, folder: Path) -> tuple[Submission, Limits]:
    """Lays the submission's files out in an empty folder, which becomes its root."""
    head, parts = unpack(payload)
    submission = SUBMISSION.validate_python(head["submission"] | {"root": str(folder)})
    known = {file.name for file in submission.files}
    for name, content in parts.items():
        target = folder / name
        if name not in known or not target.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"no file of the submission: {name!r}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return submission, LIMITS.validate_python(head["limits"])


def ran_payload(ran: Ran, *, packed: bool = True) -> bytes:
    """What a submission has shown: evidence as JSON, executed notebooks, arrays as `.npz`; `packed` for a long way."""
    parts = {f"notebook {name}": text.encode("utf-8", "surrogatepass") for name, text in ran.notebooks.items()}
    parts |= {f"weights {key}": packed for key, packed in ran.weights.items()}
    return pack({"evidence": evidence_json(ran.evidence)}, parts, packed=packed)


def unpack_ran(payload: bytes, submission: Submission) -> Ran:
    """What was shown, as evidence about the submission as it stands here.

    Raises:
        UserError: not such a payload, or of another version of the grader.
    """
    try:
        head, parts = unpack(payload)
        evidence = replace(read_evidence(head["evidence"]), submission=submission)
        notebooks, weights = _named(parts, "notebook "), _named(parts, "weights ")
        texts = {name: content.decode("utf-8", "surrogatepass") for name, content in notebooks.items()}
    except Exception as error:  # its bytes come over a network
        raise UserError(f"Expected the evidence of {submission.student} from a worker, found {error!r}.") from error
    strange = {*texts} - {file.name for file in submission.files} | {key for key in weights if Path(key).name != key}
    if strange:
        raise UserError(f"Expected the evidence of {submission.student} from a worker, found files named {strange}.")
    return Ran(evidence, texts, weights)


def pack(head: Mapping[str, Any], parts: Mapping[str, bytes] | None = None, *, packed: bool = True) -> bytes:
    """A JSON object and named bytes as one; the names may be any text at all."""
    parts = parts or {}
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(HEAD, json.dumps({"head": head, "names": list(parts)}))
        for number, content in enumerate(parts.values()):
            archive.writestr(str(number), content)
    return buffer.getvalue()


def unpack(payload: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What `pack` was given; raises ValueError, KeyError or what `zipfile` raises for anything else."""
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise ValueError(f"over {MOST_UNPACKED >> 20} MiB")
        if archive.getinfo(HEAD).file_size > MOST_HEAD:
            raise ValueError(f"over {MOST_HEAD >> 20} MiB of JSON")
        written = json.loads(archive.read(HEAD))
        return written["head"], {name: archive.read(str(number)) for number, name in enumerate(written["names"])}


def _content(path: Path, most: int) -> bytes:
    """Never follows a link: the file is the student's, and it is about to leave this machine."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        content = opened.read(most + 1)
    if len(content) > most:
        raise TooLargeError(
            f"Its files have more than {MOST >> 20} MiB, which is the most that is sent to a worker. "
            "Grade it with --executor local."
        )
    return content


def _named(parts: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    return {name.removeprefix(prefix): content for name, content in parts.items() if name.startswith(prefix)}
