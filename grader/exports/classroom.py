"""GitHub Classroom: the result that a test runner hands to the autograding reporter, and how a step says it."""

from __future__ import annotations

import base64
import json
from typing import Any

from grader.exports.feedback import lines, reason
from grader.exports.graded import Criterion, Graded

LONGEST = 500
"""Characters of output that the reporter keeps."""


def result(graded: Graded, *, unreviewed: bool) -> dict[str, Any]:
    """One test for each criterion. A mark that is not final has the status `error`, unless `unreviewed`."""
    final = graded.may_go_out(unreviewed=unreviewed)
    complete = all(c.score >= c.max for c in graded.grade.criteria)
    return {
        "version": 3,
        "status": ("pass" if complete else "fail") if final else "error",
        "max_score": graded.grade.max,
        "message": _cut("\n".join(lines(graded)) if final else f"Not final: {graded.withheld}"),
        "tests": [_test(criterion) for criterion in graded.grade.criteria],
    }


def _test(criterion: Criterion) -> dict[str, Any]:
    not_assessed = criterion.outcome == "not assessed"
    words = _cut(reason(criterion))
    return {
        "name": criterion.title,
        "status": "error" if not_assessed else "pass" if criterion.score >= criterion.max else "fail",
        "message": words,
        "test_code": criterion.id,
        "task_id": None,
        "filename": "",
        "line_no": 0,
        "duration": 0,
        "score": criterion.score,
        "output": words,
    }


def step_output(content: dict[str, Any]) -> str:
    """The line for the file named by `GITHUB_OUTPUT`: the result in base64."""
    return f"result={base64.b64encode(json.dumps(content).encode()).decode()}\n"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
