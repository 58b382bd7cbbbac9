"""GitHub Classroom: the result that a test runner hands to the autograding reporter, and how a step says it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from grader.exports.feedback import NOT_FINAL, because, lines, lines_without_total, reason
from grader.exports.graded import Graded
from grader.workspace.grade_file import StoredCriterion

LONGEST = 500
"""Characters of output that the reporter keeps."""


def result(graded: Graded, *, unreviewed: bool) -> dict[str, Any]:
    """One test for each criterion. A mark that is not final has the status `error`, unless `unreviewed`.

    All of it shows at once: what is hidden is left out, and so are the total and reasons that may follow from it.
    """
    final = graded.may_go_out(unreviewed=unreviewed)
    complete = all(c.score >= c.max for c in graded.disclosed)
    return {
        "version": 3,
        "status": ("pass" if complete else "fail") if final else "error",
        "max_score": round(graded.grade.max - graded.undisclosed, 6),
        "message": _cut(_message(graded, final=final)),
        "tests": _tests(graded),
    }


def _tests(graded: Graded) -> list[dict[str, Any]]:
    """One that is an error where there is no mark: the reporter adds up what it is given."""
    if graded.grade.unconfirmed_zero or graded.cause_alone:
        words = _cut("\n".join([*([NOT_FINAL] if graded.withheld else []), *because(graded)]))
        return [_entry("What was handed in", "submission", "error", 0, words or NOT_FINAL)]
    return [*map(_test, graded.disclosed), *_late(graded)]


def _message(graded: Graded, *, final: bool) -> str:
    if not final:
        if graded.grade.unconfirmed_zero:
            return "\n".join([NOT_FINAL, *because(graded)])
        return NOT_FINAL if graded.has_hidden else f"Not final: {graded.withheld}"
    return "\n".join(lines_without_total(graded) if graded.has_hidden else lines(graded))


def _late(graded: Graded) -> Iterator[dict[str, Any]]:
    """The reporter adds up the tests: late work is one of them, with less than nothing."""
    late = graded.grade.late
    if late and graded.taken_off:
        words = _cut(late.words)
        yield _entry("Late work", "late", "fail", -round(graded.taken_off, 6), words)


def _test(criterion: StoredCriterion) -> dict[str, Any]:
    not_assessed = criterion.outcome == "not assessed" and criterion.manual is None
    words = _cut(reason(criterion))
    status = "error" if not_assessed else "pass" if criterion.score >= criterion.max else "fail"
    return _entry(criterion.title, criterion.id, status, criterion.score, words)


def _entry(name: str, code: str, status: str, score: float, words: str) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "message": words,
        "test_code": code,
        "task_id": None,
        "filename": "",
        "line_no": 0,
        "duration": 0,
        "score": score,
        "output": words,
    }


def step_output(content: dict[str, Any]) -> str:
    """The line for the file named by `GITHUB_OUTPUT`: the result in base64."""
    return f"result={base64.b64encode(json.dumps(content).encode()).decode()}\n"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
