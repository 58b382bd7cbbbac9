"""The terminal's edge: what a person sees, without the signs by which a name or a message could command it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from rich import console as rich
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

HARMLESS = frozenset("\n\t")
TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Letters that change in which direction others are read, so that a name looks like another one."""
COMMANDS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode's categories of what is no letter: escapes, bells, returns, separators of lines."""


def spelled(text: str) -> str:
    r"""The text with `\u001b` for an escape and so on, as JSON spells them: within JSON it stays the same JSON."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if _commands(c) else c for c in text)


def _commands(letter: str) -> bool:
    return letter in TURNS or (letter not in HARMLESS and unicodedata.category(letter) in COMMANDS)


class Console(rich.Console):
    """A console on which everything but its own commands is spelled."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As it is to be written; what moves the cursor in a live table is Rich's own and stays."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=spelled(segment.text))


def warn(console: Console, text: str) -> None:
    """A line about how the grading runs; in red where it is a danger."""
    say(console, text, "bold red" if text.startswith("NOT ") else "dim")


def warn_of_rubric(console: Console, warnings: Sequence[str]) -> None:
    """What in the rubric is hardly meant so, before anything is graded by it."""
    for warning in warnings:
        say(console, f"Warning: {warning}", "yellow")


def say(console: Console, text: str, style: str = "") -> None:
    """A line of plain words, however long."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
