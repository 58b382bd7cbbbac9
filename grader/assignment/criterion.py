"""A rubric as the scoring reads it: frozen, validated, its marks exact."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from grader.assignment.lateness import LateRule
from grader.checks.base import Check
from grader.i18n.languages import ENGLISH
from grader.records import AskedNetwork, StageSignature
from grader.yaml_files.source import Source


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the marks table; its checks share its marks by their `share`."""

    id: str
    title: str
    marks: Fraction
    stage: str | None
    """The first word of the id where that is a stage."""
    checks: tuple[Check, ...]
    needs: tuple[str, ...] = ()
    """Criteria without which this one is skipped."""
    hidden: bool = False
    """All its checks are: not shown to students, who are told that something further will be looked at."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """What an assignment asks for and what each part is worth."""

    title: str
    marks: Fraction
    reference: str
    """Import name of the package that holds the model answer and its bands."""
    stages: tuple[StageSignature, ...]
    criteria: tuple[Criterion, ...]
    nearest_band: tuple[str, ...]
    """By which settings the band of a run is chosen, the weightiest first."""
    digest: str
    """sha256 of the file's bytes, in hexadecimal."""
    language: str = ENGLISH
    """Of the reports."""
    late: LateRule | None = None
    """None where late work costs nothing."""
    source: Source | None = field(default=None, repr=False, compare=False)
    """The file, for what shows only beside the reference; None for a rubric from nowhere."""
    content: bytes = field(default=b"", repr=False)
    """The file's bytes, for who keeps a copy of it."""

    def asked(self, stage: str, *, of_students: bool = False) -> AskedNetwork:
        """The network that a stage asks for; without what is hidden, if students are to see it."""
        looks = next(s for s in self.stages if s.id == stage)
        network = AskedNetwork(
            activation=looks.activation, norm=looks.batch_norm, dropout=looks.dropout, optimizer=looks.optimizer
        )
        # What is asked of every run comes before what is asked of the stage's.
        for criterion in sorted((c for c in self.criteria if c.stage in {None, stage}), key=lambda c: c.stage or ""):
            for check in criterion.checks:
                if not (of_students and (criterion.hidden or check.hidden)):
                    network = check.asked(network)
        return network

    def asked_in_all(self, stage: str, *, of_students: bool = False) -> AskedNetwork:
        """The same with the initializer by which the stage is known, where no check asks for one."""
        network = self.asked(stage, of_students=of_students)
        looks = next(s for s in self.stages if s.id == stage)
        return network if network.initializer else replace(network, initializer=looks.initializer)
