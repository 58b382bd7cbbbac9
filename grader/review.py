"""The commands for what needs a person: who waits and why, marks and comments by hand, reasons looked at."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from grader.desk import GRADE, stored, student_folders
from grader.errors import UserError
from grader.overrides.edit import with_entry
from grader.overrides.load import OVERRIDES
from grader.records import Override
from grader.regrade import must_be_one_rubric, must_be_scorable, rescored, to_review
from grader.reports.files import write_bytes
from grader.standard import Standard
from grader.workspace.differences import words_of
from grader.workspace.lock import BusyError, marks_lock, reports_lock
from grader.workspace.members import unfinished_told
from grader.workspace.terms import terms_of_class
from grader.written.validate import suggestion

_Given = ParamSpec("_Given")

app = typer.Typer(no_args_is_help=True, help="Look after what needs a person: reasons for review, marks by hand.")

Student = Annotated[str, typer.Argument(help="The student, as the folder of the report is called.")]
Reports = Annotated[Path, typer.Option("--reports", help="The folder that grader grade has written.")]
By = Annotated[str, typer.Option("--by", help="Who says so; your login name if not given.")]
CommentOption = Annotated[str, typer.Option("--comment", help="Words to the student.")]
RubricOption = Annotated[
    Path | None, typer.Option("--rubric", help="Where it is not known: by which the class was graded.")
]


def _one_at_a_time(command: Callable[_Given, None]) -> Callable[_Given, None]:
    """Until the command ends, what it reads is what it changes: what others write comes before or after it."""

    @wraps(command)
    def held(*given: _Given.args, **named: _Given.kwargs) -> None:
        reports = Path(str(named["reports"]))
        with marks_lock(reports, partial(_say, Console(stderr=True))):
            command(*given, **named)

    return held


@app.command("list")
def list_(
    reports: Annotated[Path, typer.Argument(help="The folder that grader grade has written.")] = Path("reports"),
) -> None:
    """Who needs a person's eye, and why; stale manual marks among them."""
    console = Console()
    for line in unfinished_told(reports):
        _say(console, line)
    waiting = to_review(reports)
    for student, report, reasons in waiting:
        console.print(f"{student}  {report}", style="bold", markup=False, highlight=False, soft_wrap=True)
        for reason in reasons:
            console.print(f"  {reason}", markup=False, highlight=False, soft_wrap=True)
    console.print("Nobody needs review." if not waiting else f"{len(waiting)} to look at.")
    if waiting:
        _say(console, "Looked, and a mark is wrong: grader review set STUDENT CRITERION MARK --comment '…'")
        _say(console, "Looked, and all is right: grader review accept STUDENT")


@app.command("set")
@_one_at_a_time
def set_mark(
    student: Student,
    criterion: Annotated[str, typer.Argument(help="The criterion, such as dropout.rate.")],
    mark: Annotated[str, typer.Argument(help="The marks that it earns, such as 0.5.")],
    comment: CommentOption = "",
    by: By = "",
    reports: Reports = Path("reports"),
    rubric: RubricOption = None,
) -> None:
    """Give a mark by hand in place of the automatic one; it stays whatever is run, and the report shows both."""
    found = _criterion(_grade(reports, student), student, criterion)
    given = _mark(mark, found)
    manual, score = found.get("manual"), found["score"]
    automatic = manual["automatic"] if manual else None if found["outcome"] == "not assessed" else score
    replaces = None if automatic is None else Decimal(str(automatic))
    override = _entry(student, by, criterion=criterion, mark=given, replaces=replaces, comment=comment)
    shown = "not assessed" if automatic is None else words_of(automatic)
    _write(reports, override, rubric, f"{student}, {criterion}: {float(given):.2f} by hand (automatic: {shown}).")


