"""What may stand in a rubric file: its keys and their types, as Pydantic models, and as a JSON Schema for editors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from grader.checks import names
from grader.checks.base import Check, number
from grader.checks.registry import CHECKS
from grader.i18n.languages import ENGLISH, languages
from grader.records import NEAREST_BY
from grader.yaml_files.validate import contradiction, told_as_it_is

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Keyword = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, to_lower=True)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Keywords = Annotated[
    Annotated[tuple[Keyword, ...], Tag("[list]")]
    | Annotated[dict[Language, tuple[Keyword, ...]], Tag("[by language]")],
    Discriminator(lambda value: "[by language]" if isinstance(value, Mapping) else "[list]"),
]
Feature = Literal["none", "initializer", "activation", "optimizer", "batch_norm", "dropout", ""]
CriterionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Marks = Annotated[Decimal, BeforeValidator(number), Field(gt=0)]

STAGE = re.compile(r"^[a-z][a-z_]*$")
WALL_CLOCK = re.compile(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?$")
PRICE = re.compile(r"^\d+(\.\d+)?(\s*%)?$")
LENGTH = re.compile(r"^(?P<count>\d{1,4})\s*(?P<unit>minute|hour|day)s?$")

Setting = Literal["scaling", "rows", "batch_size"]


def _nameable(stage: str) -> str:
    """A comment names a stage by letters and underscores: of `# stage: l2` it reads `l`."""
    if STAGE.fullmatch(stage):
        return stage
    read = re.match(r"[a-z_]*", stage.lower())
    known = f"would be read as '{read.group()}'" if read and read.group() else "would not be read"
    raise told_as_it_is(f"a comment `# stage: {stage}` {known}; name the stage by small letters and underscores")


StageId = Annotated[str, AfterValidator(_nameable), WithJsonSchema({"type": "string", "pattern": STAGE.pattern})]


def _all_once(settings: tuple[str, ...]) -> tuple[str, ...]:
    if sorted(settings) != sorted(NEAREST_BY):
        raise ValueError(f"all of {', '.join(NEAREST_BY)}, each once, the weightiest first")
    return settings


def _spoken(language: str) -> str:
    if language not in languages():
        raise ValueError(f"one of the languages that reports can be written in: {', '.join(languages())}")
    return language


class _Entry(BaseModel):
    """A mapping of the file: its fields are the keys it may have."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class CheckEntry(BaseModel):
    """One check by name; the other keys are its options, which its own class validates."""

    model_config = ConfigDict(frozen=True, extra="allow")
    check: Text
    """Which check; `grader rubric checks` lists them all."""


class StageEntry(_Entry):
    """What distinguishes a stage; what is left out may be anything."""

    title: Text
    """What reports call the stage."""
    activation: names.Activations = ()
    """Activations of its hidden layers, by their names in Keras; any if none is given."""
    initializer: names.Initializers = ()
    """Initializers of its Dense layers; any if none is given."""
    optimizer: names.Optimizers = ()
    """Optimizers that it is compiled with; any if none is given."""
    batch_norm: bool | None = None
    """Whether it has normalization layers; either if not given."""
    dropout: bool | None = None
    """Whether it has dropout layers; either if not given."""
    keywords: Keywords = ()
    """Words of titles and names that speak of the stage, as one list or a list for each language."""
    feature: Feature = ""
    """What makes the stage, the rest being as in the stages before; not said if not given."""

    @property
    def words(self) -> tuple[str, ...]:
        """The keywords of all languages: students mix them."""
        listed = self.keywords
        return listed if isinstance(listed, tuple) else tuple(word for words in listed.values() for word in words)


class CriterionEntry(_Entry):
    """One line of the marks table; an id that begins with a stage belongs to that stage."""

    id: CriterionId
    """Two words with a dot between; where the first is a stage, the run of that stage is judged."""
    title: Text
    """What reports call the criterion."""
    marks: Marks
    """What it is worth; the marks of all criteria make up those of the rubric."""
    checks: Annotated[tuple[CheckEntry, ...], Field(min_length=1)]
    """What decides it; they share its marks, equally or by their `share`."""
    needs: tuple[Text, ...] = ()
    """Ids of criteria without which this one is skipped."""
    hidden: bool = False
    """Not shown to students, who are told that something further will be looked at."""


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
    """Date and time of the zone's clock, as in 2024-08-14 23:59."""
    zone: Annotated[Text, AfterValidator(_known_zone)]
    """Time zone, as in Asia/Kolkata or UTC."""
    per_day: Price | None = None
    """Marks, or a share of all marks as in 10 %, for each day that has begun."""
    per_hour: Price | None = None
    """The same for each hour that has begun; either this or per_day."""
    grace: Annotated[timedelta, BeforeValidator(_length, json_schema_input_type=str)] = timedelta(0)
    """How late costs nothing, as in 15 minutes, 2 hours or 1 day."""
    cap: Price | None = None
    """The most that lateness costs, in marks or as a share of all marks; no bound if it is not given."""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.per_day is None) == (self.per_hour is None):
            raise ValueError("either per_day or per_hour")
        due = self.due.replace(tzinfo=ZoneInfo(self.zone))
        if due.astimezone(UTC).astimezone(due.tzinfo).replace(tzinfo=None) != self.due:
            words = f"'due': there is no such time: clocks in {self.zone} skip {self.due:%Y-%m-%d %H:%M}"
            raise contradiction("due", f"{words}; write one before or after")
        return self


class RubricEntry(_Entry):
    """The whole file."""

    title: Text
    """What reports call the assignment."""
    marks: Marks
    """Of all criteria together."""
    reference: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$")]
    """Import name of the package with the model answer, the data set and the accuracy bands."""
    language: Annotated[str, AfterValidator(_spoken)] = ENGLISH
    """Of the reports, as in de."""
    nearest_band: Annotated[tuple[Setting, ...], AfterValidator(_all_once)] = NEAREST_BY
    """By which settings a run's band is chosen, the weightiest first."""
    late: LateEntry | None = None
    """What late work costs; nothing if it is not given."""
    stages: dict[StageId, StageEntry]
    """What tells the stages apart, by the word that begins the ids of their criteria."""
    criteria: Annotated[tuple[CriterionEntry, ...], Field(min_length=1)]
    """The marks table."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rubric, for editors: every check with its options."""
    schema = RubricEntry.model_json_schema()
    schema["$defs"]["CheckEntry"] = {"oneOf": [_check_schema(name, CHECKS[name]) for name in sorted(CHECKS)]}
    return schema


def _check_schema(name: str, check: type[Check]) -> dict[str, Any]:
    schema = check.model_json_schema()
    schema["properties"] = {"check": {"const": name, "description": check.__doc__}, **schema["properties"]}
    schema["required"] = ["check", *schema.get("required", [])]
    return schema
