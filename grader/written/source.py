"""YAML text into plain values that remember where they stand: numbers keep their digits, nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import yaml

from grader.errors import WrittenError

Place: TypeAlias = tuple[str | int, ...]
"""The way to a value from the top: keys and list positions."""
FLOAT = "tag:yaml.org,2002:float"


@dataclass
class Source:
    """A YAML file read into `value`; `report` collects problems, each with file, line and column."""

    file: str
    value: object = None
    _values: dict[Place, yaml.Mark] = field(default_factory=dict)
    _keys: dict[Place, yaml.Mark] = field(default_factory=dict)
    _problems: list[tuple[int, int, str]] = field(default_factory=list)

    @classmethod
    def read(cls, file: str, content: bytes) -> Source:
        """Reads the whole file, None if nothing stands in it; WrittenError if it is not YAML at all."""
        source = cls(file)
        try:
            loader = yaml.SafeLoader(content)
            node = loader.get_single_node()
            if node is not None:
                source.value = source._plain(loader, node, (), ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
            raise WrittenError((f"{file}:{where}: not valid YAML: {error.problem or error.context}",)) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise WrittenError((f"{file}:1:1: not valid YAML: {error}",)) from error
        return source

    def report(self, place: Place, message: str, *, at_key: bool = False) -> None:
        """Notes a problem at the nearest place that stands in the file."""
        marks = [self._keys] if at_key else []
        for end in range(len(place), -1, -1):
            mark = next((m[place[:end]] for m in (*marks, self._values) if place[:end] in m), None)
            if mark:
                self._note(mark, message)
                return
        self._problems.append((1, 1, message))

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each, in the order of the file, each once."""
        return tuple(f"{self.file}:{line}:{column}: {text}" for line, column, text in sorted(set(self._problems)))

    def _note(self, mark: yaml.Mark, message: str) -> None:
        self._problems.append((mark.line + 1, mark.column + 1, message))

    def _plain(self, loader: yaml.SafeLoader, node: yaml.Node, place: Place, above: tuple[int, ...]) -> object:
        """The node's value; `above` are the nodes that it stands in, so that an alias of itself is found out."""
        self._values[place] = node.start_mark
        if id(node) in above:
            self._note(node.start_mark, "an alias inside the value that it stands for")
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, place, above)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(loader, item, (*place, i), above) for i, item in enumerate(node.value)]
        return _scalar(loader, node)

    def _mapping(
        self, loader: yaml.SafeLoader, node: yaml.MappingNode, place: Place, above: tuple[int, ...]
    ) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in values:
                first = self._keys[(*place, key)]
                self._note(key_node.start_mark, f"duplicate key '{key}' (first in line {first.line + 1}); keep one")
                continue
            self._keys[(*place, key)] = key_node.start_mark
            values[key] = self._plain(loader, value_node, (*place, key), above)
        return values


def _scalar(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    """Decimals by their digits, so that 0.1 is a tenth; everything else as YAML has it."""
    if node.tag != FLOAT:
        return _constructed(loader, node)
    try:
        return Decimal(node.value)
    except InvalidOperation:
        return str(node.value)


def _constructed(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    """The value; its text where it looks like one and is none (2026-02-30), for the reader to find fault with."""
    try:
        plain: object = loader.construct_object(node)
    except (ValueError, KeyError, AttributeError):
        return str(node.value)
    return plain
