"""Files that lie loose in a class's folder: whose work they are, or course material and lists."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path, PurePath

from grader.intake.formats import BY_NAME, PROGRAMS, look, program_kind, says_program
from grader.intake.layouts import is_zip
from grader.records import Format

DOCUMENTS = frozenset(
    {
        *(Format.PDF, Format.DOCUMENT, Format.SLIDES, Format.PICTURE, Format.VIDEO, Format.WEB_PAGE, Format.LINK),
        *(Format.ARCHIVE, Format.R, Format.BYTECODE),
    }
)
"""What students hand in where they were asked for a program; a table is more likely to be the class's list."""
MATERIAL = frozenset(
    {
        *("readme", "license", "licence", "note", "notes", "handout", "assignment", "assessment", "lab", "labs"),
        *("exercise", "exercises", "task", "tasks", "homework", "hw", "instruction", "instructions", "template"),
        *("solution", "solutions", "rubric", "syllabus", "roster", "grades", "gradebook", "marks", "worksheet"),
        *("sheet", "feedback", "lecture", "slides", "index", "aufgabe", "aufgaben", "uebung", "übung", "blatt"),
    }
)
"""Words in the names of what lies beside submissions and is nobody's."""
LETTERS = re.compile(r"[^\W\d_]+")


class Work(StrEnum):
    """What a file beside those of other students is likely to be."""

    PROGRAM = "program"
    DOCUMENT = "document"


def work(file: Path) -> Work | None:
    """Whether a loose file is a student's work; None for lists, data and course material."""
    suffix = file.suffix.lower()
    if suffix in PROGRAMS or is_zip(file):
        return Work.PROGRAM
    try:
        seen = look(file).format
    except OSError:
        seen = BY_NAME.get(suffix, Format.OTHER)
    if program_kind(file.name, seen) and (says_program(file.name) or seen is Format.NOTEBOOK):
        return Work.PROGRAM
    document = seen in DOCUMENTS or (seen is Format.EMPTY and BY_NAME.get(suffix) in DOCUMENTS)
    material = {word.casefold() for word in LETTERS.findall(file.stem)} & MATERIAL
    return Work.DOCUMENT if document and not material else None


def student_of(name: str) -> str:
    """Whose a loose file is: its name without the endings of programs and what was put behind them."""
    stem = PurePath(name).stem
    while says_program(name) and PurePath(stem).suffix.lower() in PROGRAMS:
        stem = PurePath(stem).stem
    return stem


def looks_like_a_document(file: Path) -> bool:
    """Whether its name is that of something which students hand in, though it was taken for nobody's."""
    return BY_NAME.get(file.suffix.lower()) in DOCUMENTS
