"""Scores a graded class anew from its stored evidence: no program runs, and what changed is said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader.assignment.assignment import Assignment
from grader.errors import UserError, did_you_mean
from grader.grading.faults import JUDGING, SHOWING, Faults, ForOne, fault_told, set_aside, write_class_of
from grader.grading.judge import judge
from grader.grading.publish import write_grade
from grader.grading.scoring import nothing_assessed
from grader.records import Evidence, Grade, Override
from grader.workspace.differences import Regraded, regraded, words_of
from grader.workspace.evidence_file import stored_evidence
from grader.workspace.grade_file import StoredGrade, read_grade, stored_grade
from grader.workspace.layout import EVIDENCE, GRADE, INDEX_JSON, INSTRUCTOR
from grader.workspace.lock import Tell, alone_with_marks
from grader.workspace.manifest import Kept, Manifest, Settings, read_manifest, write_manifest
from grader.workspace.members import stored, student_folders
from grader.workspace.overrides.of_class import overrides_for, overrides_in


@dataclass(frozen=True, slots=True)
class Said:
    """What a scoring changes of what the folder remembers."""

    rubric: str = ""
    """The name under which the rubric is remembered; empty: nothing is to be remembered anew."""
    language: str | None = None
    """As asked for by an option, now or earlier."""
    rubric_path: str = ""


def regrade(
    out: Path,
    assignment: Assignment,
    only: Collection[str] = (),
    stages: Collection[str] = (),
    said: Said | None = None,
    tell: Tell | None = None,
) -> tuple[Regraded, ...]:
    """Scores the evidence in a folder of reports by this rubric and writes all reports anew.

    With `only`, the reports of these students; the class's own pages always show everybody. With `stages`, nothing but
    the criteria of these stages may change: where another would, nothing is written. With `said`, the folder remembers
    the rubric and the language from now on, before any report is written by them.

    Raises:
        UserError: no such folder, no evidence in it or some that cannot be read, no student or stage of that name, the
            rest has another rubric, or a criterion of another stage would change.
    """
    _folders(out, only)
    if only:
        must_be_one_rubric(out, only, assignment)
    with alone_with_marks(out, tell):
        return rescored(out, assignment, only, stages, said, tell)


def rescored(
    out: Path,
    assignment: Assignment,
    only: Collection[str] = (),
    stages: Collection[str] = (),
    said: Said | None = None,
    tell: Tell | None = None,
) -> tuple[Regraded, ...]:
    """As `regrade`, for who has locked the folder."""
    folders = _folders(out, only)
    scoring = _Scoring(assignment, overrides_for(out, (), assignment.rubric))
    found = _evidence_of(out, folders)
    scored = [scoring.scored(student, folders[student], evidence) for student, evidence in found.items()]
    chosen = [s for s in scored if not only or s.student in only]
    _must_stay_within(stages, chosen, assignment)
    before = read_manifest(out)
    title = before.title if before else str(stored(out / INDEX_JSON).get("title") or out.resolve().name)
    if said is not None:
        write_manifest(out, _manifest(before, assignment, said, title, scored), assignment.rubric.content)
    for s in scored:
        if s in chosen or s.fault:
            scoring.write(s)
    write_class_of(out, [s.regraded.grade for s in scored], assignment, title, partial(scoring.replaced, scored))
    for line in scoring.told(scored):
        (tell or _silent)(line)
    return tuple(s.regraded for s in chosen)


def _silent(line: str) -> None:
    del line


def preview(out: Path, assignment: Assignment) -> tuple[Regraded, ...]:
    """How the grades of the class would differ by this standard; without those whose evidence cannot be read.

    Raises:
        UserError: the marks by hand have problems, by this rubric.
    """
    overrides = overrides_for(out, (), assignment.rubric)
    found = []
    for folder in student_folders(out, GRADE).values():
        with suppress(UserError), ForOne():
            evidence = stored_evidence(folder)
            grade = judge(evidence, assignment, overrides)
            found.append(regraded(stored_grade(folder), grade))
    return tuple(found)


def _manifest(
    before: Manifest | None, assignment: Assignment, said: Said, title: str, scored: Sequence[_Scored]
) -> Manifest:
    """Where an older grader left no manifest, whoever is on the class page belongs to the class."""
    students = before.students if before else {s.student: s.evidence.submission.digest for s in scored}
    return Manifest(
        title,
        Kept(said.rubric, assignment.rubric.digest),
        students,
        replace(before.settings if before else Settings(), language=said.language, rubric_path=said.rubric_path),
        folders=before.folders if before else {},
        quick=before.quick if before else any(s.evidence.limits.max_epochs is not None for s in scored),
    )


def must_be_scorable(out: Path, student: str) -> None:
    """What `regrade` asks of the evidence; raises UserError where it would."""
    _evidence_of(out, _folders(out, [student]))


def _evidence_of(out: Path, folders: Mapping[str, Path]) -> Mapping[str, Evidence]:
    """By student; whoever cannot be scored would be missing from the class page and the gradebook, so that all must."""
    found, unreadable = dict[str, Evidence](), []
    for student, folder in folders.items():
        try:
            found[student] = stored_evidence(folder)
        except (OSError, UnicodeDecodeError, UserError) as error:
            unreadable.append(f"  {student}: {error}")
    if unreadable:
        raise UserError(
            f"Expected evidence of {len(folders)} students, cannot read that of {len(unreadable)}; nothing was "
            f"written. Run grader grade again with --out {out}: it runs these anew and keeps the rest.\n"
            + "\n".join(unreadable)
        )
    return found


@dataclass(slots=True)
class _Scored:
    """One submission that was scored and is not yet written."""

    student: str
    folder: Path
    evidence: Evidence
    before: StoredGrade | None
    regraded: Regraded
    fault: str = ""
    """What the grader failed at; the evidence stays for the next time."""


class _Scoring:
    """Scores and writes one submission after the other; what fails for one is that student's fault record."""

    def __init__(self, assignment: Assignment, overrides: tuple[Override, ...]) -> None:
        self._assignment = assignment
        self._overrides = overrides
        self._faults = Faults()

    def scored(self, student: str, folder: Path, evidence: Evidence) -> _Scored:
        """By the facts alone; nothing is written."""
        before = stored_grade(folder)
        try:
            grade = judge(evidence, self._assignment, self._overrides)
            return _Scored(student, folder, evidence, before, regraded(before, grade))
        except Exception as error:  # noqa: BLE001 (what is everybody's is raised by who notes it)
            fault = self._faults.note(student, error, JUDGING)
            grade = nothing_assessed(evidence.submission, self._assignment.rubric, fault)
            return _Scored(student, folder, evidence, before, regraded(before, grade), fault)

    def write(self, scored: _Scored) -> None:
        """The grade and its report."""
        if not scored.fault:
            try:
                write_grade(scored.folder, scored.regraded.grade, scored.evidence, self._assignment)
            except Exception as error:  # noqa: BLE001 (as above)
                scored.fault = self._faults.note(scored.student, error, JUDGING)
        if scored.fault:
            self._set_aside(scored)

    def replaced(self, everybody: Sequence[_Scored], grade: Grade, error: Exception) -> Grade:
        """What stands in the place of a grade with which no page of the class can be made."""
        scored = next(s for s in everybody if s.regraded.grade is grade)
        scored.fault = self._faults.note(scored.student, error, SHOWING)
        return self._set_aside(scored)

    def told(self, everybody: Iterable[_Scored]) -> Iterator[str]:
        """Whom it has failed for, and where the tracebacks are."""
        for name in [s.student for s in everybody if s.fault]:
            yield fault_told(name, self._faults.log)

    def _set_aside(self, scored: _Scored) -> Grade:
        submission, limits = scored.evidence.submission, scored.evidence.limits
        grade = set_aside(scored.folder, submission, limits, self._assignment, self._overrides, scored.fault)
        scored.regraded = regraded(scored.before, grade)
        return grade


