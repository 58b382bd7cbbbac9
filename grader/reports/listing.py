"""The source of a cell in colours, or as it stands where colours would make the page too large."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

LONGEST_SOURCE = 8000
"""Characters of one cell's source; a module is one cell."""
LONGEST_MARKUP = 60_000
"""Characters of one coloured listing: a text of nothing but operators would take thirty for each."""


@dataclass(frozen=True, slots=True)
class Source:
    """The cell of a run; `seen` names the stage under which the same text is already printed."""

    text: Markup
    left_out: int
    seen: str


def listing(source: str, line: int = 0) -> Source:
    """The source escaped and coloured, and how many characters were left out; `line` (from 1) is marked."""
    shown = source[:LONGEST_SOURCE]
    coloured = _coloured(shown, line)
    # Escaped here: as Markup it passes the limit that other texts of a page have.
    text = coloured if len(coloured) <= LONGEST_MARKUP else Markup.escape(shown)
    return Source(text, len(source) - len(shown), "")


def _coloured(source: str, line: int) -> Markup:
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    # Leading blank lines stay, or the marked line would be another one.
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    formatter = HtmlFormatter(nowrap=True, hl_lines=[line] if line else [])
    return Markup(highlight(source, lexer, formatter).rstrip("\n"))  # noqa: S704 (Pygments escapes what it colours)
