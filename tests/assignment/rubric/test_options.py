"""Every option of every check, by the registry: a wrong value is an error at its line, not a check that cannot pass."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema  # type: ignore[import-untyped] # nbformat brings it, without types
import pytest
import yaml

from grader.assignment.rubric import json_schema
from grader.assignment.rubric.entries import CriterionEntry, LateEntry, RubricEntry, StageEntry
from grader.checks.registry import CHECKS
from tests.assignment.rubric.writing import SMALL, line_of, problems

LATE = {"due": "2024-08-14 23:59", "zone": "UTC", "per_day": "10 %", "grace": "15 minutes", "cap": 1}
STAGE = {"title": "Dropout", "activation": ["relu"], "initializer": ["he_normal"], "optimizer": ["adam"]}
STAGE |= {"batch_norm": False, "dropout": True, "keywords": ["dropout"], "feature": "dropout"}


class Slip(NamedTuple):
    """An option with a value that means nothing."""

    name: str
    option: str
    value: Any

    def __str__(self) -> str:
        return f"{self.name}-{self.option}-{json.dumps(self.value)}"


def wrong_values(schema: dict[str, Any]) -> Iterator[Any]:
    """Values of the right type that nothing knows, then values of other types."""
    kinds = [s for s in schema.get("anyOf", schema.get("oneOf", [schema])) if s.get("type") != "null"]
    schema = next((s for s in kinds if s.get("type") in {"number", "integer"}), kinds[0])
    if "enum" in schema:
        yield from sorted({schema["enum"][-1] + "x", "misspelt", ""} - set(schema["enum"]))
        yield 7
        return
    match schema.get("type"):
        case "integer":
            yield from ("fifty", -1, True, 2.5)
        case "number":
            yield from ("low", -1, True, [1])
        case "boolean":
            yield from ("ture", 7)
        case "array":
            yield "misspelt"
            yield from ([value] for value in wrong_values(schema["items"]))
        case _:
            yield from (7, {"a": "text"})


def slips() -> Iterator[Slip]:
    for name, check in CHECKS.items():
        for option, schema in check.model_json_schema()["properties"].items():
            yield from (Slip(name, option, value) for value in wrong_values(schema))


def with_check(options: dict[str, Any]) -> str:
    """A small rubric of that check, each option on a line of its own."""
    (name, *others) = options.items()
    lines = [f"      - check: {name[1]}", *(f"        {key}: {json.dumps(value)}" for key, value in others)]
    return SMALL[: SMALL.index("      - {check")] + "\n".join(lines) + "\n"


@pytest.mark.parametrize("slip", slips(), ids=str)
def test_a_wrong_value_of_any_option_of_any_check_is_an_error_at_its_line(slip: Slip, tmp_path: Path) -> None:
    options = {**yaml.safe_load(CHECKS[slip.name].example), slip.option: slip.value}
    text = with_check(options)
    found = problems(tmp_path, text)
    assert found, "it passes, and fails every right student"
    assert all(p.startswith(f"x.yaml:{line_of(text, f'        {slip.option}: ')}:") for p in found)
    assert all(f"criterion dropout.all, check {slip.name}" in p for p in found)


@pytest.mark.parametrize("name", CHECKS)
def test_a_misspelt_option_of_any_check_is_an_error_at_its_line(name: str, tmp_path: Path) -> None:
    for option in CHECKS[name].model_fields:
        text = with_check({**yaml.safe_load(CHECKS[name].example), f"{option}x": 1})
        found = problems(tmp_path, text)
        assert any(
            p.startswith(f"x.yaml:{line_of(text, f'{option}x: ')}:") and f"(did you mean '{option}'?)" in p
            for p in found
        )


@pytest.mark.parametrize("name", CHECKS)
def test_the_example_of_every_check_loads(name: str, tmp_path: Path) -> None:
    options = yaml.safe_load(CHECKS[name].example)
    assert options["check"] == name
    assert problems(tmp_path, with_check(options)) == []
    jsonschema.validate(yaml.safe_load(with_check(options)), json_schema())


@pytest.mark.parametrize(
    "keywords", [{"en": [7]}, {"en": "dropout"}, {"english": ["dropout"]}, {"en": [" "]}, {"en": ["a"], "de": 5}, 7]
)
def test_a_wrong_value_among_the_keywords_of_a_language_is_an_error_at_its_line(
    keywords: object, tmp_path: Path
) -> None:
    text = SMALL.replace("    dropout: true\n", f"    dropout: true\n    keywords: {json.dumps(keywords)}\n")
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"x.yaml:{line_of(text, 'keywords:')}:")
    assert "stage dropout: '" in problem


@pytest.mark.parametrize("option", StageEntry.model_fields)
def test_a_wrong_value_of_any_key_of_a_stage_is_an_error_at_its_line(option: str, tmp_path: Path) -> None:
    for value in wrong_values(StageEntry.model_json_schema()["properties"][option]):
        lines = "".join(f"    {key}: {json.dumps(v)}\n" for key, v in {**STAGE, option: value}.items())
        text = SMALL.replace("    title: Dropout\n    dropout: true\n", lines)
        found = problems(tmp_path, text)
        assert found, f"{option}: {value!r} passes"
        assert all(p.startswith(f"x.yaml:{line_of(text, f'    {option}: ')}:") and "stage dropout" in p for p in found)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("due", v) for v in ("tomorrow", "2024-08-14", "2024-08-14 25:00", 7)),
        *(("zone", v) for v in ("Asia/Kolkatta", "IST2", 5)),
        *(("per_day", v) for v in ("ten %", "-1", True, "10 % a day")),
        *(("grace", v) for v in (15, "15 minuets", "-1 hour")),
        *(("cap", v) for v in ("half", -1, True)),
    ],
)
def test_a_wrong_value_of_any_late_rule_is_an_error_at_its_line(option: str, value: object, tmp_path: Path) -> None:
    lines = "".join(f"  {key}: {json.dumps(v)}\n" for key, v in {**LATE, option: value}.items())
    text = SMALL.replace("stages:\n", f"late:\n{lines}stages:\n")
    found = problems(tmp_path, text)
    assert found, "it passes"
    assert all(p.startswith(f"x.yaml:{line_of(text, f'  {option}: ')}:") for p in found)


@pytest.mark.parametrize("entry", [RubricEntry, StageEntry, CriterionEntry, LateEntry, *CHECKS.values()])
def test_the_schema_describes_every_option(entry: Any) -> None:
    properties = entry.model_json_schema()["properties"]
    assert [name for name, schema in properties.items() if not schema.get("description")] == []


def test_the_schema_offers_an_editor_the_names_that_keras_knows() -> None:
    schema = json.dumps(json_schema())
    assert all(f'"{name}"' in schema for name in ("he_normal", "HeNormal", "leaky_relu", "rmsprop", "mnist"))
    rubric = yaml.safe_load(with_check({"check": "optimizer", "kind": "adm"}))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(rubric, json_schema())
