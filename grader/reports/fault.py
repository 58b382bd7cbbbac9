"""The page of a submission at which the grader failed: it looks at nothing of the student's but the name."""

from __future__ import annotations

from grader.i18n.languages import ENGLISH
from grader.records import Grade
from grader.reports.page import render


def fault_html(grade: Grade, language: str = ENGLISH) -> str:
    """One self-contained HTML file, for the student and the instructor alike."""
    return render("fault.html", language, grade=grade)
