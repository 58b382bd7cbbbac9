"""By what a class is graded: what was said on the command line, else what its folder of reports remembers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.assignment.assignment import Assignment
from grader.errors import UserError
from grader.workspace.rubrics import Chosen, choose, language_said


@dataclass(frozen=True, slots=True)
class Terms:
    """A rubric and a language, with where they come from."""

    chosen: Chosen
    language: str | None
    """As asked for by an option, now or earlier; None where the rubric's own holds."""
    assignment: Assignment


def terms_of(out: Path, rubric: Path | None = None, language: str | None = None) -> Terms:
    """By what a class is to be graded; an option comes before what its folder remembers, that before the rubric.

    Raises:
        UserError: the rubric or the language cannot be used, or it is not known by what the class was graded.
    """
    chosen = choose(out, rubric)
    asked = language or language_said(out, chosen.rubric)
    return Terms(chosen, asked, Assignment.of(chosen.rubric, asked))


def terms_of_class(out: Path, rubric: Path | None = None) -> Assignment:
    """By what the class was graded, for a command that changes no more than one report.

    Raises:
        UserError: as `terms_of`, or the class was graded by another rubric than this one.
    """
    terms = terms_of(out, rubric)
    if terms.chosen.instead_of:
        raise UserError(
            f"The class in {out} was graded by {terms.chosen.instead_of}, not by {terms.chosen.name}: leave out "
            f"--rubric. To score it by {terms.chosen.name}: grader regrade {out} --rubric {rubric}"
        )
    return terms.assignment