def _must_stay_within(stages: Collection[str], scored: Sequence[_Scored], assignment: Assignment) -> None:
    """An appeal about one stage must not move another: where it would, all such changes are said."""
    known = [stage.id for stage in assignment.rubric.stages]
    unknown = sorted(set(stages) - set(known))
    if unknown:
        near = (f"{name}{did_you_mean(name, known)}" for name in unknown)
        raise UserError(f"The rubric has no stage {', '.join(near)}; it has {', '.join(known)}.")
    others = [
        f"  {s.student}: {d.criterion} {words_of(d.before)} → {words_of(d.after)}"
        for s in scored
        for d in s.regraded.differences
        if stages and d.criterion.partition(".")[0] not in stages
    ]
    if others:
        raise UserError(
            f"Expected changes in {', '.join(stages)} only, found others; nothing was written. Leave out --only-stage "
            "to have them:\n" + "\n".join(others)
        )


def must_be_one_rubric(out: Path, students: Collection[str], assignment: Assignment) -> None:
    """A class has one rubric: where these students are scored by it, all others must have been.

    Raises:
        UserError: somebody was graded by another.
    """
    for student, folder in student_folders(out, EVIDENCE).items():
        grade = stored_grade(folder)
        by = grade.digests.rubric if grade else ""
        if student not in students and by != assignment.rubric.digest:
            raise UserError(
                f"{student} was graded by another rubric than this one, and a class has one: leave out --student. "
                f"All at once: grader regrade {out}"
            )


def _folders(out: Path, wanted: Collection[str] = ()) -> Mapping[str, Path]:
    if not out.is_dir():
        raise UserError(
            f"Expected a folder of reports, found no folder {out}. Grade a class first: grader grade FOLDER."
        )
    found = student_folders(out, EVIDENCE)
    if not found:
        raise UserError(
            f"Found no evidence in {out}: expected {out}/<student>/{EVIDENCE}. Was it written by grader grade?"
        )
    unknown = sorted(set(wanted) - found.keys())
    if unknown:
        near = (f"{name}{did_you_mean(name, found)}" for name in unknown)
        raise UserError(f"There is no evidence for {', '.join(near)} in {out}.")
    return found


def to_review(out: Path) -> list[tuple[str, Path, Sequence[str]]]:
    """The students of a folder of reports whom a person should look at: name, report and reasons.

    Whose grade cannot be read is among them: nobody knows whether it asks for a person.

    Raises:
        UserError: no such folder, no evidence in it; or the marks by hand have problems, as `regrade` would say.
    """
    waiting = [(student, folder, _reasons(folder)) for student, folder in _folders(out).items()]
    overrides_in(out)
    return [(student, folder / INSTRUCTOR, reasons) for student, folder, reasons in waiting if reasons]


def _reasons(folder: Path) -> Sequence[str]:
    """None where nothing has been graded yet."""
    if not (folder / GRADE).exists():
        return ()
    try:
        return read_grade(folder / GRADE).review_reasons
    except UserError as unreadable:
        return (str(unreadable),)
