"""What the grader asks the process that reads and measures for it, and what that answers: JSON and arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from grader.evidence.endings import Stopped
from grader.records import FileKind, Limits, SourceFile, Submission

ANSWER, FAULT, NO_MEMORY = b"+", b"-", b"m"
"""How an answer begins: what was asked for; a failure of ours, and where; there was no memory for it."""
NOT_BEGUN = b""
"""The answer where the trace shows that the program's kernel never came to its first line."""


@dataclass(frozen=True, slots=True)
class Read:
    """What is this program, and what does it need beside it?"""

    submission: Submission
    """Its root is where the asked one finds it."""
    file: SourceFile
    ask: Literal["read"] = "read"


@dataclass(frozen=True, slots=True)
class Gather:
    """What has this program shown?"""

    submission: Submission
    file: SourceFile
    key: str
    """By which the recorder has sealed the lines of the trace, in hexadecimal digits."""
    stopped: Stopped
    limits: Limits
    ask: Literal["gather"] = "gather"


@dataclass(frozen=True, slots=True)
class Reading:
    """A program as far as it must be known to run it."""

    kind: FileKind
    notebook: Mapping[str, Any] = field(default_factory=dict)
    """For the kernel."""
    cells: int = 0
    """Cells with code."""
    imported: tuple[str, ...] = ()
    """The programs of the submission that it imports, itself included where one of them does."""
    refusal: str = ""
    """Why it cannot be read, for its student; empty where it can."""
    advice: str = ""
    """What of the refusal says what to do."""


_REQUEST: TypeAdapter[Read | Gather] = TypeAdapter(Annotated[Read | Gather, Field(discriminator="ask")])
_READING: TypeAdapter[Reading] = TypeAdapter(Reading)


def request_bytes(asked: Read | Gather) -> bytes:
    """In ASCII, so that even a file name of broken bytes comes back as it was."""
    return json.dumps(_REQUEST.dump_python(asked, mode="json")).encode()


def read_request(content: bytes) -> Read | Gather:
    """What `request_bytes` was given."""
    return _REQUEST.validate_python(json.loads(content))


def reading_bytes(reading: Reading) -> bytes:
    """In ASCII, as `request_bytes`."""
    return json.dumps(_READING.dump_python(reading, mode="json")).encode()


def read_reading(content: bytes) -> Reading:
    """What `reading_bytes` was given; raises ValueError for anything else."""
    return _READING.validate_python(json.loads(content))
