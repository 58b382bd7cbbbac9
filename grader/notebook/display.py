"""How a preview looks: as HTML in a notebook, as text elsewhere; signs in shape and word, not in colour alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.notebook.preview import Line, Preview, Sign
from grader.records.marks import marks

WIDTH = 100


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
