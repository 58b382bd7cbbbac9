"""The commands for what needs a person: who waits and why, marks and comments by hand, reasons looked at."""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from grader.assignment.assignment import Assignment
from grader.errors import UserError
from grader.grading.regrade import must_be_one_rubric, must_be_scorable, rescored, to_review
from grader.records import Outcome, Override
from grader.terminal.console import Console
from grader.workspace.atomic import write_bytes
from grader.workspace.differences import words_of
from grader.workspace.grade_file import StoredCriterion, StoredGrade, read_grade
from grader.workspace.layout import GRADE, OVERRIDES
from grader.workspace.lock import BusyError, marks_lock, reports_lock
from grader.workspace.members import student_folders, unfinished_told
from grader.workspace.overrides.edit import with_entry
from grader.workspace.overrides.load import load
from grader.workspace.terms import terms_of_class
from grader.yaml_files.validate import suggestion

app = typer.Typer(no_args_is_help=True, help="Look after what needs a person: reasons for review, marks by hand.")

Folder = Annotated[Path | None, typer.Option("--reports", help="The folder of reports, where it does not come first.")]
REPORTS = Path("reports")
By = Annotated[str, typer.Option("--by", help="Who says so; your login name if not given.")]
CommentOption = Annotated[str, typer.Option("--comment", help="Words to the student.")]
GradedRubric = Annotated[
    Path | None, typer.Option("--rubric", help="Where it is not known: by which the class was graded.")
]


def _one_at_a_time(reports: Path) -> AbstractContextManager[None]:
    """Within it, what is read is what is changed: what others write comes before or after it."""
    return marks_lock(reports, partial(_say, Console(stderr=True)))


def _words(what: str) -> Any:
    return typer.Argument(metavar=f"[REPORTS] {what}", help="The folder of reports (reports), then what is named here.")


@app.command("list")
def list_(
    reports: Annotated[Path | None, typer.Argument(help="The folder that grader grade has written (reports).")] = None,
    folder: Folder = None,
) -> None:
    """Who needs a person's eye, and why; stale manual marks among them."""
    console = Console()
    if reports and folder:
        raise UserError(f"The folder of reports is named twice: {reports} and --reports {folder}. Leave out one.")
    out = reports or folder or REPORTS
    for line in unfinished_told(out):
        _say(console, line)
    waiting = to_review(out)
    for student, report, reasons in waiting:
        console.print(f"{student}  {report}", style="bold", markup=False, highlight=False, soft_wrap=True)
        for reason in reasons:
            console.print(f"  {reason}", markup=False, highlight=False, soft_wrap=True)
    console.print("Nobody needs review." if not waiting else f"{len(waiting)} to look at.")
    if waiting:
        named = "" if out == REPORTS else f"{shlex.quote(str(out))} "
        _say(console, f"Looked, and a mark is wrong: grader review set {named}STUDENT CRITERION MARK --comment '…'")
        _say(console, f"Looked, and all is right: grader review accept {named}STUDENT")


@app.command("set")
def set_mark(
    words: Annotated[list[str], _words("STUDENT CRITERION MARK")],
    comment: Annotated[
        str | None,
        typer.Option("--comment", help="Words to the student; those of an earlier mark by hand if not given."),
    ] = None,
    by: By = "",
    folder: Folder = None,
    rubric: GradedRubric = None,
) -> None:
    """Give a mark by hand in place of the automatic one; it stays whatever is run, and the report shows both.

    STUDENT is called as the folder of the report, CRITERION such as dropout.rate, MARK such as 0.5.
    """
    reports, (student, criterion, mark) = addressed(words, ("STUDENT", "CRITERION", "MARK"), folder)
    with _one_at_a_time(reports):
        found = _criterion(_grade(reports, student), student, criterion)
        given = _mark(mark, found)
        not_assessed = found.outcome == Outcome.NOT_ASSESSED.value
        automatic = found.manual.automatic if found.manual else None if not_assessed else found.score
        replaces = None if automatic is None else Decimal(str(automatic))
        former = _by_hand(reports, student, criterion)
        said = (former.comment if former else "") if comment is None else comment
        override = _entry(student, by, criterion=criterion, mark=given, replaces=replaces, comment=said)
        shown = "not assessed" if automatic is None else words_of(automatic)
        now = f"{student}, {criterion}: {float(given):.2f} by hand (automatic: {shown})"
        _write(reports, override, rubric, f"{now}{_replaced(former, override)}.")


@app.command("comment")
def add_comment(
    words: Annotated[list[str], _words("STUDENT WORDS")],
    criterion: Annotated[
        str | None, typer.Option("--criterion", help="What it is about; the whole if not given.")
    ] = None,
    by: By = "",
    folder: Folder = None,
    rubric: GradedRubric = None,
) -> None:
    """Say something to a student without changing a mark; WORDS in quotes."""
    reports, (student, said) = addressed(words, ("STUDENT", "WORDS"), folder)
    with _one_at_a_time(reports):
        grade = _grade(reports, student)
        if criterion is not None:
            _criterion(grade, student, criterion)
        if not said.strip():
            raise UserError("Expected some words for the student, found none.")
        _write(
            reports, _entry(student, by, criterion=criterion, comment=said.strip()), rubric, f"Comment to {student}."
        )


