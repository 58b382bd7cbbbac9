"""Where an export may be written: never over what the grader or a student needs."""

from __future__ import annotations

from pathlib import Path

from grader.errors import UserError
from grader.workspace.layout import EVIDENCE, GRADE, MANIFEST, OF_THE_CLASS
from grader.workspace.members import folders_of, members

EXPORTED = (".csv", ".json", ".xml", ".zip", ".txt")
"""The endings of what an earlier export may have written."""


def must_be_free(reports: Path, *destinations: Path, endings: tuple[str, ...] = EXPORTED) -> None:
    """Asked before anything is written.

    Raises:
        UserError: a destination is a file of the grader's or lies in a student's folder; it is there and no export;
            or two of them are one.
    """
    wrong = [problem for destination in destinations if (problem := _problem(reports, destination, endings))]
    wrong += [
        f"{destination} is named twice, for two different files."
        for index, destination in enumerate(destinations)
        if destination.resolve() in {earlier.resolve() for earlier in destinations[:index]}
    ]
    if wrong:
        raise UserError("\n".join(wrong) + "\nNothing was written. Give another file.")


def _problem(reports: Path, destination: Path, endings: tuple[str, ...]) -> str:
    # A link is replaced, not what it leads to.
    file = destination.parent.resolve() / destination.name
    if file.name in OF_THE_CLASS and _holds_reports(file.parent, reports):
        return f"{destination} is a file of the graded class in {file.parent}, which an export never replaces."
    student = next((folder for folder in (file, *file.parents) if _is_of_a_student(folder, reports)), None)
    if student is not None:
        return f"{destination} lies in the folder of the reports of {student.name}, into which nothing is exported."
    if file.is_file() and file.suffix.lower() not in endings:
        expected = f"expected a new file, or one that ends in {_or(endings)}"
        return f"{destination} is there already, and is no export: {expected}."
    return ""


def _holds_reports(folder: Path, reports: Path) -> bool:
    """The folder that is exported, or that of another class."""
    return folder == reports.resolve() or (folder / MANIFEST).is_file()


def _is_of_a_student(folder: Path, reports: Path) -> bool:
    """Of this class, graded yet or not, or of another."""
    if (folder / EVIDENCE).is_file():
        return True
    if folder.parent != reports.resolve():
        return False
    folders = folders_of(reports)
    named = {folders.of(student).name for student in members(reports) or ()}
    return folder.name in named or (folder / GRADE).is_file()


def _or(endings: tuple[str, ...]) -> str:
    named = [ending for ending in endings if ending]
    return f"{', '.join(named[:-1])} or {named[-1]}"
