"""Places in a written page that are filled later, when more is known, without making the page anew."""

from __future__ import annotations

from markupsafe import Markup


def filled(page: str, slot: str, content: Markup) -> str:
    """The page with the content between `<!--slot-->` and `<!--/slot-->`; as it was where it has no such place.

    No text of a submission can hold these marks: it is escaped.
    """
    begin, end = f"<!--{slot}-->", f"<!--/{slot}-->"
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    return f"{before}{begin}{content}{end}{after}" if begun and ended else page
