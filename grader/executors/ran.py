"""What a submission has shown, with what is kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.records import Evidence


@dataclass(frozen=True, slots=True)
class Ran:
    """A submission's evidence and what is kept beside it."""

    evidence: Evidence
    notebooks: Mapping[str, str] = field(default_factory=dict)
    """The executed notebook of each program, by the program's name."""
    weights: Mapping[str, bytes] = field(default_factory=dict)
    """Arrays by their keys in the evidence, each set packed as `.npz`."""
