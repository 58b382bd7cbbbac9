"""`grader check FILE`: one's own file through the same pipeline as the instructor's run, explained in the terminal."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from grader.assignment import rubric as rubrics
from grader.assignment.assignment import Assignment
from grader.commands import options as shared
from grader.commands.fail_under import is_below, open_marks
from grader.commands.statuses import BELOW, USER_MUST_ACT
from grader.grading.disclosure import for_student
from grader.grading.grade_class import GradingOptions
from grader.grading.run_submissions import run_submissions
from grader.intake.folder import single_file
from grader.records import Evidence, Grade
from grader.records.target import Target
from grader.reports.student import nothing_else_to_say
from grader.terminal.console import Console, spelled, warn_of_rubric
from grader.terminal.explain import explain
from grader.terminal.live_run import LiveRun
from grader.workspace.atomic import write_text
from grader.workspace.evidence_file import stored_evidence
from grader.workspace.grade_record import to_store
from grader.workspace.layout import GRADE, INSTRUCTOR, REPORT
from grader.workspace.members import folders_for


def check(
    file: Annotated[Path, typer.Argument(help="Your notebook (.ipynb) or module (.py).")],
    out: shared.OutOption = Path("check"),
    rubric: shared.RubricOption = None,
    timeout: shared.TimeoutOption = shared.MINUTES,
    memory: shared.MemoryOption = shared.MEMORY_GIB,
    sandbox: shared.SandboxOption = "auto",
    quick: shared.QuickOption = False,
    no_fast: shared.NoFast = False,
    fail_under: shared.FailUnder = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the grade as JSON on standard output, all else on standard error.")
    ] = False,
    language: shared.LanguageOption = None,
) -> None:
    """Check your own file before you hand it in.

    The same run and the same marks as the instructor's. In a notebook: %load_ext grader, then %grader check.
    """
    console = _beside_json() if as_json else Console()
    limits = shared.limits(timeout, memory, quick=quick, fast=not no_fast)
    options = GradingOptions(out, limits, fresh=True, class_pages=False)
    assignment = Assignment.of(rubrics.load(rubric or rubrics.bundled()), language)
    warn_of_rubric(Console(stderr=True), assignment.warnings)
    grade, evidence = _checked(file, options, assignment, sandbox, console)
    explain(console, grade, evidence)
    report = (folders_for(out, [grade.student]).of(grade.student) / REPORT).resolve()
    console.print(f"Report: {report}", soft_wrap=True, markup=False, highlight=False)
    if as_json:
        print(spelled(to_store(grade, evidence).text()), end="")  # noqa: T201 (the answer)
    if nothing_else_to_say(grade):
        raise typer.Exit(USER_MUST_ACT)
    if fail_under is None:
        return
    least = Fraction(str(fail_under))
    if grade.not_assessed:
        console.print(open_marks(grade, least, quick=quick), soft_wrap=True, markup=False, highlight=False)
    if is_below(grade, least, quick=quick):
        raise typer.Exit(BELOW)


def _beside_json() -> Console:
    """Standard error by a descriptor of its own: while Keras is imported, what goes to the usual one is thrown away."""
    try:
        own = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):
        return Console(stderr=True)
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    return Console(file=os.fdopen(own, "w", buffering=1, encoding=encoding, errors=errors or "backslashreplace"))


def _checked(
    file: Path, options: GradingOptions, assignment: Assignment, sandbox: str, console: Console
) -> tuple[Grade, Evidence]:
    """The grade as its student may see it, and the evidence that it follows from."""
    submission = single_file(file)
    target = Target(sandbox=sandbox)
    (grade,) = run_submissions([submission], assignment, target, options, LiveRun(console, submission))
    folder = folders_for(options.out, [grade.student]).of(grade.student)
    evidence = stored_evidence(folder)
    # The instructor's page says what the rubric hides from students.
    (folder / INSTRUCTOR).unlink(missing_ok=True)
    shown = for_student(grade, evidence)
    if shown.undisclosed:
        write_text(folder / GRADE, to_store(shown, evidence).text())
    return shown, evidence
