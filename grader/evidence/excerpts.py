"""What a program says where it trained a network: the stage that it names, and the code that it shows."""

from __future__ import annotations

import re

from grader.intake.source_code import lines_of
from grader.records import Program

MARKER = re.compile(r"#\s*stage\s*:\s*([a-z_]+)", re.IGNORECASE)
TAG = re.compile(r"stage:\s*([a-z_]+)", re.IGNORECASE)
EXCERPT = 60
"""Lines of a module shown before the line of a fit."""


def _cell(program: Program, number: int) -> str:
    return program.cells[number - 1] if 0 < number <= len(program.cells) else ""


def marker(program: Program, number: int, line: int) -> str:
    """The last `# stage: …` comment at or above the line, else a `stage:…` tag of the cell."""
    lines = lines_of(_cell(program, number))
    named = [m.group(1) for text in lines[: line or None] if (m := MARKER.search(text))]
    if named:
        return named[-1].lower()
    tags = program.tags[number - 1] if 0 < number <= len(program.tags) else ()
    return next((m.group(1).lower() for tag in tags if (m := TAG.match(tag))), "")


def source(program: Program, number: int, line: int) -> str:
    """The cell that trained, after the nearest cell above it that built a network if it is another one."""
    cell = _cell(program, number)
    lines = lines_of(cell)
    if len(lines) > 2 * EXCERPT and line:
        return "\n".join(lines[max(0, line - EXCERPT) : line + 5])
    if "Dense" in cell:
        return cell
    builders = [c for c in program.cells[: max(0, number - 1)] if "Dense" in c]
    return "\n\n".join([*builders[-1:], cell])
