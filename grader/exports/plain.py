"""A CSV for whatever else: who, the mark, whether it is final, and every criterion."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from fractions import Fraction

from grader.exports.graded import Graded
from grader.records.marks import marks
from grader.reports.gradebook import no_formula

FIRST = ("student", "id", "name", "email", "total", "max", "final", "because", "ending")


def table_csv(graded: Sequence[Graded], *, unreviewed: bool) -> str:
    """One line for each student; `total` is empty where the mark may not go out yet, and `because` says why."""
    criteria = list(dict.fromkeys(c.id for g in graded for c in g.grade.criteria))
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([*FIRST, *criteria, "manual"])
    for g in graded:
        who, scores = g.grade.identity, {c.id: marks(Fraction(str(c.score))) for c in g.grade.criteria}
        if g.grade.unconfirmed_zero:
            scores = {}
        texts = [g.student, who.id, who.name, who.email]
        total = g.total if g.may_go_out(unreviewed=unreviewed) else ""
        final = "no" if g.withheld else "yes"
        start = [*map(no_formula, texts), total, f"{g.grade.max:g}", final, no_formula(g.withheld), g.grade.ending]
        manual = " ".join(c.id for c in g.grade.criteria if c.manual)
        writer.writerow([*start, *(scores.get(c, "") for c in criteria), manual])
    return table.getvalue()
