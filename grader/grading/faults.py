"""Failures of the grader's own with single submissions: each a record of its student's, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import Lock
from types import TracebackType

from grader.assignment.assignment import Assignment
from grader.errors.failures import add_to_log, fault_of, is_everybodys, log_of
from grader.executors.runner import failed
from grader.grading.overridden import overridden
from grader.grading.publish import class_pages, write_class, write_report
from grader.grading.scoring import nothing_assessed
from grader.records import Grade, Limits, Override, Submission
from grader.reports.fault import fault_html
from grader.workspace.atomic import write_text
from grader.workspace.grade_record import bare, to_store
from grader.workspace.layout import GRADE, INSTRUCTOR, REPORT

JUDGING = "judging and writing the report"
SHOWING = "putting the marks on the class's pages"


class Faults:
    """What failed for single students in one grading; all tracebacks stand in one log."""

    def __init__(self) -> None:
        self.log: Path | None = None
        """Where the tracebacks are; None where there are none, or where no log could be written."""
        self._lock = Lock()
        self._logged: set[str] = set()

    def note(self, student: str, error: Exception, doing: str) -> str:
        """Logs a failure with a student's submission, and gives it in words for the record.

        Raises:
            Exception: this very error, where it is everybody's.
        """
        if is_everybodys(error):
            raise error
        self._add(student, log_of(error))
        return fault_of(error, doing)

    def told(self, grade: Grade) -> Path | None:
        """The log that has the faults of this grade, those included that come from afar in words alone."""
        if grade.faults and grade.student not in self._logged:
            self._add(grade.student, "\n".join(grade.faults))
        return self.log if grade.faults else None

    def _add(self, student: str, text: str) -> None:
        with self._lock:
            self._logged.add(student)
            self.log = add_to_log(self.log, f"student: {student!r}\n{text}") or self.log


def fault_told(student: str, log: Path | None) -> str:
    """What the terminal says of a student for whom the grader has failed."""
    where = f" Please send {log}." if log else ""
    return f"{student}: the grader failed; what that touches is not assessed, and the others go on.{where}"


class ForOne(AbstractContextManager[None]):
    """What fails in here for one student is passed over; what is everybody's is raised."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """True where the error is the student's."""
        return error is not None and not is_everybodys(error)


def set_aside(
    folder: Path,
    submission: Submission,
    limits: Limits,
    assignment: Assignment,
    overrides: Iterable[Override],
    fault: str,
) -> Grade:
    """The grade of which nothing is known for the grader's fault, with its report on disk as far as that can be.

    Where even such a report fails, a plainer one that looks at nothing of the student's; nothing of an earlier grade
    stays.
    """
    nothing = failed(submission, fault, limits).evidence
    with ForOne():
        return write_report(folder, nothing, assignment, overrides)
    grade = nothing_assessed(submission, assignment.rubric, fault)
    with ForOne():
        grade = overridden(grade, overrides)
    page = fault_html(grade, assignment.language)
    _written(folder / GRADE, [lambda: to_store(grade, nothing).text(), lambda: bare(grade).text()])
    for name in (REPORT, INSTRUCTOR):
        _written(folder / name, [lambda: page])
    return grade


def _written(path: Path, ways: Sequence[Callable[[], str]]) -> None:
    """The first of the texts that can be made and written; where none can, an older file goes."""
    for way in ways:
        with ForOne():
            write_text(path, way())
            return
    with suppress(OSError):
        path.unlink(missing_ok=True)


def write_class_of(
    out: Path,
    grades: Sequence[Grade],
    assignment: Assignment,
    title: str,
    replaced: Callable[[Grade, Exception], Grade],
) -> tuple[Grade, ...]:
    """Writes the class's pages, whatever one grade does to them, and returns the grades as they stand there.

    A grade with which the pages cannot be made is `replaced`. Where that does not help it is left out.

    Raises:
        Exception: the pages cannot be made for anybody.
    """
    try:
        write_class(out, grades, assignment, title)
    except Exception as error:
        if is_everybodys(error):
            raise
        broken = {g.student: e for g in grades if (e := _spoils(out, g, assignment, title))}
        if len(broken) in {0, len(grades)}:
            raise
        grades = tuple(replaced(g, broken[g.student]) if g.student in broken else g for g in grades)
        fit = [g for g in grades if g.student not in broken or not _spoils(out, g, assignment, title)]
        write_class(out, fit, assignment, title)
    return tuple(grades)


def _spoils(out: Path, grade: Grade, assignment: Assignment, title: str) -> Exception | None:
    """Why no page of a class can be made with this grade alone; None where one can."""
    try:
        class_pages(out, [grade], assignment, title)
    except Exception as error:
        if is_everybodys(error):
            raise
        return error
    return None
