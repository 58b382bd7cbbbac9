"""The commands that look after the reference: calibrate and verify its bands."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from grader.assignment import rubric as rubrics
from grader.assignment.assignment import Assignment
from grader.assignment.criterion import Rubric
from grader.assignment.reference import load_reference
from grader.commands.options import MEMORY_GIB, MINUTES, ExecutorOption, SchedulerOption, WorkersOption, limits
from grader.commands.statuses import BELOW
from grader.errors import UserError
from grader.executors.runner import CancelledError
from grader.grading.grade_class import GradingOptions
from grader.grading.run_submissions import run_submissions
from grader.intake.folder import single_file
from grader.records import Grade
from grader.records.target import Target
from grader.terminal.class_table import ClassTable
from grader.terminal.console import Console, warn_of_rubric

FRESH_SEEDS = 3
"""Runs of a stage whose median is held against its band."""
QUICK_SCALING = "raw"

Names = Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")]
TrainingJobs = Annotated[int | None, typer.Option(min=1, help="Trainings at a time; one a core if not given.")]
ReferenceRubric = Annotated[Path | None, typer.Option("--rubric", help="The rubric that names the reference.")]

app = typer.Typer(no_args_is_help=True, help="Look after the reference.")


@app.command()
def calibrate(
    stage: Names = None,
    scaling: Names = None,
    seeds: Annotated[int, typer.Option(min=2, help="Runs of each stage and scaling.")] = 20,
    anew: Annotated[bool, typer.Option("--anew", help="Train also what the bands of these versions hold.")] = False,
    jobs: TrainingJobs = None,
    executor: ExecutorOption = "local",
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    work: Annotated[Path, typer.Option(help="Where finished runs are kept.")] = Path("build/calibration"),
    rubric: ReferenceRubric = None,
) -> None:
    """Train the reference over many seeds and settings and write its bands; stopped, it resumes."""
    console = Console()
    reference = load_reference(_loaded(rubric).reference)
    only = {"stage": stage or [], "scaling": scaling or []}
    target = Target(executor, jobs=jobs, scheduler=scheduler, workers=workers).checked()
    try:
        written = reference.calibrate(work, seeds, target, console.print, only, anew=anew)
    except KeyboardInterrupt as stopped:
        raise CancelledError from stopped
    console.print(f"Written: {written}")


@app.command()
def verify(
    stage: Names = None,
    scaling: Names = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fresh runs of each stage and scaling.")] = FRESH_SEEDS,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"{FRESH_SEEDS} seeds on {QUICK_SCALING} pixels: for pull requests.")
    ] = False,
    solution: Annotated[bool, typer.Option(help="Also grade the model answer, which must earn full marks.")] = True,
    jobs: TrainingJobs = None,
    rubric: ReferenceRubric = None,
) -> None:
    """Train the reference afresh, hold it against its bands, grade its solution; exit status 1 if either fails."""
    if quick and (scaling or seeds != FRESH_SEEDS):
        raise UserError("--quick chooses scaling and seeds itself: leave out --scaling and --seeds, or --quick.")
    console = Console()
    loaded = _loaded(rubric)
    reference = load_reference(loaded.reference)
    only = {"stage": stage or [], "scaling": [QUICK_SCALING] if quick else scaling or []}
    with tempfile.TemporaryDirectory(prefix="grader-verify-") as work:
        broken = reference.verify(Path(work), seeds, Target(jobs=jobs), console.print, only)
        if solution:
            broken += _short_of_full_marks(_graded(reference.SOLUTION, loaded, Path(work) / "reports"))
    for words in broken:
        console.print(words, style="red", markup=False, highlight=False, soft_wrap=True)
    if broken:
        raise typer.Exit(BELOW)
    console.print(
        "The reference stands within its bands" + (" and its solution earns full marks." if solution else ".")
    )


def _graded(file: Path, rubric: Rubric, out: Path) -> Grade:
    """One file through the whole grader, confined, with the usual limits."""
    within = limits(MINUTES, MEMORY_GIB, quick=False, fast=True)
    assignment = Assignment.of(rubric)
    warn_of_rubric(Console(stderr=True), assignment.warnings)
    submissions = (single_file(file),)
    options = GradingOptions(out, within, fresh=True, title=file.name)
    (grade,) = run_submissions(submissions, assignment, Target(), options, ClassTable(Console(), submissions))
    return grade


def _short_of_full_marks(grade: Grade) -> list[str]:
    """Every check of the model answer that did not earn its marks."""
    return [
        f"solution, {check.criterion}: expected {check.verdict.expected}; found {check.verdict.found}"
        for criterion in grade.criteria
        for check in criterion.checks
        if check.score < check.max_score
    ]


def _loaded(file: Path | None) -> Rubric:
    return rubrics.load(file or rubrics.bundled())
