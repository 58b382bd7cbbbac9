"""The commands that hand a graded class on to other systems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from grader.commands.options import MINUTES
from grader.errors import UserError
from grader.exports.canvas import fill_gradebook
from grader.exports.classroom import result, step_output
from grader.exports.destination import EXPORTED, must_be_free
from grader.exports.feedback import feedback_zip
from grader.exports.filled import Filled
from grader.exports.graded import Graded
from grader.exports.gradescope import results, write_autograder
from grader.exports.junit import junit_xml
from grader.exports.moodle import Wishes, fill_worksheet, participants
from grader.exports.plain import table_csv
from grader.exports.read import only, read_graded
from grader.exports.table import Table
from grader.terminal.console import Console
from grader.workspace.atomic import write_bytes, write_text
from grader.workspace.layout import INDEX_JSON
from grader.workspace.manifest import read_manifest
from grader.workspace.members import stored, unfinished_told
from grader.workspace.terms import terms_of

app = typer.Typer(
    no_args_is_help=True,
    help="Hand a graded class on: to an LMS, to CI, to a spreadsheet. Marks that wait for review, or are in part not "
    "assessed, are left out and listed, unless --with-unreviewed; where nothing could be assessed, or nobody has "
    "confirmed a zero (grader review accept), there is no mark.",
)

Reports = Annotated[Path, typer.Argument(help="The folder that grader grade has written.")]
Out = Annotated[Path, typer.Option("--out", help="The file to write.")]
Into = Annotated[Path, typer.Option("--into", help="Your own download, which is read and never changed.")]
Unreviewed = Annotated[
    bool, typer.Option("--with-unreviewed", help="Also marks that wait for review or are in part not assessed.")
]
Scale = Annotated[bool, typer.Option("--scale", help="Convert the marks to the file's own maximum.")]
StudentOption = Annotated[str | None, typer.Option("--student", help="Whose; the only one there is if not given.")]


@app.command()
def moodle(
    into: Into,
    out: Out,
    reports: Reports = Path("reports"),
    feedback: Annotated[Path | None, typer.Option("--feedback-zip", help="Also write the reports for upload.")] = None,
    grade_column: Annotated[str, typer.Option(help="The grade's label, where it cannot be told.")] = "",
    feedback_column: Annotated[str, typer.Option(help="The comments' label, where it cannot be told.")] = "",
    scale: Scale = False,
    with_unreviewed: Unreviewed = False,
) -> None:
    """Fill your Moodle grading worksheet: grade and feedback comments of matched rows; all else stays byte for byte.

    Upload: the assignment, View all submissions, Upload grading worksheet; --feedback-zip: Upload multiple feedback
    files in a zip. Rows are matched by participant number, then login or e-mail, then name, never by a guess.
    """
    table = _table(into, reports, out, *([feedback] if feedback else []))
    wishes = Wishes(with_unreviewed, scale, grade_column, feedback_column)
    filled = fill_worksheet(table, _graded(reports), wishes)
    write_bytes(out, filled.content)
    _tell(filled, into, out)
    if feedback is not None:
        write_bytes(feedback, feedback_zip(filled.rows, participants(table, wishes, filled.rows)))
        _say(f"Feedback files of {len(filled.rows)}: {feedback}")


@app.command()
def canvas(
    into: Into,
    out: Out,
    reports: Reports = Path("reports"),
    assignment: Annotated[str, typer.Option(help="Title or number; the only one there is if not given.")] = "",
    scale: Scale = False,
    with_unreviewed: Unreviewed = False,
) -> None:
    """Fill one assignment of your Canvas gradebook; all else stays byte for byte.

    Upload: Grades, Import. Rows are matched by ID, then SIS or login id, then name, never by a guess; EX stays EX.
    """
    table = _table(into, reports, out)
    filled = fill_gradebook(table, _graded(reports), assignment, unreviewed=with_unreviewed, scale=scale)
    write_bytes(out, filled.content)
    _tell(filled, into, out)


@app.command()
def gradescope(
    out: Out,
    reports: Reports = Path("reports"),
    student: StudentOption = None,
    with_unreviewed: Unreviewed = False,
    autograder: Annotated[
        bool, typer.Option("--autograder", help="Write an autograder folder to zip instead.")
    ] = False,
    rubric: Annotated[
        Path | None, typer.Option("--rubric", help="The autograder's; the class's own, else the lab's, if not given.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.01, help=f"The autograder's minutes for one submission; the class's own, or {MINUTES:g}."),
    ] = None,
) -> None:
    """Write Gradescope's results.json of one submission, or with --autograder the folder that makes it there.

    A mark that waits for review is shown to the student after publishing only, unless --with-unreviewed; where nothing
    could be assessed, and where a zero is not yet confirmed (grader review accept), nothing is written (status 2), and
    Gradescope says that the autograder failed.
    """
    must_be_free(reports, out)
    if autograder:
        terms, before = terms_of(reports, rubric), read_manifest(reports)
        if terms.chosen.instead_of:
            _say(f"By {terms.chosen.name}; the class in {reports} was graded by {terms.chosen.instead_of}.")
        minutes = timeout or (before and before.settings.minutes) or MINUTES
        write_autograder(out, terms.chosen.file, minutes, terms.language)
        _say(f"By the rubric {terms.chosen.name}, with {minutes:g} minutes for one program.")
        _say(f"Written: {out}. Zip what is in it (setup.sh at the top) and upload it as the autograder.")
        return
    found = results(only(_graded(reports), student), unreviewed=with_unreviewed)
    write_text(out, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    _say(f"Written: {out}")


@app.command("github-classroom")
def github_classroom(
    out: Out,
    reports: Reports = Path("reports"),
    student: StudentOption = None,
    with_unreviewed: Unreviewed = False,
    step: Annotated[
        Path | None, typer.Option("--step-output", help="Also append result=… to this file ($GITHUB_OUTPUT).")
    ] = None,
) -> None:
    """Write GitHub Classroom's result of one submission; one that waits for review is an error, not a pass or fail."""
    must_be_free(reports, out)
    if step is not None:
        # GitHub's own file has no ending.
        must_be_free(reports, step, endings=(*EXPORTED, ""))
    found = result(only(_graded(reports), student), unreviewed=with_unreviewed)
    write_text(out, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if step is not None:
        with step.open("a", encoding="utf-8") as file:
            file.write(step_output(found))
    _say(f"Written: {out}")


@app.command()
def junit(out: Out, reports: Reports = Path("reports"), student: StudentOption = None) -> None:
    """Write JUnit XML for CI: lost marks are failures, what is not assessed is skipped, marks are properties."""
    must_be_free(reports, out)
    graded = _graded(reports)
    chosen = [only(graded, student)] if student else graded
    write_bytes(out, junit_xml(chosen, str(stored(reports / INDEX_JSON).get("title") or reports.resolve().name)))
    _say(f"Written: {out}")


@app.command("csv")
def csv_(out: Out, reports: Reports = Path("reports"), with_unreviewed: Unreviewed = False) -> None:
    """Write one line for each student: who, the mark (empty where it is not final), why, and every criterion."""
    must_be_free(reports, out)
    write_text(out, table_csv(_graded(reports), unreviewed=with_unreviewed))
    _say(f"Written: {out}")


def _graded(reports: Path) -> tuple[Graded, ...]:
    """What is handed on; who belongs to the class and has no grade of what they handed in is named."""
    graded = read_graded(reports)
    for line in unfinished_told(reports):
        _say(line)
    return graded


def _table(into: Path, reports: Path, *targets: Path) -> Table:
    for target in targets:
        if into.exists() and target.exists() and into.samefile(target):
            raise UserError(f"{target} is your own download, which stays as it is: give another file with --out.")
    must_be_free(reports, *targets)
    return Table.read(into)


def _tell(filled: Filled, into: Path, out: Path) -> None:
    columns = ", ".join(f"'{name}'" for name in filled.columns)
    _say(f"Filled {len(filled.rows)} rows of {into} (columns {columns}): {out}")
    for heading, lines in filled.sayings():
        _say(f"{heading}: {len(lines)}")
        for line in lines:
            _say(f"  {line}")


def _say(words: str) -> None:
    Console().print(words, markup=False, highlight=False, soft_wrap=True)
