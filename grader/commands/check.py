"""`grader check FILE`: one's own file through the same pipeline as the instructor's run, explained in the terminal."""

from __future__ import annotations

import json
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader import rubric as rubrics
from grader.commands import options as shared
from grader.commands.fail_under import is_below, open_marks
from grader.commands.statuses import BELOW, USER_MUST_ACT
from grader.desk import EVIDENCE, GRADE, INSTRUCTOR, REPORT
from grader.grading.grade_class import GradingOptions
from grader.grading.run_submissions import run_submissions
from grader.intake.folder import single_file
from grader.records import Evidence, Grade
from grader.records.target import Target
from grader.reports.files import grade_json, write_text
from grader.reports.store import read_evidence
from grader.reports.student import nothing_else_to_say
from grader.scoring import for_student
from grader.standard import Standard
from grader.terminal.class_table import warn_of_rubric
from grader.terminal.explain import explain
from grader.terminal.live_run import LiveRun


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
    standard = Standard.of(rubrics.load(rubric or rubrics.bundled()), language)
    warn_of_rubric(Console(stderr=True), standard.warnings)
    grade, evidence = _checked(file, options, standard, sandbox, console)
    explain(console, grade, evidence)
    report = (out / grade.student / REPORT).resolve()
    console.print(f"Report: {report}", soft_wrap=True, markup=False, highlight=False)
    if as_json:
        print(json.dumps(grade_json(grade, evidence), indent=1, ensure_ascii=False))  # noqa: T201 (the answer)
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
    file: Path, options: GradingOptions, standard: Standard, sandbox: str, console: Console
) -> tuple[Grade, Evidence]:
    """The grade as its student may see it, and the evidence that it follows from."""
    submission = single_file(file)
    target = Target(sandbox=sandbox)
    (grade,) = run_submissions([submission], standard, target, options, LiveRun(console, submission))
    folder = options.out / grade.student
    evidence = read_evidence((folder / EVIDENCE).read_text(encoding="utf-8"))
    # The instructor's page says what the rubric hides from students.
    (folder / INSTRUCTOR).unlink(missing_ok=True)
    shown = for_student(grade, evidence)
    if shown.undisclosed:
        write_text(folder / GRADE, json.dumps(grade_json(shown, evidence), indent=1, ensure_ascii=False) + "\n")
    return shown, evidence
