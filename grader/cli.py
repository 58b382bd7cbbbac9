"""The command line: parse, call, print, exit status."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from grader import rubric as rubrics
from grader.commands import check, doctor, export, init, review
from grader.commands import rubric as rubric_commands
from grader.commands.consent import agreed, of_class, of_quick, of_rubric
from grader.commands.examples import with_examples
from grader.commands.options import (
    MEMORY_GIB,
    MINUTES,
    ClassLanguage,
    ClassRubric,
    ExecutorOption,
    FailUnder,
    LayoutOption,
    NoFast,
    OutOption,
    QuickOption,
    SandboxOption,
    SchedulerOption,
    WorkersOption,
    YesOption,
    limits,
)
from grader.commands.reference import commands
from grader.commands.remembered import Asked, recalled, terms_told, with_roster
from grader.commands.similar import similar
from grader.errors import UserError, did_you_mean
from grader.executors.choose import executor_at, must_be_had
from grader.executors.runner import CancelledError
from grader.failures import in_words, log_of, written_log
from grader.grading.grade_class import GradingOptions, grade_class, stopped_like_ctrl_c
from grader.grading.receive import received
from grader.grading.regrade import Said, regrade
from grader.intake.folder import KINDS, single_file
from grader.intake.layouts import holds_reports
from grader.intake.receive import must_be_known
from grader.records import Grade, Submission
from grader.records.target import Target
from grader.standard import Standard
from grader.terminal.class_table import ClassTable, print_received, print_regraded, print_summary, warn, warn_of_rubric
from grader.terminal.streams import flush, sturdy_streams
from grader.workspace.manifest import read_manifest
from grader.workspace.members import EVIDENCE, student_folders, unfinished_told
from grader.workspace.terms import terms_of

DONE, BELOW, USER_MUST_ACT, OUR_BUG, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(rubric_commands.app, name="rubric")
app.add_typer(review.app, name="review")
app.add_typer(export.app, name="export")

for command in (check.check, doctor.doctor, init.init, similar):
    app.command()(command)


def _version(*, asked: bool) -> None:
    if asked:
        print(f"grader {version('mlp-lab-grader')}")  # noqa: T201 (the answer)
        raise typer.Exit(DONE)


@app.callback()
def grader(
    asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Grades a Keras lab from what it measures."""


@app.command()
def grade(
    folder: Annotated[
        Path,
        typer.Argument(
            help="The folder or zip, as Moodle, Canvas, nbgrader, Gradescope or GitHub Classroom give it, or plain: "
            "FOLDER/<student>/<any>.ipynb|.py or FOLDER/<student>.ipynb|.py"
        ),
    ],
    out: OutOption = Path("reports"),
    rubric: ClassRubric = None,
    roster: Annotated[
        Path | None,
        typer.Option(help="Class list as CSV: Moodle's worksheet, Canvas's gradebook, or a table of names."),
    ] = None,
    assignment: Annotated[str, typer.Option(help="Which assignment, where nbgrader's tree has several.")] = "",
    layout: LayoutOption = "",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Submissions at a time; as cores and memory allow if not given.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0.01, help=f"Minutes that one program may take; as before, or {MINUTES:g}.")
    ] = None,
    memory: Annotated[
        float | None, typer.Option(min=1.0, help=f"GiB of memory for one program; as before, or {MEMORY_GIB:g}.")
    ] = None,
    sandbox: SandboxOption = "bubblewrap",
    executor: ExecutorOption = "local",
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    quick: QuickOption = False,
    no_fast: NoFast = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what was graded before.")] = False,
    fail_under: FailUnder = None,
    language: ClassLanguage = None,
    yes: YesOption = False,
) -> None:
    """Grade a folder or zip of submissions and write a report for each.

    What was said before of the same --out (rubric, language, roster, limits) holds until something else is said.
    """
    console = Console()
    target = Target(executor, sandbox, jobs, scheduler, workers).checked()
    must_be_known(layout)
    _must_be_a_class(folder)
    terms = terms_of(out, rubric, language)
    warn_of_rubric(Console(stderr=True), terms.standard.warnings)
    must_be_had(target)
    known = recalled(out, read_manifest(out), terms, Asked(timeout, memory, assignment, roster, quick, folder, layout))
    said = known.settings
    with received(
        folder,
        out,
        roster=known.roster,
        roster_name=known.roster_name,
        assignment=said.assignment,
        layout=said.layout,
    ) as got:
        for line in known.told:
            warn(console, line)
        print_received(console, got, folder)
        submissions = got.found.submissions
        students = {s.student for s in submissions}
        changes = [*of_class(out, students), *of_rubric(out, terms), *(of_quick(out, students) if quick else ())]
        agreed(console, changes, yes=yes)
        within = limits(said.minutes or MINUTES, said.memory_gib or MEMORY_GIB, quick=quick, fast=not no_fast)
        options = GradingOptions(
            out,
            within,
            fresh,
            title=_title(folder),
            roster=got.roster,
            roster_file=got.roster_file,
            rubric=terms.chosen.name,
            settings=with_roster(said, known.roster_name, got.roster_file),
        )
        grades = _grade(submissions, options, terms.standard, target, console)
    print_summary(console, grades, out)
    _exit_below(console, grades, fail_under, quick=quick)


