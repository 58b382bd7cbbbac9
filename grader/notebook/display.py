"""A preview of the marks, as HTML in a notebook and as text elsewhere; signs in shape and word, not in colour alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.records.marks import marks

WIDTH = 100


class Sign(Enum):
    """How a line stands, in shape and word."""

    RIGHT = ("✓", "right")
    PARTLY = ("◐", "partly")
    WRONG = ("✗", "wrong")
    BLOCKED = ("-", "blocked")
    """Something else is to be mended first."""
    NOT_YET = ("·", "not yet")
    NOT_SEEN = ("?", "not seen")
    FULL_RUN = ("○", "full run")

    @property
    def shape(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The same for people."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion as far as it can be seen."""

    sign: Sign
    title: str
    worth: Fraction
    said: tuple[str, ...]
    """What was found and what to do, one sentence group a check that is not right."""


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one stage, or of the lab as a whole; `where` says which network was taken for it."""

    title: str
    where: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What is right, wrong and open; shows itself in a notebook and in a terminal."""

    title: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]

    def worth(self, *signs: Sign) -> Fraction:
        """The marks of the lines with one of these signs."""
        lines = (line for part in self.parts for line in part.lines)
        return sum((line.worth for line in lines if line.sign in signs), Fraction(0))

    def _repr_html_(self) -> str:
        return html(self)

    def __str__(self) -> str:
        return text(self)

    __repr__ = __str__


def html(preview: Preview) -> str:
    """A fragment for a notebook's output; takes its colours from the page, light or dark."""
    return _environment().get_template("preview.html").render(preview=preview, summary=summary(preview), marks=marks)


def text(preview: Preview) -> str:
    """The same for a terminal."""
    return "\n".join(_text(preview))


def summary(preview: Preview) -> str:
    """In one sentence how it stands; empty where nothing was judged."""
    if not preview.parts:
        return ""
    words = {
        (Sign.RIGHT,): "right",
        (Sign.PARTLY, Sign.WRONG, Sign.BLOCKED): "with something to mend",
        (Sign.FULL_RUN,): "that only a full run can tell",
        (Sign.NOT_YET, Sign.NOT_SEEN): "not yet seen",
    }
    worth = {phrase: preview.worth(*signs) for signs, phrase in words.items()}
    return "Criteria by their marks: " + ", ".join(f"{marks(m)} {phrase}" for phrase, m in worth.items() if m) + "."


def _text(preview: Preview) -> Iterator[str]:
    yield preview.title
    if said := summary(preview):
        yield said
    for part in preview.parts:
        yield ""
        yield part.title + (f" ({part.where})" if part.where else "")
        for line in part.lines:
            yield from _line(line)
    yield ""
    for note in preview.notes:
        yield from textwrap.wrap(note, WIDTH)


def _line(line: Line) -> Iterator[str]:
    yield f"  {line.sign.shape} {line.sign.word:<9} {marks(line.worth):>5}  {line.title}"
    for said in line.said:
        yield from textwrap.wrap(said, WIDTH, initial_indent=" " * 21, subsequent_indent=" " * 21)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("grader.notebook"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
