"""Links from an instructor's page of a student to those before and after, put in once the whole class is known."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from grader.reports.overview import Row
from grader.reports.slots import filled


def with_neighbours(page: str, rows: Sequence[Row], index: int) -> str:
    """The page with links to the class and to the rows beside its own."""
    links = [Markup('<a href="../index.html">Class</a>')]
    if index > 0:
        links.append(_link(rows[index - 1], "prev", "← ", "Before: "))
    if index + 1 < len(rows):
        links.append(_link(rows[index + 1], "next", "→ ", "Next: "))
    return filled(page, "neighbours", Markup("").join(links))


def _link(row: Row, relation: str, arrow: str, words: str) -> Markup:
    address = "../" + quote(row.link.encode("utf-8", "surrogateescape"))
    return Markup('<a rel="{}" href="{}"><span aria-hidden="true">{}</span>{}<bdi>{}</bdi></a>').format(
        relation, address, arrow, words, row.name
    )