@app.command("comment")
@_one_at_a_time
def add_comment(
    student: Student,
    words: Annotated[str, typer.Argument(help="What the student should read.")],
    criterion: Annotated[
        str | None, typer.Option("--criterion", help="What it is about; the whole if not given.")
    ] = None,
    by: By = "",
    reports: Reports = Path("reports"),
    rubric: RubricOption = None,
) -> None:
    """Say something to a student without changing a mark."""
    grade = _grade(reports, student)
    if criterion is not None:
        _criterion(grade, student, criterion)
    if not words.strip():
        raise UserError("Expected some words for the student, found none.")
    _write(reports, _entry(student, by, criterion=criterion, comment=words.strip()), rubric, f"Comment to {student}.")


@app.command()
@_one_at_a_time
def accept(
    student: Student,
    by: By = "",
    comment: CommentOption = "",
    reports: Reports = Path("reports"),
    rubric: RubricOption = None,
) -> None:
    """Say that you have looked at a flagged report and that its marks stand; a new reason flags it again."""
    grade = _grade(reports, student)
    reasons = tuple(grade.get("review_reasons", ()))
    if not reasons:
        raise UserError(f"{student} does not wait for review: there is nothing to accept.")
    accepted = (*(a["reason"] for a in grade.get("accepted", ())), *reasons)
    said = "\n  ".join(["Looked at, and no longer held back by:", *reasons])
    _write(reports, _entry(student, by, accepts=accepted, comment=comment), rubric, f"{student}. {said}")


def _entry(student: str, by: str, **fields: Any) -> Override:
    return Override(student, by or getpass.getuser(), datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"), **fields)


def _grade(reports: Path, student: str) -> Mapping[str, Any]:
    known = [folder.name for folder in student_folders(reports, GRADE)]
    grade = stored(reports / student / GRADE) if student in known else {}
    if not grade:
        if not known:
            raise UserError(f"Found no graded submission in {reports}. Give the folder of reports with --reports.")
        raise UserError(f"There is no grade for '{student}' in {reports} {suggestion(student, known)}.")
    return grade


def _criterion(grade: Mapping[str, Any], student: str, name: str) -> Mapping[str, Any]:
    criteria = {c["id"]: c for c in grade.get("criteria", ())}
    if name not in criteria:
        raise UserError(f"{student} was not graded on '{name}' {suggestion(name, criteria)}.")
    return dict(criteria[name])


def _mark(words: str, criterion: Mapping[str, Any]) -> Fraction:
    try:
        given = Decimal(words.replace(",", "."))
    except InvalidOperation:
        given = Decimal("NaN")
    if not given.is_finite() or not 0 <= given <= Decimal(str(criterion["max"])):
        raise UserError(f"{criterion['id']}: expected marks from 0 to {criterion['max']:g}, found {words}.")
    return Fraction(given)


def _write(reports: Path, override: Override, rubric: Path | None, said: str) -> None:
    """Writes the entry and the student's report anew; where a grading is writing reports, it takes the entry up."""
    console, path = Console(), reports / OVERRIDES
    standard = terms_of_class(reports, rubric)
    try:
        with reports_lock(reports):
            # Before the entry is written: an entry that no report can show would hold back every export.
            must_be_one_rubric(reports, [override.student], standard)
            must_be_scorable(reports, override.student)
            write_bytes(path, with_entry(path, override))
            _say(console, f"{said} Written to {path}.")
            _shown(console, reports, standard, override.student)
    except BusyError:
        write_bytes(path, with_entry(path, override))
        _say(console, f"{said} Written to {path}.")
        _say(
            console,
            f"A grading is writing to {reports}: it puts this into the reports when it ends. Were it stopped before: "
            f"grader regrade {reports}",
        )


def _shown(console: Console, reports: Path, standard: Standard, student: str) -> None:
    (regraded,) = rescored(reports, standard, [student])
    now, before = float(regraded.grade.total), regraded.before
    _say(console, f"{student}: {words_of(before)} → {now:.2f}. Report, class page and gradebook are up to date.")


def _say(console: Console, words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)
