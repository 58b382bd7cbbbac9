"""The files that programs read: grade.json and gradebook.csv, and how any file is put in its place."""

from __future__ import annotations

import csv
import errno
import io
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.errors import UserError
from grader.records import (
    Cause,
    CheckResult,
    CriterionResult,
    Evidence,
    Grade,
    Identity,
    Lateness,
    ManualMark,
    StageMatch,
    TrainingRun,
)

GRADE_VERSION = 1
DRAFTS = ".*.tmp"
"""What files are called while they are written."""
UNCONFIRMED = "unconfirmed"
"""What stands behind marks that are nothing or nearly so, until a person has said that they are right."""
FORMULA_STARTS = ("=", "+", "-", "@")


def marks(value: Fraction) -> str:
    """Marks for people: two decimals, half a hundredth rounds up."""
    hundredths = (value * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def grade_json(grade: Grade, evidence: Evidence) -> dict[str, Any]:
    """The grade as plain JSON values in the fixed shape that other programs rely on."""
    return {
        "version": GRADE_VERSION,
        "student": grade.student,
        "total": _number(grade.total),
        "max": _number(grade.max),
        "needs_review": grade.needs_review,
        "review_reasons": list(grade.review),
        "ending": grade.ending.value,
        "faults": list(grade.faults),
        "criteria": [_criterion(criterion) for criterion in grade.criteria],
        "stages": _stages(grade.stages, evidence.runs),
        "beyond": [asdict(each) for each in grade.beyond],
        "digests": {"rubric": grade.rubric_digest, "submission": grade.submission_digest},
        "not_assessed": _number(grade.not_assessed),
        "identity": _identity(grade.identity),
        "late": _late(grade.late) if grade.late else None,
        "comments": [asdict(comment) for comment in grade.comments],
        "accepted": [asdict(accepted) for accepted in grade.accepted],
        "cause": _cause(grade.cause) if grade.cause else None,
        "unconfirmed_zero": grade.unconfirmed_zero or None,
        "confirmed_zero": grade.confirmed_zero,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    """Why nothing was trained; where nothing `ran`, no criterion says more than this does."""
    return {"kind": cause.kind.value, "found": cause.found, "advice": cause.advice, "ran": cause.ran}


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "lms": identity.lms.value,
        "id": identity.id,
        "name": identity.name,
        "email": identity.email,
        "members": list(identity.members),
        "submitted_at": _moment(identity.submitted_at),
        "marked_late": identity.marked_late,
        "attempts": [
            {"label": a.label, "submitted_at": _moment(a.submitted_at), "graded": a.graded} for a in identity.attempts
        ],
        "presence": identity.presence.value if identity.presence else None,
        "note": identity.note,
    }


def _late(late: Lateness) -> dict[str, Any]:
    return {
        "due": _moment(late.due),
        "submitted_at": _moment(late.submitted_at),
        "begun": late.begun,
        "per": late.per,
        "penalty": _number(late.penalty),
        "words": late.words,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _number(value: Fraction) -> float:
    return round(float(value), 6)


def _criterion(criterion: CriterionResult) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "title": criterion.title,
        "stage": criterion.stage,
        "score": _number(criterion.score),
        "max": _number(criterion.max_score),
        "outcome": criterion.outcome.value,
        "checks": [_check(check) for check in criterion.checks],
        "manual": _manual(criterion.manual),
    }


def _manual(manual: ManualMark | None) -> dict[str, Any] | None:
    """A mark by hand; `automatic` is null where the criterion was not assessed."""
    if manual is None:
        return None
    return {
        "automatic": None if manual.not_assessed else _number(manual.automatic),
        "comment": manual.comment,
        "by": manual.by,
        "when": manual.when,
        "stale": manual.stale or None,
    }


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.check,
        "outcome": check.verdict.outcome.value,
        "score": _number(check.score),
        "max": _number(check.max_score),
        "expected": check.verdict.expected,
        "found": check.verdict.found,
        "help": check.verdict.help,
        "hidden": check.hidden,
    }


def _stages(matches: Sequence[StageMatch], runs: Iterable[TrainingRun]) -> dict[str, Any]:
    by_id = {run.id: run for run in runs}
    return {match.stage: _stage(match, by_id.get(match.run or "")) for match in matches}


def _stage(match: StageMatch, run: TrainingRun | None) -> dict[str, Any]:
    return {
        "run": match.run,
        "cell": run.cell if run else None,
        "program": run.program if run else None,
        "claimed_accuracy": run.claimed_accuracy if run else None,
        "measured_accuracy": run.measurement.accuracy if run else None,
        "matched_because": match.because or None,
        "close_call": match.close_call or None,
    }


def gradebook_csv(grades: Sequence[Grade]) -> str:
    """One line for each student, one column for each criterion; safe to open in a spreadsheet."""
    criteria = list(dict.fromkeys(c.id for grade in grades for c in grade.criteria))
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", "total", "max", "needs_review", "ending", *criteria, "manual", "unconfirmed"])
    writer.writerows(_gradebook_line(grade, criteria) for grade in grades)
    return table.getvalue()


def _gradebook_line(grade: Grade, criteria: Sequence[str]) -> list[str]:
    zero = grade.unconfirmed_zero
    # No number: what adds up or takes over the column must not take it for a mark.
    total = f"{marks(grade.total)} {UNCONFIRMED}" if zero else marks(grade.total)
    scores = {} if zero else {c.id: marks(c.score) for c in grade.criteria}
    review = "yes" if grade.needs_review else "no"
    start = [no_formula(grade.student), total, marks(grade.max), review, grade.ending.value]
    end = [_manual_words(grade), no_formula(zero)]
    return [*start, *(scores.get(criterion, "") for criterion in criteria), *end]


def _manual_words(grade: Grade) -> str:
    """The marks by hand, each with the automatic one."""
    return "; ".join(
        f"{c.id} {marks(c.score)} (automatic: {'not assessed' if m.not_assessed else marks(m.automatic)})"
        for c in grade.criteria
        if (m := c.manual)
    )


def no_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    # NFKC and lstrip because spreadsheets take a full-width "=" and leading blanks for a formula, too; some drop a tab
    # or a line's end before they look.
    # A carriage return alone is not quoted by `csv`, and would begin a line, and so a cell, of its own.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = unicodedata.normalize("NFKC", text)
    starts = plain.lstrip().startswith(FORMULA_STARTS) or plain.lstrip(" ").startswith(("\t", "\n"))
    return f"'{text}" if starts else text


def write_text(path: Path, text: str) -> None:
    """Like `write_bytes`, in UTF-8; what UTF-8 cannot hold (a file name of broken bytes) is spelled out."""
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Put a whole file in its place or leave the old one as it was; a reader never sees half of it.

    Raises:
        UserError: the file cannot be written.
    """
    draft = path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise UserError(_unwritable(path, error)) from error


def _unwritable(path: Path, error: OSError) -> str:
    return f"Cannot write {path}: {error.strerror or error}. {_advice(path, error)}"


def _advice(path: Path, error: OSError) -> str:
    if path.is_dir():
        return "It is a folder: give the name of a file."
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return "A file lies where its folder should be: take it away, or choose another output folder."
    return f"Make {path.parent} writable, with room on its disk, or choose another output folder."
