"""What may stand in a rubric file: its keys and their types, as Pydantic models, and as a JSON Schema for editors."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from grader.checks.base import Check
from grader.checks.registry import CHECKS
from grader.languages import ENGLISH, languages
from grader.records import NEAREST_BY

Text = Annotated[str, StringConstraints(min_length=1)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
CriterionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Marks = Annotated[Decimal, Field(gt=0)]

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
    keywords: tuple[Text, ...] = ()


class CriterionEntry(_Entry):
    """One line of the marks table; an id that begins with a stage belongs to that stage."""

    id: CriterionId
    title: Text
    marks: Marks
    checks: Annotated[tuple[CheckEntry, ...], Field(min_length=1)]
    needs: tuple[Text, ...] = ()
    hidden: bool = False


class RubricEntry(_Entry):
    """The whole file."""

    title: Text
    marks: Marks
    reference: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$")]
    language: Annotated[str, AfterValidator(_spoken)] = ENGLISH
    nearest_band: Annotated[tuple[Setting, ...], AfterValidator(_all_once)] = NEAREST_BY
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
