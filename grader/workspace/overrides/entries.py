"""What may stand in an `overrides.yaml`: its keys and their types, as Pydantic models."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints

NOT_ASSESSED: Literal["not assessed"] = "not assessed"


def _replaced(value: object) -> Decimal | None:
    if value == NOT_ASSESSED:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise ValueError(f"the automatic mark that it replaces, a number, or the words {NOT_ASSESSED}")
    return number


def _day(value: object) -> str:
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError("a date such as 2026-11-25, or with its time 2026-11-25 18:30")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("some words")
    return text.strip()


Words = Annotated[str, AfterValidator(_said)]


class OverrideEntry(BaseModel):
    """One entry of the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    student: Annotated[str, StringConstraints(min_length=1)]
    criterion: Annotated[str, StringConstraints(min_length=1)] | None = None
    mark: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] | None = None
    replaces: Annotated[Decimal | None, PlainValidator(_replaced)] = None
    comment: Words | None = None
    accepts: tuple[Words, ...] = ()
    submission: Words | None = None
    rubric: Words | None = None
    by: Words
    when: Annotated[str, PlainValidator(_day)]
