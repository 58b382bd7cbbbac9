"""`grader schema NAME`: the JSON Schema of a file that the grader writes, for programs that read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from grader.errors import UserError
from grader.workspace.evidence_file import evidence_schema
from grader.workspace.grade_file import grade_schema
from grader.yaml_files.validate import suggestion

SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "grade": grade_schema,
    "evidence": evidence_schema,
}


def schema(name: Annotated[str, typer.Argument(help=f"Of which file: {', '.join(SCHEMAS)}.")]) -> None:
    """Print the JSON Schema of a grade.json or an evidence.json; that of rubrics is printed by rubric schema."""
    if name not in SCHEMAS:
        raise UserError(f"There is no schema '{name}' {suggestion(name, SCHEMAS)}. There are: {', '.join(SCHEMAS)}.")
    print(json.dumps(SCHEMAS[name](), indent=2))  # noqa: T201 (the answer)
