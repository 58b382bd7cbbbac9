"""The page of a class: everybody's marks, how they spread, what went wrong, and who needs a person's look."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from markupsafe import Markup

from grader.records import Presence
from grader.reports.items import FEWEST, LITTLE
from grader.reports.overview import Overview
from grader.reports.page import first_of, render

MOST_FAULTS = 12


def index_html(seen: Overview, *, reference: str = "") -> str:
    """One self-contained HTML file; `reference` is the page of the bands beside it, if there is one."""
    script = files("grader.reports").joinpath("templates/class.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render(
        "index.html",
        seen=seen,
        presences=tuple(Presence),
        reference=reference,
        faults=first_of(seen.faults, MOST_FAULTS),
        row_of={row.grade.student: row for row in seen.rows},
        fewest=FEWEST,
        little=LITTLE,
        script=Markup(script),  # noqa: S704 (our own file; the page's policy allows exactly its digest)
        script_digest=digest,
    )
