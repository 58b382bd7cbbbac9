"""`grader regrade REPORTS`: a graded class scored anew from its stored evidence."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from grader.commands import options as shared
from grader.commands.consent import agreed, of_rubric
from grader.commands.remembered import terms_told
from grader.grading.regrade import Said
from grader.grading.regrade import regrade as scored_anew
from grader.terminal.console import Console, warn
from grader.terminal.summary import print_regraded
from grader.workspace.layout import EVIDENCE
from grader.workspace.members import student_folders, unfinished_told
from grader.workspace.terms import terms_of


def regrade(
    reports: Annotated[Path, typer.Argument(help="The folder that grader grade has written.")] = Path("reports"),
    rubric: shared.ClassRubric = None,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be given several times.")] = None,
    only_stage: Annotated[
        list[str] | None, typer.Option(help="Change nothing but this stage; where more would change, nothing does.")
    ] = None,
    language: shared.ClassLanguage = None,
    yes: shared.YesOption = False,
) -> None:
    """Score a graded class anew from its stored evidence: nothing runs; says who changed and why.

    By the rubric and in the language of before, unless something else is said.
    """
    console = Console()
    terms = terms_of(reports, rubric, language)
    for line in terms_told(reports, terms):
        warn(console, line)
    only = student or []
    whole = not only or student_folders(reports, EVIDENCE).keys() <= set(only)
    if whole:
        agreed(console, [*of_rubric(reports, terms)], yes=yes)
    said = Said(terms.chosen.name, terms.language, terms.chosen.original) if whole else None
    changed = scored_anew(reports, terms.assignment, only, only_stage or (), said, partial(warn, console))
    print_regraded(console, changed)
    for line in unfinished_told(reports):
        warn(console, line)
