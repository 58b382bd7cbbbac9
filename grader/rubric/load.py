"""From a YAML file to a frozen `Rubric`, or to the list of everything that is wrong with the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from grader.checks.base import Check, StageCheck
from grader.checks.criterion import Criterion, Rubric
from grader.checks.registry import CHECKS
from grader.errors import WrittenError
from grader.lateness import LateRule
from grader.records import StageSignature
from grader.rubric.entries import CriterionEntry, LateEntry, RubricEntry, StageEntry
from grader.written.source import Place, Source
from grader.written.validate import Dialect, suggestion, validated


def load(path: Path) -> Rubric:
    """The rubric in the file; WrittenError with all its problems, each as file:line:column and what to do."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WrittenError(
            (f"{path}: expected a rubric file, cannot read it ({error.strerror}); check the path",)
        ) from error
    source = Source.read(str(path), content)
    if source.value is None:
        source.report((), "the file is empty; expected a rubric")
        raise WrittenError(source.problems)
    entry = validated(source, RubricEntry, source.value, (), DIALECT)
    checks = _checks(source)
    _cross_examine(source)
    if source.problems or entry is None:
        raise WrittenError(source.problems)
    return replace(_rubric(entry, checks, hashlib.sha256(content).hexdigest()), content=content)


def bundled() -> Path:
    """The rubric of this lab that comes with the grader."""
    return Path(str(files("rubrics") / "mlp-regularization.yaml"))


def _rubric(entry: RubricEntry, checks: Mapping[Place, Check], digest: str) -> Rubric:
    stages = tuple(StageSignature(id=name, **dict(stage)) for name, stage in entry.stages.items())
    criteria = tuple(
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
    late = _late(entry.late, marks) if entry.late else None
    return Rubric(
        entry.title,
        marks,
        entry.reference,
        stages,
        criteria,
        entry.nearest_band,
        digest,
        entry.language,
        late,
    )


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


# ---------------------------------------------------------------- problems within one entry


def _keys(model: type[BaseModel], place: Place) -> Sequence[str]:
    """The keys that are allowed beside the last of the place."""
    if issubclass(model, Check):
        return ["check", *model.model_fields]
    if len(place) == 1:
        return list(RubricEntry.model_fields)
    entries: dict[str, type[BaseModel]] = {"stages": StageEntry, "late": LateEntry}
    return list(entries.get(str(place[0]), CriterionEntry).model_fields)


DIALECT = Dialect(
    "the rubric",
    _keys,
    {"string_pattern_mismatch": "a lower-case name; a criterion's id has two, as in data.load"},
)


# ---------------------------------------------------------------- problems between entries


def _criteria(source: Source) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The criteria as they stand in the file, with their positions, whether valid or not."""
    top = source.value if isinstance(source.value, dict) else {}
    listed = top.get("criteria")
    yield from ((i, c) for i, c in enumerate(listed if isinstance(listed, list) else []) if isinstance(c, dict))


def _list(criterion: Mapping[str, Any], key: str) -> list[Any]:
    value = criterion.get(key)
    return value if isinstance(value, list) else []


def _checks(source: Source) -> dict[Place, Check]:
    """Every valid check by its place; the others are reported."""
    checks: dict[Place, Check] = {}
    for i, criterion in _criteria(source):
        for j, options in enumerate(_list(criterion, "checks")):
            place: Place = ("criteria", i, "checks", j)
            name = options.get("check") if isinstance(options, dict) else None
            if not isinstance(name, str):
                continue  # reported by CheckEntry
            if name not in CHECKS:
                source.report((*place, "check"), f"unknown check '{name}' {suggestion(name, CHECKS)}")
                continue
            check = validated(source, CHECKS[name], {k: v for k, v in options.items() if k != "check"}, place, DIALECT)
            if check is not None:
                checks[place] = check
    return checks


def _cross_examine(source: Source) -> None:
    """What no entry can know by itself: ids, needs, stages and the sum of the marks."""
    first: dict[str, int] = {}
    for i, criterion in _criteria(source):
        name = str(criterion.get("id"))
        if name in first:
            source.report(("criteria", i, "id"), f"duplicate criterion '{name}'; give each criterion an id of its own")
        first.setdefault(name, i)
        _examine_stage(source, i, criterion)
    hidden = {str(c.get("id")) for _, c in _criteria(source) if c.get("hidden") is True}
    for i, criterion in _criteria(source):
        for j, need in enumerate(_list(criterion, "needs")):
            if str(need) in hidden and not criterion.get("hidden"):
                source.report(
                    ("criteria", i, "needs", j),
                    f"needs '{need}', which is hidden: a student would be told that it failed; hide both or neither",
                )
            if str(need) not in first:
                source.report(
                    ("criteria", i, "needs", j), f"needs unknown criterion '{need}' {suggestion(str(need), first)}"
                )
    _examine_cycles(source, first)
    _examine_sum(source)


def _examine_stage(source: Source, i: int, criterion: Mapping[str, Any]) -> None:
    """A check of a training run needs a stage whose run it could judge."""
    stages = source.value.get("stages") if isinstance(source.value, dict) else None
    word = str(criterion.get("id")).partition(".")[0]
    if not isinstance(stages, dict) or word in stages:
        return
    for j, options in enumerate(_list(criterion, "checks")):
        name = str(options.get("check")) if isinstance(options, dict) else ""
        if issubclass(CHECKS.get(name, Check), StageCheck):
            message = (
                f"the check '{name}' judges the run of a stage, but '{word}' is no stage {suggestion(word, stages)}"
            )
            source.report(("criteria", i, "checks", j), f"{message}; begin the criterion's id with a stage")


def _examine_cycles(source: Source, first: Mapping[str, int]) -> None:
    needs = {str(c.get("id")): [str(n) for n in _list(c, "needs")] for _, c in _criteria(source)}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        cycle = error.args[1]
        place = ("criteria", first[cycle[0]], "needs")
        source.report(
            place, f"criteria that need one another: {' → '.join(reversed(cycle))}; take one of the needs away"
        )


def _examine_sum(source: Source) -> None:
    """Says the sum and the difference; marks that are no numbers are reported elsewhere."""
    top = source.value if isinstance(source.value, dict) else {}
    try:
        total = Decimal(str(top.get("marks")))
        found = sum((Decimal(str(c.get("marks"))) for _, c in _criteria(source)), Decimal(0))
    except InvalidOperation:
        return
    if found != total and found.is_finite():
        difference = f"{abs(found - total)} too {'much' if found > total else 'little'}"
        source.report(
            ("marks",), f"the criteria's marks sum to {found}, not to {total}: {difference}; mend one of them"
        )
