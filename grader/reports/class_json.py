"""The class page for programs: `index.json`."""

from __future__ import annotations

from typing import Any

from grader.i18n.languages import ENGLISH
from grader.records.marks import number
from grader.reports.faults import Fault
from grader.reports.items import CriterionSummary
from grader.reports.overview import Overview, Row

CLASS_VERSION = 1


def class_json(seen: Overview, language: str = ENGLISH) -> dict[str, Any]:
    """All that the class page shows, as plain JSON values; students in the order of the page.

    `language` is that of the students' reports.
    """
    return {
        "version": CLASS_VERSION,
        "title": seen.title,
        "language": language,
        "max": number(seen.maximum),
        "summary": {name.lower(): number(value) for name, value in seen.summary.items()},
        "distribution": [{"from": float(b.low), "to": float(b.high), "students": b.count} for b in seen.bins],
        "presence": {presence.value: count for presence, count in seen.presence.items()},
        "nothing_handed_in": [{"id": line.id, "name": line.name, "email": line.email} for line in seen.absent],
        "students": [_student(row) for row in seen.rows],
        "review": [{"reason": r.words, "students": [row.grade.student for row in r.rows]} for r in seen.review],
        "criteria": [_criterion(criterion) for criterion in seen.criteria],
        "faults": [_fault(fault) for fault in seen.faults],
    }


def _student(row: Row) -> dict[str, Any]:
    grade = row.grade
    return {
        "student": grade.student,
        "id": grade.identity.id,
        "name": grade.identity.name,
        "report": row.link,
        "total": number(grade.total),
        "max": number(grade.max),
        "not_assessed": number(grade.not_assessed),
        "needs_review": grade.needs_review,
        "review_reasons": list(grade.review),
        "ending": grade.ending.value,
        "faulty": row.faulty,
        "unconfirmed_zero": grade.unconfirmed_zero or None,
        "late_penalty": number(grade.late.penalty) if grade.late else 0.0,
        "manual": [c.id for c in grade.manual],
        "presence": grade.identity.presence.value if grade.identity.presence else None,
    }


def _criterion(criterion: CriterionSummary) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "title": criterion.title,
        "mean": number(criterion.mean),
        "max": number(criterion.max_score),
        "outcomes": {outcome.value: count for outcome, count in criterion.tally.items()},
        "pass_rate": None if criterion.pass_rate is None else round(criterion.pass_rate, 2),
        "discrimination": None if criterion.discrimination is None else round(criterion.discrimination, 4),
        "without_full_marks": list(criterion.lost),
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "advice": fault.advice,
        "criteria": {faulty.criterion: faulty.students for faulty in fault.criteria},
        "students": list(fault.students),
        "marks": number(fault.marks),
        "expected": fault.expected,
        "found": fault.found,
    }
