"""What may stand in a rubric file: its keys and their types, as Pydantic models, and as a JSON Schema for editors."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from grader.checks.base import Check
from grader.checks.registry import CHECKS
from grader.languages import ENGLISH, languages
from grader.records import NEAREST_BY

Text = Annotated[str, StringConstraints(min_length=1)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
CriterionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Marks = Annotated[Decimal, Field(gt=0)]

WALL_CLOCK = re.compile(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?$")
PRICE = re.compile(r"^\d+(\.\d+)?(\s*%)?$")
LENGTH = re.compile(r"^(?P<count>\d{1,4})\s*(?P<unit>minute|hour|day)s?$")

Setting = Literal["scaling", "rows", "batch_size"]


def _all_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if sorted(names) != sorted(NEAREST_BY):
        raise ValueError(f"all of {', '.join(NEAREST_BY)}, each once, the weightiest first")
    return names


def _spoken(language: str) -> str:
    if language not in languages():
        raise ValueError(f"one of the languages that reports can be written in: {', '.join(languages())}")
    return language


class _Entry(BaseModel):
    """A mapping of the file: its fields are the keys it may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckEntry(BaseModel):
    """One check by name; the other keys are its options, which its own class validates."""

    model_config = ConfigDict(frozen=True, extra="allow")
    check: Text


class StageEntry(_Entry):
    """What distinguishes a stage; what is left out may be anything."""

    title: Text
    activation: tuple[Text, ...] = ()
    initializer: tuple[Text, ...] = ()
    optimizer: tuple[Text, ...] = ()
    batch_norm: bool | None = None
    dropout: bool | None = None
    keywords: dict[Word, tuple[Text, ...]] | tuple[Text, ...] = ()
    feature: Literal["none", "initializer", "activation", "optimizer", "batch_norm", "dropout", ""] = ""


class CriterionEntry(_Entry):
    """One line of the marks table; an id that begins with a stage belongs to that stage."""

    id: CriterionId
    title: Text
    marks: Marks
    checks: Annotated[tuple[CheckEntry, ...], Field(min_length=1)]
    needs: tuple[Text, ...] = ()
    hidden: bool = False


def _wall_clock(value: object) -> datetime:
    """A date and a time without a zone, however YAML has read it."""
    if isinstance(value, str) and WALL_CLOCK.match(value.strip()):
        value = datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime) or value.tzinfo:
        raise ValueError("a date and a time of the zone's clock, such as 2024-08-14 23:59")
    return value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("a time zone such as Europe/Berlin, Asia/Kolkata or UTC") from error
    return name


def _price(value: object) -> str:
    """Marks, or a share of the rubric's marks with a percent sign."""
    if isinstance(value, bool) or not PRICE.match(text := str(value)):
        raise ValueError('marks, such as 0.5, or a share of all marks, such as "10 %"')
    return text


def _length(value: object) -> timedelta:
    found = LENGTH.match(str(value))
    if not found:
        raise ValueError("a length of time, such as 15 minutes, 2 hours or 1 day")
    return timedelta(**{f"{found['unit']}s": int(found["count"])})


Price = Annotated[str, BeforeValidator(_price)]


class LateEntry(_Entry):
    """What late work costs; without this entry, nothing."""

    due: Annotated[datetime, BeforeValidator(_wall_clock, json_schema_input_type=str)]
    zone: Annotated[Text, AfterValidator(_known_zone)]
    per_day: Price | None = None
    per_hour: Price | None = None
    grace: Annotated[timedelta, BeforeValidator(_length, json_schema_input_type=str)] = timedelta(0)
    cap: Price | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.per_day is None) == (self.per_hour is None):
            raise ValueError("either per_day or per_hour")
        due = self.due.replace(tzinfo=ZoneInfo(self.zone))
        if due.astimezone(UTC).astimezone(due.tzinfo).replace(tzinfo=None) != self.due:
            raise ValueError(f"a due time that there is: clocks in {self.zone} skip {self.due:%Y-%m-%d %H:%M}")
        return self


class RubricEntry(_Entry):
    """The whole file."""

    title: Text
    marks: Marks
    reference: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$")]
    language: Annotated[str, AfterValidator(_spoken)] = ENGLISH
    nearest_band: Annotated[tuple[Setting, ...], AfterValidator(_all_once)] = NEAREST_BY
    late: LateEntry | None = None
    stages: dict[Word, StageEntry]
    criteria: Annotated[tuple[CriterionEntry, ...], Field(min_length=1)]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rubric, for editors: every check with its options."""
    schema = RubricEntry.model_json_schema()
    schema["$defs"]["CheckEntry"] = {"oneOf": [_check_schema(name, CHECKS[name]) for name in sorted(CHECKS)]}
    return schema


def _check_schema(name: str, check: type[Check]) -> dict[str, Any]:
    schema = check.model_json_schema()
    schema["properties"] = {"check": {"const": name}, **schema["properties"]}
    schema["required"] = ["check", *schema.get("required", [])]
    return schema
