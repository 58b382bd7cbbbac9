"""What the recorder may write and what the grader reads are one: neither side can change a field or a bound alone."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import grader
from grader.evidence import events
from grader.evidence.events import Written
from grader.inside import protocol

READ: Mapping[str, type[BaseModel]] = {get_args(e.model_fields["t"].annotation)[0]: e for e in get_args(Written)}
BOUNDS = ("le", "lt", "max_length")
READERS = ("endings", "events", "executed", "gather", "runs", "shortened", "trace")
"""Of grader.evidence, those that look at events."""


def fields_written(form: type) -> Mapping[str, Any]:
    """Each field of a protocol's event with its shape, its bound, and whether it must be there."""
    hints = get_type_hints(form, include_extras=True)
    return {name: (shape(hint), name in form.__required_keys__) for name, hint in hints.items()}  # type: ignore[attr-defined]


def fields_read(model: type[BaseModel]) -> Mapping[str, Any]:
    return {name: (shape_read(field), field.is_required()) for name, field in model.model_fields.items()}


def shape_read(field: FieldInfo) -> Any:
    """A field that pydantic has taken apart, put together again."""
    return shape(Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation)


def shape(kind: Any) -> Any:
    """A type in plain words, with its bound; a tuple and a sequence are the same in JSON."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is NotRequired:
        return shape(inner[0])
    if origin is Annotated:
        return (shape(inner[0]), bound(inner[1:]))
    if origin in {Union, UnionType}:
        return ("one of", frozenset(shape(one) for one in inner))
    if origin is Literal:
        return ("says", frozenset(inner))
    if origin in {tuple, Sequence}:
        return ("list", shape(inner[0]))
    if origin in {dict, Mapping}:
        return ("object", *map(shape, inner))
    if is_typeddict(kind):
        return tuple(sorted(fields_written(kind).items()))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tuple(sorted(fields_read(kind).items()))
    return "anything" if kind is Any else kind.__name__


def bound(metadata: Sequence[Any]) -> Any:
    """A bare number on the writer's side; on the reader's, what pydantic was told."""
    for one in metadata:
        if isinstance(one, int):
            return one
        for told in (one, *getattr(one, "metadata", ())):
            pattern = getattr(told, "pattern", None)
            if pattern:
                return int(re.search(r"\{(\d+)\}", pattern)[1])  # type: ignore[index]
            values = [getattr(told, name) for name in BOUNDS if getattr(told, name, None) is not None]
            if values:
                return values[0]
    return None


def test_every_kind_of_event_that_may_be_written_is_one_that_is_read() -> None:
    assert set(protocol.FORMS) == set(READ) == events.KINDS == set(get_args(protocol.Kind))


@pytest.mark.parametrize("kind", sorted(READ))
def test_an_event_has_the_same_fields_types_and_bounds_on_both_sides(kind: str) -> None:
    assert fields_written(protocol.FORMS[kind]) == fields_read(READ[kind])  # type: ignore[index]


@pytest.mark.parametrize(
    "other",
    [
        {"fit": protocol.Count, "epoch": protocol.Count},
        {"fit": protocol.Count, "epoch": protocol.Text, "logs": dict[protocol.Key, float | None]},
        {"fit": Annotated[int, 7], "epoch": protocol.Count, "logs": dict[protocol.Key, float | None]},
    ],
)
def test_a_field_that_is_missing_or_has_another_type_or_bound_is_noticed(other: Mapping[str, Any]) -> None:
    changed = {name: shape(kind) for name, kind in other.items()}
    read = {name: kind for name, (kind, _) in fields_read(events.Epoch).items() if name != "t"}
    assert changed != read


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"t":"epoch","fit":1}\n', "epoch"),
        (b'{"t":"cell"', "cell"),
        (b'{"t":"cell_begin"' + b"[" * 999, "cell_begin"),
        (b'{"t":"something"}', None),
        (b'{"t": "epoch"}', None),
        (b'{"fit":1,"t":"epoch"}', None),
        (b"", None),
    ],
)
def test_a_line_s_kind_is_known_by_its_beginning(line: bytes, kind: str | None) -> None:
    assert protocol.kind_of(line) == kind


def test_nobody_but_the_protocol_spells_the_beginning_of_a_line() -> None:
    folder = Path(grader.__file__).parent
    spelt = [p.name for p in folder.rglob("*.py") if re.search(r'\{\\?"t\\?":\\?"', p.read_text(encoding="utf-8"))]
    assert spelt == ["protocol.py"]


def test_the_protocol_needs_the_standard_library_only() -> None:
    parsed = ast.parse(Path(protocol.__file__).read_text(encoding="utf-8"))
    names = {n.module.partition(".")[0] for n in ast.walk(parsed) if isinstance(n, ast.ImportFrom) and n.module}
    names |= {a.name.partition(".")[0] for n in ast.walk(parsed) if isinstance(n, ast.Import) for a in n.names}
    assert names <= sys.stdlib_module_names


def test_a_weight_is_named_as_the_reader_knows_it() -> None:
    names = [protocol.weight_name(place) for place in range(protocol.MOST_ARRAYS)]
    assert sorted(names) == names
    assert all(protocol.ARRAY_NAME.fullmatch(name) for name in (*names, *protocol.SAMPLE))


def test_a_bound_stands_in_the_protocol_alone() -> None:
    """A number that both sides go by, written twice, is two numbers one day."""
    told = {name for name in vars(protocol) if name.isupper()}
    folder = Path(grader.__file__).parent
    again = []
    for path in (*folder.glob("inside/**/*.py"), *(folder / "evidence" / f"{name}.py" for name in READERS)):
        body = ast.parse(path.read_text(encoding="utf-8")).body if path != Path(protocol.__file__) else []
        targets = [t for s in body if isinstance(s, ast.Assign) for t in s.targets]
        again += [f"{path.name}: {t.id}" for t in targets if isinstance(t, ast.Name) and t.id in told]
    assert again == []
