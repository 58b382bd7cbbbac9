"""A folder of submissions: resume, progress, reports. One failure never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from grader.assignment.assignment import Assignment
from grader.errors import UserError, WrittenError
from grader.errors.failures import is_everybodys
from grader.executors.attempts import ATTEMPTS
from grader.executors.base import Executor, Step
from grader.grading.faults import JUDGING, SHOWING, Faults, ForOne, set_aside, write_class_of
from grader.grading.keeping import Keeping
from grader.grading.near_class import near_in_class, told
from grader.grading.publish import write_reference, write_report
from grader.records import Evidence, Grade, Limits, Override, Roster, Submission
from grader.workspace.atomic import clear_drafts, must_be_writable, write_bytes
from grader.workspace.evidence_file import stored_evidence, write_evidence
from grader.workspace.layout import ROSTER_FILE
from grader.workspace.lock import alone_then_finishing
from grader.workspace.manifest import Kept, Manifest, Settings, read_manifest, write_manifest
from grader.workspace.members import Folders, folders_for
from grader.workspace.overrides.of_class import overrides_for
from grader.workspace.roster_file import write_roster


class State(StrEnum):
    """Where a submission is while its class is graded."""

    WAITING = "waiting"
    RUNNING = "running"
    AGAIN = "running again"
    """The grader failed the first time."""
    DONE = "done"
    KEPT = "kept"
    """Graded from evidence that an earlier run had left."""


@dataclass(frozen=True, slots=True)
class Event:
    """A submission has come to a new state."""

    submission: Submission
    state: State
    grade: Grade | None = None
    log: Path | None = None
    """Where the tracebacks are, if the grader has failed here."""


@dataclass(frozen=True, slots=True)
class GradingOptions:
    """How a class is graded."""

    out: Path
    limits: Limits
    fresh: bool = False
    """Run again even what has evidence already."""
    title: str = "Class"
    class_pages: bool = True
    """Also write what is about all submissions together."""
    overrides: tuple[Override, ...] = ()
    """Marks by hand; `grade_class` reads them."""
    roster: Roster | None = None
    roster_file: bytes | None = None
    """The list that it was read from."""
    rubric: str = "rubric.yaml"
    """What the user calls it."""
    settings: Settings = field(default_factory=Settings)
    """What is remembered of the command line."""
    folders: Folders | None = None
    """Where the reports of each student lie; `grade_class` sees to it."""

    def folder(self, student: str) -> Path:
        """Where the reports of a student lie."""
        return (self.folders or Folders(self.out)).of(student)


Tell = Callable[[Event], None]


def grade_class(
    submissions: Sequence[Submission], assignment: Assignment, executor: Executor, options: GradingOptions, tell: Tell
) -> tuple[Grade, ...]:
    """Grades all submissions, writes all reports, and returns the grades in the order of the submissions.

    Finished work is on disk before the next submission is judged; a second run takes it from there. By what is graded,
    and who belongs to the class, is on disk before anything is judged. Marks by hand that are given meanwhile are taken
    up at the end. Whatever fails for one student is a fault in that student's grade, and tried anew by the next run.

    Raises:
        UserError: the output folder cannot be written, or the manual marks in it have problems; where they have come
            to have them meanwhile, all reports are written, by those of the beginning.
        CancelledError: stopped from outside; what had finished is on disk.
    """
    must_be_writable(options.out)
    students, faults = [s.student for s in submissions], Faults()
    with alone_then_finishing(options.out) as finishing:
        folders = folders_for(options.out, students)
        options = replace(options, overrides=overrides_for(options.out, students, assignment.rubric), folders=folders)
        clear_drafts(options.out)
        _remember(submissions, assignment, options)
        write_roster(options.out, options.roster)
        graded = dict(_graded(submissions, assignment, executor, options, tell, faults))
        finishing()
        wrong: WrittenError | None = None
        try:
            graded |= _with_what_the_class_shows(students, assignment, options, faults)
            graded |= _with_marks_given_meanwhile(students, assignment, options, faults)
        except WrittenError as error:
            # Told when what was graded is on the class's pages, by the marks by hand of the beginning.
            wrong = error
        grades = tuple(graded[student] for student in students)
        if options.class_pages:
            replaced = _put_aside({s.student: s for s in submissions}, assignment, options, faults)
            grades = write_class_of(options.out, grades, assignment, options.title, replaced)
        if wrong is not None:
            raise wrong
    return grades


def _remember(submissions: Sequence[Submission], assignment: Assignment, options: GradingOptions) -> None:
    """One's own check remembers nothing, and must not put itself among the reports of a class."""
    if not options.class_pages:
        if read_manifest(options.out) is not None:
            raise UserError(f"{options.out} holds the reports of a class: give another folder with --out.")
        return
    if options.roster_file is not None:
        write_bytes(options.out / ROSTER_FILE, options.roster_file)
    manifest = Manifest(
        options.title,
        Kept(options.rubric, assignment.rubric.digest),
        {s.student: s.digest for s in submissions},
        options.settings,
        quick=options.limits.max_epochs is not None,
        folders=options.folders.names if options.folders else {},
    )
    write_manifest(options.out, manifest, assignment.rubric.content)