@app.command()
def accept(
    words: Annotated[list[str], _words("STUDENT")],
    by: By = "",
    comment: CommentOption = "",
    folder: Folder = None,
    rubric: GradedRubric = None,
) -> None:
    """Say that you have looked at a flagged report and that its marks stand; a new reason flags it again."""
    reports, (student,) = addressed(words, ("STUDENT",), folder)
    with _one_at_a_time(reports):
        grade = _grade(reports, student)
        reasons = grade.review_reasons
        if not reasons:
            raise UserError(f"{student} does not wait for review: there is nothing to accept.")
        accepted = (*(a.reason for a in grade.accepted), *reasons)
        said = "\n  ".join(["Looked at, and no longer held back by:", *reasons])
        # A zero is confirmed for what was looked at, and for nothing that is handed in later.
        entry = _entry(student, by, accepts=accepted, comment=comment, **grade.digests.model_dump())
        _write(reports, entry, rubric, f"{student}. {said}")


def addressed(words: Sequence[str], names: Sequence[str], folder: Path | None) -> tuple[Path, tuple[str, ...]]:
    """The folder of reports and the words that are named so; the folder may come first, or last, or as an option.

    Raises:
        UserError: there are too few words, or too many and none of them is a folder.
    """
    given, expected = tuple(words), f"Expected [REPORTS] {' '.join(names)}"
    if len(given) == len(names):
        return folder or REPORTS, given
    if len(given) < len(names):
        raise UserError(f"{expected}, found no {names[len(given)]}: {shlex.join(given)}.")
    first, last = Path(given[0]), Path(given[-1])
    if len(given) == len(names) + 1 and folder is None:
        if first.is_dir():
            return first, given[1:]
        if last.is_dir():
            return last, given[:-1]
        raise UserError(f"{expected}, found {len(given)} words, and {first} is no folder. Put words into quotes.")
    raise UserError(f"{expected}, found {len(given)} words: {shlex.join(given)}. Put words into quotes.")


def _entry(student: str, by: str, **fields: Any) -> Override:
    return Override(student, by or _login(), datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"), **fields)


def _login() -> str:
    """The login name; the user's number where the system has no name for it, as in a container."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def _grade(reports: Path, student: str) -> StoredGrade:
    known = student_folders(reports, GRADE)
    if student not in known:
        if not known:
            raise UserError(f"Found no graded submission in {reports}. Give the folder of reports before the student.")
        raise UserError(f"There is no grade for '{student}' in {reports} {suggestion(student, known)}.")
    return read_grade(known[student] / GRADE)


def _criterion(grade: StoredGrade, student: str, name: str) -> StoredCriterion:
    found = grade.criterion(name)
    if found is None:
        near = suggestion(name, [c.id for c in grade.criteria])
        raise UserError(f"{student} was not graded on '{name}' {near}.")
    return found


def _mark(words: str, criterion: StoredCriterion) -> Fraction:
    try:
        given = Decimal(words.replace(",", "."))
    except InvalidOperation:
        given = Decimal("NaN")
    if not given.is_finite() or not 0 <= given <= Decimal(str(criterion.max)):
        raise UserError(f"{criterion.id}: expected marks from 0 to {criterion.max:g}, found {words}.")
    return Fraction(given)


def _by_hand(reports: Path, student: str, criterion: str) -> Override | None:
    """The entry with a mark, which another mark for the same is written in the place of."""
    entries = load(reports / OVERRIDES)
    return next((o for o in entries if o.mark is not None and (o.student, o.criterion) == (student, criterion)), None)


def _replaced(former: Override | None, now: Override) -> str:
    """What is no more in the file, in words; and what of it is."""
    if former is None or former.mark is None:
        return ""
    kept = "the comment stays" if former.comment == now.comment.strip() else f"its comment was: {former.comment}"
    return f", replaces {float(former.mark):.2f} by hand of {former.by}" + (f" ({kept})" if former.comment else "")


def _write(reports: Path, override: Override, rubric: Path | None, said: str) -> None:
    """Writes the entry and the student's report anew; where a grading is writing reports, it takes the entry up."""
    console, path = Console(), reports / OVERRIDES
    assignment = terms_of_class(reports, rubric)
    try:
        with reports_lock(reports):
            # Before the entry is written: an entry that no report can show would hold back every export.
            must_be_one_rubric(reports, [override.student], assignment)
            must_be_scorable(reports, override.student)
            write_bytes(path, with_entry(path, override))
            _say(console, f"{said} Written to {path}.")
            _shown(console, reports, assignment, override.student)
    except BusyError:
        # Asked anew: the grading may go by another rubric than the reports that it has not yet written anew.
        _must_be_of(override, terms_of_class(reports, rubric), reports)
        write_bytes(path, with_entry(path, override))
        _say(console, f"{said} Written to {path}.")
        _say(
            console,
            f"A grading is writing to {reports}: it puts this into the reports when it ends. Were it stopped before: "
            f"grader regrade {reports}",
        )


def _must_be_of(override: Override, assignment: Assignment, reports: Path) -> None:
    """An entry for a criterion that the rubric of a grading that runs does not have would break that grading's end."""
    most = {c.id: c.marks for c in assignment.rubric.criteria}
    if override.criterion is None:
        return
    by = f"A grading is writing to {reports}, by a rubric"
    if override.criterion not in most:
        near = suggestion(override.criterion, most)
        raise UserError(f"{by} that has no '{override.criterion}' {near}; nothing was written.")
    if override.mark is not None and override.mark > most[override.criterion]:
        limit, found = float(most[override.criterion]), float(override.mark)
        raise UserError(
            f"{by} in which {override.criterion} has at most {limit:g} marks, found {found:g}; nothing was written."
        )


def _shown(console: Console, reports: Path, assignment: Assignment, student: str) -> None:
    (regraded,) = rescored(reports, assignment, [student])
    now, before = float(regraded.grade.total), regraded.before
    _say(console, f"{student}: {words_of(before)} → {now:.2f}. Report, class page and gradebook are up to date.")


def _say(console: Console, words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)
