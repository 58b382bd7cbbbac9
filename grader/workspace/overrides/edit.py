"""Writes one entry into an `overrides.yaml` and leaves every other byte of it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from grader.errors import UserError
from grader.records import Override
from grader.workspace.overrides.entries import NOT_ASSESSED
from grader.workspace.overrides.load import load, parse

HEADING = """\
# Marks and comments by hand. A run of the grader reads this file and never changes it; `grader review` adds to it.
# An entry: student, criterion, mark, replaces (the automatic mark then), comment (to the student), by, when.
"""


def with_entry(path: Path, override: Override) -> bytes:
    """The file's new content: the entry in the place of one about the same thing, else at the end.

    Of marks for a criterion, and of reviews accepted, a student has one each; comments are only added, and one
    that came with an earlier review stays where it is. Blanks around what is said are dropped, as they are in reading.

    Raises:
        WrittenError: the file has problems already; they are to be mended first.
        UserError: it is written in a way that cannot be added to without changing the rest.
    """
    override = replace(override, comment=override.comment.strip(), accepts=tuple(a.strip() for a in override.accepts))
    before = load(path)
    content = path.read_bytes() if path.exists() else HEADING.encode()
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8")
    index = next((i for i, old in enumerate(before) if _about_the_same(old, override)), None)
    new = _spliced(text, override, index)
    written = ("\ufeff" if content.startswith(b"\xef\xbb\xbf") else "") + new
    after = parse(str(path), written.encode())
    expected = [*before, override] if index is None else [*before[:index], override, *before[index + 1 :]]
    if list(after) != expected:
        raise UserError(
            f"{path}: expected a plain list of entries, each beginning with `- student:` on a line of its own; "
            f"the file is written otherwise, so that nothing was changed. Add this to it by hand:\n{_yaml(override)}"
        )
    return written.encode()


def _about_the_same(old: Override, new: Override) -> bool:
    if old.student != new.student:
        return False
    if new.mark is not None:
        return old.mark is not None and old.criterion == new.criterion
    return bool(new.accepts and old.accepts and not old.comment)


def _spliced(text: str, override: Override, index: int | None) -> str:
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    entries = list(_entry_lines(text))
    indent = _indent(lines[entries[0][0]]) if entries else ""
    entry = [f"{indent}{line}{ending}" for line in _yaml(override).splitlines()]
    if index is None:
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += ending
        return "".join([*lines, *entry])
    first, last = entries[index]
    return "".join([*lines[:first], *entry, *lines[last + 1 :]])


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


def _entry_lines(text: str) -> Iterator[tuple[int, int]]:
    """The first and the last line of each entry, counted from 0."""
    top = yaml.compose(text, Loader=yaml.SafeLoader)
    for node in top.value if isinstance(top, yaml.SequenceNode) else ():
        yield node.start_mark.line, max(_last_lines(node))


def _last_lines(node: yaml.Node) -> Iterator[int]:
    """The lines on which its parts end; a block scalar's mark is at the start of what follows it."""
    if not isinstance(node, yaml.CollectionNode):
        mark = node.end_mark
        yield mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line
        return
    yield node.end_mark.line if node.flow_style else node.start_mark.line
    for part in node.value:
        for child in part if isinstance(part, tuple) else (part,):
            yield from _last_lines(child)


def _yaml(override: Override) -> str:
    """The entry as the one item of a YAML list."""
    entry: dict[str, Any] = {"student": override.student}
    if override.criterion is not None:
        entry["criterion"] = override.criterion
    if override.mark is not None:
        entry["mark"] = _number(Decimal(override.mark.numerator) / Decimal(override.mark.denominator))
        entry["replaces"] = NOT_ASSESSED if override.replaces is None else _number(override.replaces)
    if override.comment:
        entry["comment"] = override.comment
    if override.accepts:
        entry["accepts"] = list(override.accepts)
    digests = {"submission": override.submission, "rubric": override.rubric}
    entry |= {key: digest for key, digest in digests.items() if digest}
    entry["by"] = override.by
    entry["when"] = date.fromisoformat(override.when) if len(override.when) == len("2026-11-25") else override.when
    return yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=110)


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)