def _with_what_the_class_shows(
    students: Sequence[str], assignment: Assignment, options: GradingOptions, faults: Faults
) -> Mapping[str, Grade]:
    """The grades of those whose weights are another student's, or are so no more; it stands in their evidence."""
    if not options.class_pages:
        return {}
    doubted = told(near_in_class({s: options.folder(s) for s in students}))
    changed = {}
    for student in students:
        with ForOne():
            evidence = stored_evidence(options.folder(student))
            if evidence.alike != doubted.get(student, ()):
                changed[student] = replace(evidence, alike=doubted.get(student, ()))
                write_evidence(options.folder(student), changed[student])
    return {s: _judged(e, assignment, options, faults) for s, e in changed.items()}


def _with_marks_given_meanwhile(
    students: Sequence[str], assignment: Assignment, options: GradingOptions, faults: Faults
) -> Mapping[str, Grade]:
    """The grades of those whose marks by hand are others than when the grading began."""
    latest = overrides_for(options.out, students, assignment.rubric)
    changed = {o.student for o in set(latest) ^ set(options.overrides)}
    found = {}
    for student in students:
        # Whose evidence could not even be written has the grade that says so.
        with ForOne():
            if student in changed:
                evidence = stored_evidence(options.folder(student))
                found[student] = _judged(evidence, assignment, replace(options, overrides=latest), faults)
    return found


def _graded(
    submissions: Sequence[Submission],
    assignment: Assignment,
    executor: Executor,
    options: GradingOptions,
    tell: Tell,
    faults: Faults,
) -> Iterator[tuple[str, Grade]]:
    """Each student's grade. What has to be run runs while what was kept is judged."""
    keeping = Keeping(options.folder, options.limits, faults)
    kept = {s.student for s in submissions if not (options.fresh or s.fault) and _kept(s, executor, options)}
    states = {Step.BEGUN: State.RUNNING, Step.AGAIN: State.AGAIN}

    def began(submission: Submission, step: Step) -> None:
        tell(Event(submission, states[step]))

    def graded(evidence: Evidence, state: State) -> tuple[str, Grade]:
        submission = evidence.submission
        grade = _judged(evidence, assignment, options, faults)
        tell(Event(submission, state, grade, faults.told(grade)))
        return submission.student, grade

    new = [s for s in submissions if not (s.student in kept or s.fault)]
    # Closed before the folder is unlocked: whoever stops, nothing is written behind the next grader's back.
    with closing(executor.run(new, options.limits, began, keeping.keep)) as running:
        if options.class_pages:
            # Nothing has ended yet. What fails here fails again, and is told, when all grades are written.
            with suppress(Exception):
                write_reference(options.out, assignment)
        for submission in submissions:
            if submission.fault:
                yield graded(keeping.unread(submission), State.DONE)
            elif submission.student in kept:
                yield graded(keeping.found(submission), State.KEPT)
        for evidence in running:
            yield graded(keeping.kept(evidence), State.DONE)


def _judged(evidence: Evidence, assignment: Assignment, options: GradingOptions, faults: Faults) -> Grade:
    """The grade with its report on disk; a failure of ours leaves the evidence as it is, for the next run."""
    submission, failure = evidence.submission, Exception()
    folder = options.folder(submission.student)
    for _ in range(ATTEMPTS):
        try:
            return write_report(folder, evidence, assignment, options.overrides)
        except Exception as error:
            if is_everybodys(error):
                raise
            failure = error
    fault = faults.note(submission.student, failure, JUDGING)
    return set_aside(folder, submission, evidence.limits, assignment, options.overrides, fault)


def _put_aside(
    submissions: Mapping[str, Submission], assignment: Assignment, options: GradingOptions, faults: Faults
) -> Callable[[Grade, Exception], Grade]:
    """What stands in the place of a grade with which no page of the class can be made."""

    def replaced(grade: Grade, error: Exception) -> Grade:
        submission, folder = submissions[grade.student], options.folder(grade.student)
        fault = faults.note(grade.student, error, SHOWING)
        return set_aside(folder, submission, options.limits, assignment, options.overrides, fault)

    return replaced


def _kept(submission: Submission, executor: Executor, options: GradingOptions) -> bool:
    """Whether there is evidence of an earlier run about the same files, run in the same way, and healthy."""
    folder = options.folder(submission.student)
    try:
        evidence = stored_evidence(folder)
    except Exception:  # noqa: BLE001 (what cannot be read is run again)
        return False
    made_with = {name: evidence.environment.get(name) for name in executor.conditions}
    same = (
        evidence.submission.digest == submission.digest
        and made_with == dict(executor.conditions)
        and _comparable(evidence.limits) == _comparable(options.limits)
        and all(e.sandbox == executor.sandbox for e in evidence.executions)
        and not evidence.faults
    )
    if same and evidence.submission != submission:
        # The same files under another name, at another time, or with a roster now.
        try:
            write_evidence(folder, replace(evidence, submission=submission))
        except Exception as error:
            if is_everybodys(error):
                raise
            return False
    return same


def _comparable(limits: Limits) -> Limits:
    """On which cores it ran makes no difference to what was found."""
    return replace(limits, threads=1, cpus=())
