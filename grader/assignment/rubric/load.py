"""From a YAML file to a frozen `Rubric`, or to the list of everything that is wrong with the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from grader.assignment.criterion import Criterion, Rubric
from grader.assignment.lateness import LateRule
from grader.assignment.rubric.entries import CriterionEntry, LateEntry, RubricEntry, StageEntry
from grader.assignment.rubric.examine import examine
from grader.assignment.rubric.parts import criteria, subject
from grader.assignment.rubric.suspect import suspect
from grader.checks.base import Check
from grader.checks.registry import CHECKS
from grader.errors import WrittenError
from grader.records import StageSignature
from grader.yaml_files.source import KeyPath, Source
from grader.yaml_files.validate import Dialect, suggestion, validated


@dataclass(frozen=True)
class Reading:
    """What was read of a rubric file, whatever is wrong with it."""

    source: Source
    """With the problems, to which more may be added."""
    rubric: Rubric | None
    """None where the file has problems."""


def load(path: Path) -> Rubric:
    """The rubric in the file; WrittenError with all its problems, each as file:line:column and what to do."""
    reading = read(path)
    if reading.rubric is None:
        raise WrittenError(reading.source.problems)
    return reading.rubric


def read(path: Path) -> Reading:
    """The rubric or its problems; WrittenError if the file cannot be read as YAML at all."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WrittenError(
            (f"{path}: expected a rubric file, cannot read it ({error.strerror}); check the path",)
        ) from error
    source = Source.read(str(path), content, subject)
    if source.value is None and not source.problems:
        source.report((), "the file is empty; expected a rubric")
        return Reading(source, None)
    entry = validated(source, RubricEntry, source.value, (), DIALECT)
    checks = _checks(source)
    examine(source)
    if source.problems or entry is None:
        return Reading(source, None)
    rubric = replace(_rubric(entry, checks, source, hashlib.sha256(content).hexdigest()), content=content)
    suspect(source, entry, rubric)
    return Reading(source, rubric)


def bundled() -> Path:
    """The rubric of this lab that comes with the grader."""
    return Path(str(files("rubrics") / "mlp-regularization.yaml"))


def _rubric(entry: RubricEntry, checks: Mapping[KeyPath, Check], source: Source, digest: str) -> Rubric:
    stages = tuple(_signature(name, stage) for name, stage in entry.stages.items())
    listed = tuple(
        Criterion(
            id=c.id,
            title=c.title,
            marks=Fraction(c.marks),
            stage=_stage(c.id, entry.stages),
            checks=tuple(checks["criteria", i, "checks", j] for j in range(len(c.checks))),
            needs=c.needs,
            hidden=c.hidden,
        )
        for i, c in enumerate(entry.criteria)
    )
    marks = Fraction(entry.marks)
    return Rubric(
        title=entry.title,
        marks=marks,
        reference=entry.reference,
        stages=stages,
        criteria=listed,
        nearest_band=entry.nearest_band,
        digest=digest,
        language=entry.language,
        late=_late(entry.late, marks) if entry.late else None,
        source=source,
    )


def _signature(name: str, stage: StageEntry) -> StageSignature:
    return StageSignature(id=name, **{**dict(stage), "keywords": stage.words})


def _late(entry: LateEntry, marks: Fraction) -> LateRule:
    return LateRule(
        due=entry.due.replace(tzinfo=ZoneInfo(entry.zone), fold=1),
        per="day" if entry.per_day is not None else "hour",
        penalty=_price(entry.per_day or entry.per_hour or "0", marks),
        grace=entry.grace,
        cap=None if entry.cap is None else _price(entry.cap, marks),
    )


def _price(text: str, marks: Fraction) -> Fraction:
    """Marks as they stand, or a percentage of all marks."""
    number = Fraction(text.rstrip("% "))
    return number * marks / 100 if text.endswith("%") else number


def _stage(criterion: str, stages: Iterable[str]) -> str | None:
    word = criterion.partition(".")[0]
    return word if word in stages else None


def _keys(model: type[BaseModel], path: KeyPath) -> Sequence[str]:
    """The keys that are allowed beside the last of the path."""
    if issubclass(model, Check):
        return ["check", *model.model_fields]
    if len(path) == 1:
        return list(RubricEntry.model_fields)
    entries: dict[str, type[BaseModel]] = {"stages": StageEntry, "late": LateEntry}
    return list(entries.get(str(path[0]), CriterionEntry).model_fields)


DIALECT = Dialect(
    "the rubric",
    _keys,
    {"string_pattern_mismatch": "a lower-case name; a criterion's id has two, as in data.load"},
)


def _checks(source: Source) -> dict[KeyPath, Check]:
    """Every valid check by its path; the others are reported."""
    checks: dict[KeyPath, Check] = {}
    for i, criterion in criteria(source.value):
        listed = criterion.get("checks")
        for j, options in enumerate(listed if isinstance(listed, list) else []):
            path: KeyPath = ("criteria", i, "checks", j)
            name = options.get("check") if isinstance(options, dict) else None
            if not isinstance(name, str):
                continue  # reported by CheckEntry
            if name not in CHECKS:
                source.report((*path, "check"), f"unknown check '{name}' {suggestion(name, CHECKS)}")
                continue
            check = validated(source, CHECKS[name], {k: v for k, v in options.items() if k != "check"}, path, DIALECT)
            if check is not None:
                checks[path] = check
    return checks
