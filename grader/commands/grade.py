"""`grader grade FOLDER`: a class of submissions, run once, graded, and reported on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from grader.commands import options as shared
from grader.commands.consent import agreed, of_class, of_quick, of_rubric
from grader.commands.fail_under import exit_below
from grader.commands.remembered import Asked, Recalled, recalled, with_roster
from grader.errors import UserError, did_you_mean
from grader.executors.choose import must_be_had
from grader.grading.grade_class import GradingOptions
from grader.grading.receive import Received, received
from grader.grading.run_submissions import run_submissions
from grader.intake.folder import KINDS
from grader.intake.layouts import holds_reports
from grader.intake.receive import must_be_known
from grader.records import Limits
from grader.records.target import Target
from grader.terminal.class_table import ClassTable
from grader.terminal.console import Console, warn, warn_of_rubric
from grader.terminal.summary import print_received, print_summary
from grader.workspace.manifest import read_manifest
from grader.workspace.terms import Terms, terms_of

FolderArgument = Annotated[
    Path,
    typer.Argument(
        help="The folder or zip, as Moodle, Canvas, nbgrader, Gradescope or GitHub Classroom give it, or plain: "
        "FOLDER/<student>/<any>.ipynb|.py or FOLDER/<student>.ipynb|.py"
    ),
]
RosterOption = Annotated[
    Path | None, typer.Option(help="Class list as CSV: Moodle's worksheet, Canvas's gradebook, or a table of names.")
]
AssignmentOption = Annotated[str, typer.Option(help="Which assignment, where nbgrader's tree has several.")]
ClassJobs = Annotated[
    int | None, typer.Option(min=1, help="Submissions at a time; as cores and memory allow if not given.")
]
ClassTimeout = Annotated[
    float | None,
    typer.Option(
        min=0.01,
        help=f"Minutes that a submission may take, all its programs together; as before, or {shared.MINUTES:g}.",
    ),
]
ClassMemory = Annotated[
    float | None, typer.Option(min=1.0, help=f"GiB of memory for one program; as before, or {shared.MEMORY_GIB:g}.")
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Run again what was graded before.")]


@dataclass(frozen=True, slots=True)
class _Class:
    """What a class is graded by: the command line, completed by what the folder of reports remembers."""

    folder: Path
    out: Path
    terms: Terms
    known: Recalled
    quick: bool


def grade(
    folder: FolderArgument,
    out: shared.OutOption = Path("reports"),
    rubric: shared.ClassRubric = None,
    roster: RosterOption = None,
    assignment: AssignmentOption = "",
    layout: shared.LayoutOption = "",
    jobs: ClassJobs = None,
    timeout: ClassTimeout = None,
    memory: ClassMemory = None,
    sandbox: shared.SandboxOption = "bubblewrap",
    executor: shared.ExecutorOption = "local",
    scheduler: shared.SchedulerOption = None,
    workers: shared.WorkersOption = None,
    quick: shared.QuickOption = False,
    no_fast: shared.NoFast = False,
    fresh: FreshOption = False,
    fail_under: shared.FailUnder = None,
    language: shared.ClassLanguage = None,
    yes: shared.YesOption = False,
) -> None:
    """Grade a folder or zip of submissions and write a report for each.

    What was said before of the same --out (rubric, language, roster, limits) holds until something else is said.
    """
    console = Console()
    target = Target(executor, sandbox, jobs, scheduler, workers).checked()
    must_be_known(layout)
    _must_be_a_class(folder)
    terms = terms_of(out, rubric, language)
    warn_of_rubric(Console(stderr=True), terms.assignment.warnings)
    must_be_had(target)
    asked_for = Asked(timeout, memory, assignment, roster, quick, folder, layout)
    known = recalled(out, read_manifest(out), terms, asked_for)
    said, asked = known.settings, _Class(folder, out, terms, known, quick)
    within = shared.limits(
        said.minutes or shared.MINUTES, said.memory_gib or shared.MEMORY_GIB, quick=quick, fast=not no_fast
    )
    with received(
        folder,
        out,
        roster=known.roster,
        roster_name=known.roster_name,
        assignment=said.assignment,
        layout=said.layout,
    ) as got:
        _tell_and_ask(console, asked, got, yes=yes)
        options = _options(asked, got, within, fresh=fresh)
        submissions = got.found.submissions
        grades = run_submissions(submissions, terms.assignment, target, options, ClassTable(console, submissions))
    print_summary(console, grades, out)
    exit_below(console, grades, fail_under, quick=quick)


def _must_be_a_class(folder: Path) -> None:
    """One's own file is checked, not graded; said before anything is locked or made."""
    if folder.is_file() and folder.suffix.lower() in KINDS:
        raise UserError(
            f"Expected a folder or zip of submissions, found the single file {folder}.\n"
            f"  To check your own file: grader check {shlex.quote(str(folder))}"
        )
    if not folder.exists():
        near = did_you_mean(folder.name, (p.name for p in folder.parent.glob("*")))
        raise UserError(f"Expected a folder or zip of submissions, found no folder {folder}{near}.")
    if holds_reports(folder):
        raise UserError(
            f"Expected a folder or zip of submissions, found {folder}, which holds the reports of a class.\n"
            f"  To score it anew without running anything: grader regrade {shlex.quote(str(folder))}"
        )


def _tell_and_ask(console: Console, asked: _Class, got: Received, *, yes: bool) -> None:
    """What is remembered and what was received; whether the changes are wanted that this would make."""
    for line in asked.known.told:
        warn(console, line)
    print_received(console, got, asked.folder)
    students = {s.student for s in got.found.submissions}
    changes = [*of_class(asked.out, students), *of_rubric(asked.out, asked.terms)]
    agreed(console, [*changes, *(of_quick(asked.out, students) if asked.quick else ())], yes=yes)


def _options(asked: _Class, got: Received, limits: Limits, *, fresh: bool) -> GradingOptions:
    return GradingOptions(
        asked.out,
        limits,
        fresh,
        title=_title(asked.folder),
        roster=got.roster,
        roster_file=got.roster_file,
        rubric=asked.terms.chosen.name,
        settings=with_roster(asked.known.settings, asked.known.roster_name, got.roster_file),
    )


def _title(folder: Path) -> str:
    path = folder.resolve()
    return path.stem if path.is_file() else path.name
