"""Where the layers of a network stand in its drawing: one line for each dense layer, wrapped where it is too long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.i18n.texts import Text
from grader.reports.comparison import Chip, Mark, Row
from grader.reports.page import Listing, first_of

WIDTH = 360
"""Of a drawing, in its own units; a phone shows it whole."""
GAP, INDENT = 14, 12
CHIP_HEIGHT = 22
LINE, NOTED_LINE = 30, 42
"""From one line of layers to the next, without and with notes below them."""
MOST_CHIPS, MOST_ROWS, MOST_DIFFERENCES = 8, 14, 12
LONGEST = 22
"""Characters of a layer's name that are drawn."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer as it is drawn; `x` and `y` are those of the upper left corner, `joined` draws the line from the left."""

    chip: Chip
    text: str
    note: str
    x: float
    y: float
    width: float
    joined: bool


@dataclass(frozen=True, slots=True)
class NetworkDrawing:
    """A whole network; `words` describe it to who cannot see it."""

    chips: tuple[Placed, ...]
    height: float
    words: str
    left_out: int


@dataclass(frozen=True, slots=True)
class NetworkDrawings:
    """Both networks, and what tells them apart."""

    found: NetworkDrawing
    asked: NetworkDrawing
    differences: Listing


def network_drawings(rows: tuple[Row, ...], differences: tuple[Text, ...]) -> NetworkDrawings | None:
    """Both networks with every dense layer on the same height; None where there is nothing to draw."""
    if not rows:
        return None
    found: list[Placed] = []
    asked: list[Placed] = []
    y = 1.0
    for row in rows[:MOST_ROWS]:
        line = NOTED_LINE if any(chip.note for chip in (*row.found, *row.asked)) else LINE
        y = max(_place(into, chips, y, line) for into, chips in ((found, row.found), (asked, row.asked)))
    more = len(rows) - MOST_ROWS
    return NetworkDrawings(
        NetworkDrawing(tuple(found), y, _words(row.found for row in rows[:MOST_ROWS]), max(0, more)),
        NetworkDrawing(tuple(asked), y, _words(row.asked for row in rows[:MOST_ROWS]), max(0, more)),
        first_of(differences, MOST_DIFFERENCES),
    )


def _place(into: list[Placed], chips: tuple[Chip, ...], y: float, line: int) -> float:
    """Puts the layers of one row from `y` on, `line` apart; where the next row begins."""
    x = 0.0
    shown = chips[:MOST_CHIPS]
    if len(chips) > MOST_CHIPS:
        shown = (*shown, Chip(f"+ {len(chips) - MOST_CHIPS}"))
    for n, chip in enumerate(shown):
        text, note = _short(chip.text), _short(chip.note)
        width = round(max(6.6 * len(text), 5.6 * len(note)) + 14, 1)
        joined = n > 0
        if joined and x + GAP + width > WIDTH:
            x, y, joined = INDENT, y + line, False
        start = x + GAP if joined else x
        into.append(Placed(chip, text, note, round(start, 1), y, width, joined))
        x = start + width
    return y + line


def _short(text: str) -> str:
    """Short enough to be drawn; a text that can be translated stays one."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _words(rows: Iterable[tuple[Chip, ...]]) -> str:
    return "; ".join(" → ".join(_spoken(chip) for chip in row) for row in rows if row)


def _spoken(chip: Chip) -> str:
    """A layer with its note, which says for one that is missing that it is."""
    return f"{chip.text} ({chip.note})" if chip.note or chip.mark is Mark.MISSING else chip.text
