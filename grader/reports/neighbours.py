"""Links from an instructor's page of a student to those before and after, put in once the whole class is known."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from grader.reports.overview import Row

BEGIN, END = "<!--neighbours-->", "<!--/neighbours-->"
"""Where the template of the page leaves room. No text of a submission can hold these: it is escaped."""


def with_neighbours(page: str, rows: Sequence[Row], place: int) -> str:
    """The page with links to the class and to the rows beside its own; as it was, where it has no room for them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return page
    links = [Markup('<a href="../index.html">{}</a>').format("Class")]
    if place > 0:
        links.append(_link(rows[place - 1], "prev", "← "))
    if place + 1 < len(rows):
        links.append(_link(rows[place + 1], "next", "→ "))
    return f"{before}{BEGIN}{''.join(links)}{END}{after}"


def _link(row: Row, relation: str, arrow: str) -> Markup:
    address = "../" + quote(row.link.encode("utf-8", "surrogateescape"))
    words = {"prev": "Before: ", "next": "Next: "}[relation]
    return Markup('<a rel="{}" href="{}"><span aria-hidden="true">{}</span>{}<bdi>{}</bdi></a>').format(
        relation, address, arrow, words, row.name
    )
