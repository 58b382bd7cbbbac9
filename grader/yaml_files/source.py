"""YAML text into plain values that remember where they stand: numbers keep their digits, nothing is overwritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import yaml

from grader.errors import WrittenError
from grader.yaml_files.composing import Composer, Hole
from grader.yaml_files.remarks import KeyPath, Position, Remark, told

__all__ = ["KeyPath", "Source"]

Subject: TypeAlias = Callable[[object, KeyPath], str]
"""What the part of the file is called in which a path ends; empty where a line says enough."""
FLOAT, WHOLE = "tag:yaml.org,2002:float", "tag:yaml.org,2002:int"
PLAIN_WHOLE = re.compile(r"^[+-]?(0|[1-9][0-9_]*)$")
ADVICE = (
    (r"cannot start any token", r"\t", "a tab: YAML takes spaces only"),
    (r"mapping values are not allowed", "", "put text that holds a colon and a space into quotes"),
    (r"found unexpected end of stream|found '<stream end>'|got '<stream end>'", "", "is a quote or bracket left open?"),
)
"""What is known of how a problem that PyYAML finds comes about: what it says, what must stand in it, in other words."""


@dataclass
class Source:
    """A YAML file read into `value`; `report` collects problems, each with file, line and column."""

    file: str
    value: object = None
    subject: Subject = lambda _value, _place: ""
    _values: dict[KeyPath, Position] = field(default_factory=dict)
    _keys: dict[KeyPath, Position] = field(default_factory=dict)
    _holes: dict[KeyPath, str] = field(default_factory=dict)
    """Where an alias stands that nothing above it explains, and its name."""
    _void: set[KeyPath] = field(default_factory=set)
    """Places without a value, of which enough is said."""
    _problems: list[Remark] = field(default_factory=list)
    _warnings: list[Remark] = field(default_factory=list)

    @classmethod
    def read(cls, file: str, content: bytes, subject: Subject = lambda _value, _place: "") -> Source:
        """Reads the whole file, None if nothing stands in it; WrittenError if it is not YAML at all."""
        source = cls(file, subject=subject)
        try:
            composer = Composer(content)
            node = composer.get_single_node()
            if node is not None:
                source.value = source._plain(composer, node, (), (), None)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
            raise WrittenError((f"{file}:{where}: not valid YAML: {_advised(error)}",)) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise WrittenError((f"{file}:1:1: not valid YAML: {_unreadable(content, error)}",)) from error
        source._report_holes()
        return source

    def report(self, path: KeyPath, message: str, *, at_key: bool = False) -> None:
        """Notes a problem at the nearest part of the path that stands in the file."""
        self._problems += self._remarks(path, message, at_key=at_key)

    def warn(self, path: KeyPath, message: str, *, at_key: bool = False) -> None:
        """Notes what may well be meant otherwise, though it can be read."""
        self._warnings += self._remarks(path, message, at_key=at_key)

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each, in the order of the file, each once."""
        return told(self.file, self._problems, self._subject)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each, like the problems."""
        return told(self.file, self._warnings, self._subject)

    def _subject(self, path: KeyPath) -> str:
        return self.subject(self.value, path)

    def _remarks(self, path: KeyPath, message: str, *, at_key: bool) -> list[Remark]:
        """None for what only follows from an alias that stands for nothing: that is told by itself."""
        if any(path[: len(void)] == void for void in self._void):
            return []
        marks = [self._keys] if at_key else []
        ends = range(len(path), -1, -1)
        position = next((m[path[:e]] for e in ends for m in (*marks, self._values) if path[:e] in m), Position(1, 1))
        return [Remark(position, message, path)]

    def _report_holes(self) -> None:
        """One problem for each name, with all places where it is used."""
        by_name: dict[str, list[KeyPath]] = {}
        for path, name in self._holes.items():
            by_name.setdefault(name, []).append(path)
        for name, (first, *others) in by_name.items():
            lines = sorted({self._values[p].line for p in others})
            used = ", ".join(map(str, lines))
            also = f" (used in line{'s' * (len(lines) > 1)} {used}, too)" if others else ""
            words = f"*{name} repeats what &{name} stands for, but no &{name} stands above it{also}; "
            words += f"write it out here, after &{name}"
            at = self._values[first]
            self._problems.append(Remark(Position(at.line, at.column), words, first))

    def _plain(
        self, composer: Composer, node: yaml.Node, path: KeyPath, above: tuple[int, ...], used: yaml.Mark | None
    ) -> object:
        """The node's value; `above` are the nodes that it stands in, so that an alias of itself is found out.

        `used`: the outermost alias by which it is reached.
        """
        self._values[path] = _position(node.start_mark, used)
        if isinstance(node, Hole):
            self._holes[path] = node.anchor
            self._void.add(path)
            return None
        if id(node) in above:
            words = "an alias inside the value that it stands for; write out what is meant"
            at = used or node.start_mark
            self._problems.append(Remark(Position(at.line + 1, at.column + 1), words, path))
            self._void.add(path)
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(composer, node, path, above, used)
        if isinstance(node, yaml.SequenceNode):
            return [
                self._plain(composer, item, (*path, i), above, used or composer.alias(node, i))
                for i, item in enumerate(node.value)
            ]
        return self._scalar(composer, node, path)

    def _mapping(
        self,
        composer: Composer,
        node: yaml.MappingNode,
        path: KeyPath,
        above: tuple[int, ...],
        used: yaml.Mark | None,
    ) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            key, at = str(key_node.value), _position(key_node.start_mark, used)
            if key in values:
                first = self._keys[(*path, key)].line
                words = f"duplicate key '{key}' (first in line {first}); keep one"
                self._problems.append(Remark(at, words, path))
                continue
            self._keys[(*path, key)] = at
            values[key] = self._plain(composer, value_node, (*path, key), above, used or composer.alias(node, key_node))
        return values

    def _scalar(self, composer: Composer, node: yaml.Node, path: KeyPath) -> object:
        """Decimals by their digits, so that 0.1 is a tenth; everything else as YAML has it."""
        if node.tag == FLOAT:
            try:
                return Decimal(node.value)
            except InvalidOperation:
                return str(node.value)
        value = _constructed(composer, node)
        if node.tag == WHOLE and not PLAIN_WHOLE.match(node.value):
            digits = node.value.lstrip("0_")
            instead = f"write {digits}" if digits.isdigit() and node.value.startswith("0") else "write plain digits"
            self.report(path, f"YAML reads {node.value} as {value}; {instead}")
        return value


def _position(mark: yaml.Mark, used: yaml.Mark | None) -> Position:
    if used is None:
        return Position(mark.line + 1, mark.column + 1)
    return Position(mark.line + 1, mark.column + 1, (used.line + 1, used.column + 1))


def _advised(error: yaml.MarkedYAMLError) -> str:
    """What PyYAML says, and what usually lies behind it."""
    said = str(error.problem or error.context)
    for pattern, within, advice in ADVICE:
        if re.search(pattern, said) and within in said:
            return f"{said} ({advice})"
    return said


def _unreadable(content: bytes, error: Exception) -> str:
    """Why the bytes are no text."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as broken:
        line = content[: broken.start].count(b"\n") + 1
        return f"line {line} is not UTF-8 text; save the file as UTF-8"
    return str(error).partition("\n")[0]


def _constructed(composer: Composer, node: yaml.Node) -> object:
    """The value; its text where it looks like one and is none (2026-02-30), for the reader to find fault with."""
    try:
        plain: object = composer.construct_object(node)
    except (ValueError, KeyError, AttributeError):
        return str(node.value)
    return plain
