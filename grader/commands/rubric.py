"""`grader rubric …`: check a rubric, see its marks, list what it may ask for, describe it to an editor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from grader.assignment import rubric as rubrics
from grader.assignment.assignment import beside_reference
from grader.assignment.rubric.catalogue import catalogue
from grader.assignment.rubric.table import table
from grader.errors import UserError, WrittenError
from grader.terminal.console import Console
from grader.yaml_files.validate import suggestion

app = typer.Typer(no_args_is_help=True, help="Look after rubrics.")


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The rubric to check.")]) -> None:
    """Check a rubric: all problems at once, with line and column, and all that is hardly meant so.

    Problems end with status 2. Warnings do not: what they tell of can be graded by, but look at it first.
    """
    reading = rubrics.read(file)
    source, loaded = reading.source, reading.rubric
    named = source.value.get("reference") if isinstance(source.value, dict) else None
    if isinstance(named, str):
        beside_reference(source, loaded, named)
    warnings = source.warnings
    for warning in warnings:
        _say(f"Warning: {warning}", "yellow")
    if source.problems or loaded is None:
        raise WrittenError(source.problems)
    found = f"No problems, {len(warnings)} warning{'s' * (len(warnings) > 1)}." if warnings else "No problems."
    _say(f"{file}: {loaded.title}, {len(loaded.criteria)} criteria, {float(loaded.marks):g} marks. {found}")


@app.command()
def checks(
    names: Annotated[list[str] | None, typer.Argument(help="Only these; all if none is given.")] = None,
) -> None:
    """List the checks that a rubric may name: what each looks at, its options, an example to paste."""
    known = catalogue()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise UserError("\n".join(f"There is no check '{name}' {suggestion(name, known)}." for name in unknown))
    _say("\n\n".join(known[name] for name in names or known))


@app.command()
def schema() -> None:
    """Print the JSON Schema of rubrics, for editors."""
    print(json.dumps(rubrics.json_schema(), indent=2))  # noqa: T201 (the answer)


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="The rubric; the lab's own if not given.")] = None,
) -> None:
    """Print the marks of a rubric as a table: each criterion, what it is worth, what it asks for."""
    Console().print(table(rubrics.load(file or rubrics.bundled())))


def _say(text: str, style: str = "") -> None:
    Console().print(text, style=style, markup=False, highlight=False, soft_wrap=True)