@app.command("regrade")
def regrade_class(
    reports: Annotated[Path, typer.Argument(help="The folder that grader grade has written.")] = Path("reports"),
    rubric: ClassRubric = None,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be given several times.")] = None,
    only_stage: Annotated[
        list[str] | None, typer.Option(help="Change nothing but this stage; where more would change, nothing does.")
    ] = None,
    language: ClassLanguage = None,
    yes: YesOption = False,
) -> None:
    """Score a graded class anew from its stored evidence: nothing runs; says who changed and why.

    By the rubric and in the language of before, unless something else is said.
    """
    console = Console()
    terms = terms_of(reports, rubric, language)
    for line in terms_told(reports, terms):
        warn(console, line)
    only = student or []
    whole = not only or {folder.name for folder in student_folders(reports, EVIDENCE)} <= set(only)
    if whole:
        agreed(console, [*of_rubric(reports, terms)], yes=yes)
    said = Said(terms.chosen.name, terms.language, terms.chosen.original) if whole else None
    changed = regrade(reports, terms.standard, only, only_stage or (), said, partial(warn, console))
    print_regraded(console, changed)
    for line in unfinished_told(reports):
        warn(console, line)


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


def _standard(rubric: Path | None, language: str | None = None) -> Standard:
    standard = Standard.of(rubrics.load(rubric or rubrics.bundled()), language)
    warn_of_rubric(Console(stderr=True), standard.warnings)
    return standard


def _grade_alone(file: Path, rubric: Path | None, out: Path) -> Grade:
    """One file through the whole grader, confined, with the usual limits."""
    options = GradingOptions(out, limits(MINUTES, MEMORY_GIB, quick=False, fast=True), fresh=True, title=file.name)
    options = replace(options, rubric=(rubric or rubrics.bundled()).name)
    return _grade((single_file(file),), options, _standard(rubric), Target(), Console())[0]


app.add_typer(commands(_grade_alone), name="reference")
with_examples(app)  # after the last command


def _grade(
    submissions: Sequence[Submission], options: GradingOptions, standard: Standard, target: Target, console: Console
) -> tuple[Grade, ...]:
    display = ClassTable(console, submissions)
    with stopped_like_ctrl_c():
        try:
            here = executor_at(target, standard.rubric.reference, len(submissions), partial(warn, console))
            with here as executor, display.following(executor):
                return grade_class(submissions, standard, executor, options, display.tell)
        except (KeyboardInterrupt, CancelledError) as stopped:
            told = f"{display.done} of {len(submissions)} are graded and kept in {options.out}."
            raise CancelledError(told) from stopped


def _exit_below(console: Console, grades: Sequence[Grade], fail_under: float | None, *, quick: bool) -> None:
    """As `grader check` does; of whom it makes no difference to, nothing is said."""
    if fail_under is None:
        return
    least = Fraction(str(fail_under))
    for grade in grades:
        if grade.not_assessed and grade.total < least:
            warn(console, f"{grade.student}: {check.open_marks(grade, least, quick=quick)}")
    if any(check.is_below(grade, least, quick=quick) for grade in grades):
        raise typer.Exit(BELOW)


def _title(folder: Path) -> str:
    path = folder.resolve()
    return path.stem if path.is_file() else path.name


def main() -> None:
    """Runs the command line; turns what can go wrong into a message and an exit status."""
    sturdy_streams()
    # Where it may not write its settings it says so at length, and works.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        try:
            app()
        finally:
            flush()
    except UserError as error:
        _end(str(error), USER_MUST_ACT, "red")
    except CancelledError as stopped:
        again = shlex.join(["grader", *sys.argv[1:]])
        told = f"Stopped. {stopped} What was finished is kept; run the same command again to go on:\n  {again}"
        _end(told, INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (the last resort: the system's trouble, or our bug)
        if words := in_words(error, sys.argv):
            _end(words, USER_MUST_ACT, "red")
        _end(_of_a_bug(error), OUR_BUG)


def _of_a_bug(error: Exception) -> str:
    log = log_of(error)
    file = written_log(log)
    where = f"Please send {file} with what you did." if file else "Please send what follows with what you did."
    told = f"This is a bug in the grader: {error!r}. {where} What was finished is kept."
    return told if file else f"{told}\n\n{log}"


def _end(words: str, status: int, style: str = "") -> NoReturn:
    """The last words, if anybody can hear them, and the status."""
    with suppress(OSError):
        Console(stderr=True).print(words, style=style, markup=False, highlight=False, soft_wrap=True)
    sys.exit(status)
