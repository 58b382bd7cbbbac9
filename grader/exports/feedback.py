"""What a student is told outside the report: in a cell, in a text, and as files for Moodle's feedback upload."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from fractions import Fraction
from html import escape

from grader.exports.graded import Graded
from grader.records.marks import marks
from grader.reports.words import sentence
from grader.workspace.grade_file import StoredCriterion

LONGEST = 300
"""Characters of what was found in one check."""
NOT_FINAL = "Not final: a person will look at it."
EPOCH = (2000, 1, 1, 0, 0, 0)
"""The time of all entries, so that the same reports make the same zip."""


def lines(graded: Graded) -> Iterator[str]:
    """The total, comments, and what was lost where, in plain sentences; what is hidden is left out."""
    yield f"{graded.total} of {graded.grade.max:g} marks."
    yield from lines_without_total(graded)


def lines_without_total(graded: Graded) -> Iterator[str]:
    """The same for where marks show before they are published: the total tells what hidden checks found."""
    grade, shown = graded.grade, {criterion.id for criterion in graded.disclosed}
    if graded.withheld:
        yield NOT_FINAL
    if grade.late and grade.late.penalty:
        yield grade.late.words
    for comment in grade.comments:
        about = f"{comment.criterion}, " if comment.criterion in shown else ""
        yield f"{about}{comment.by}: {comment.text}"
    yield from because(graded)
    for criterion in () if graded.cause_alone else graded.disclosed:
        if criterion.manual or criterion.score < criterion.max:
            yield f"{criterion.title} ({points(criterion)}): {reason(criterion)}"


def because(graded: Graded) -> Iterator[str]:
    """Why nothing was trained, in two lines: what came or happened, and what to do."""
    if cause := graded.grade.cause:
        yield sentence(cause.found)
        yield cause.advice


def points(criterion: StoredCriterion) -> str:
    """The criterion's marks of those to be had."""
    return f"{_marks(criterion.score)} of {_marks(criterion.max)}"


def reason(criterion: StoredCriterion) -> str:
    """Why the criterion has the marks it has: a person's words, or what its checks found and what to do."""
    if criterion.manual:
        return f"given by {criterion.manual.by}. {criterion.manual.comment}".strip()
    lost = [c for c in criterion.checks if not c.hidden and c.outcome != "passed"]
    # One cause often fails several checks in the same words.
    sentences = dict.fromkeys(_sentence(text) for c in lost for text in (c.found, c.help) if text.strip())
    return " ".join(sentences) or ("every check passed" if criterion.score >= criterion.max else "see the instructor")


def feedback_html(graded: Graded) -> str:
    """The lines as HTML for a cell; it begins with a tag, so that no spreadsheet computes it."""
    first, *others = [escape(line, quote=False) for line in lines(graded)]
    listed = "".join(f"<li>{line}</li>" for line in others)
    return f"<p>{first}</p>" + (f"<ul>{listed}</ul>" if listed else "")


def feedback_zip(rows: Mapping[int, Graded], participants: Mapping[int, tuple[str, str]]) -> bytes:
    """The reports in folders named as Moodle's upload of feedback files wants them; names and numbers by row."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for row, graded in rows.items():
            name, number = participants[row]
            entry = zipfile.ZipInfo(f"{folder_name(name, number)}/report.html", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, graded.report.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def folder_name(name: str, number: str) -> str:
    """`Ada Lovelace_12345_assignsubmission_file`: Moodle splits at `_`, so that a name has none of it."""
    clean = re.sub(r'[\\/:*?"<>|\x00-\x1f_]+', " ", name).strip(" .")
    return f"{clean or 'Participant'}_{number}_assignsubmission_file"


def _marks(score: float) -> str:
    return marks(Fraction(str(score)))


def _sentence(text: str) -> str:
    short = (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…").strip()
    return short if short.endswith((".", "!", "?", "…")) else f"{short}."
