"""Scores a graded class anew from its stored evidence: no program runs, and what changed is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.desk import (
    EVIDENCE,
    GRADE,
    INSTRUCTOR,
    TWIN,
    alone,
    overrides_for,
    stored,
    student_folders,
    write_class,
    write_grade,
)
from grader.errors import UserError, did_you_mean
from grader.overrides.apply import overridden
from grader.records import CriterionResult, Evidence, Grade
from grader.reports.store import read_evidence
from grader.standard import Standard


@dataclass(frozen=True, slots=True)
class Difference:
    """A criterion that earns another mark than before; `before` is None where it was not in the rubric."""

    criterion: str
    before: float | None
    after: float | None
    found: str
    """Who gave the mark by hand, or what the first check that lost marks found."""


@dataclass(frozen=True, slots=True)
class Regraded:
    """One student's grade and how it differs from the one that was stored."""

    grade: Grade
    before: float | None
    differences: tuple[Difference, ...]


def regrade(
    out: Path, standard: Standard, only: Collection[str] = (), stages: Collection[str] = ()
) -> tuple[Regraded, ...]:
    """Scores the evidence in a folder of reports by this standard and writes all reports anew.

    With `only`, the reports of these students; the class's own pages always show everybody. With `stages`, nothing but
    the criteria of these stages may change: where another would, nothing is written.

    Raises:
        UserError: no such folder, no evidence in it or some that cannot be read, no student or stage of that name, the
            rest has another rubric, or a criterion of another stage would change.
    """
    folders = _folders(out, only)
    if only:
        _must_be_one_rubric([f for f in folders if f.name not in only], standard)
    overrides = overrides_for(out, (), standard)
    scored = []
    with alone(out):
        for folder, evidence in _evidence_of(folders).items():
            grade = overridden(standard.judge(evidence), overrides)
            scored.append(_Scored(folder, evidence, _regraded(stored(folder / GRADE), grade)))
        chosen = [s for s in scored if not only or s.folder.name in only]
        _must_stay_within(stages, chosen, standard)
        for s in chosen:
            write_grade(s.folder, s.regraded.grade, s.evidence, standard)
        grades = [s.regraded.grade for s in scored]
        write_class(out, grades, standard, str(stored(out / TWIN).get("title") or out.resolve().name))
    return tuple(s.regraded for s in chosen)


def must_be_scorable(out: Path, student: str) -> None:
    """What `regrade` asks of the evidence; raises UserError where it would."""
    _evidence_of(_folders(out, [student]))


def _evidence_of(folders: Sequence[Path]) -> Mapping[Path, Evidence]:
    """By folder; whoever cannot be scored would be missing from the class page and the gradebook, so that all must."""
    found, unreadable = dict[Path, Evidence](), []
    for folder in folders:
        try:
            found[folder] = read_evidence((folder / EVIDENCE).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, UserError) as error:
            unreadable.append(f"  {folder.name}: {error}")
    if unreadable:
        raise UserError(
            f"Expected evidence of {len(folders)} students, cannot read that of {len(unreadable)}; nothing was "
            f"written. Run grader grade again with --out {folders[0].parent}: it runs these anew and keeps the rest.\n"
            + "\n".join(unreadable)
        )
    return found


@dataclass(frozen=True, slots=True)
class _Scored:
    """One submission that was scored and is not yet written."""

    folder: Path
    evidence: Evidence
    regraded: Regraded


def _regraded(before: Mapping[str, Any], grade: Grade) -> Regraded:
    return Regraded(grade, before.get("total"), _differences(before, grade))


def _must_stay_within(stages: Collection[str], scored: Sequence[_Scored], standard: Standard) -> None:
    """An appeal about one stage must not move another: where it would, all such changes are said."""
    known = [stage.id for stage in standard.rubric.stages]
    unknown = sorted(set(stages) - set(known))
    if unknown:
        near = (f"{name}{did_you_mean(name, known)}" for name in unknown)
        raise UserError(f"The rubric has no stage {', '.join(near)}; it has {', '.join(known)}.")
    others = [
        f"  {s.folder.name}: {d.criterion} {words_of(d.before)} → {words_of(d.after)}"
        for s in scored
        for d in s.regraded.differences
        if stages and d.criterion.partition(".")[0] not in stages
    ]
    if others:
        raise UserError(
            f"Expected changes in {', '.join(stages)} only, found others; nothing was written. Leave out --only-stage "
            "to have them:\n" + "\n".join(others)
        )


def words_of(mark: float | None) -> str:
    """A stored mark for people; a dash where there was none."""
    return "-" if mark is None else f"{mark:.2f}"


def _must_be_one_rubric(others: Sequence[Path], standard: Standard) -> None:
    for folder in others:
        if stored(folder / GRADE).get("digests", {}).get("rubric") != standard.rubric.digest:
            raise UserError(
                f"{folder.name} was graded by another rubric than this one, and a class has one: leave out --student."
            )


def _folders(out: Path, wanted: Collection[str] = ()) -> Sequence[Path]:
    if not out.is_dir():
        raise UserError(
            f"Expected a folder of reports, found no folder {out}. Grade a class first: grader grade FOLDER."
        )
    found = student_folders(out, EVIDENCE)
    if not found:
        raise UserError(
            f"Found no evidence in {out}: expected {out}/<student>/{EVIDENCE}. Was it written by grader grade?"
        )
    unknown = sorted(set(wanted) - {folder.name for folder in found})
    if unknown:
        near = (f"{name}{did_you_mean(name, (f.name for f in found))}" for name in unknown)
        raise UserError(f"There is no evidence for {', '.join(near)} in {out}.")
    return found


def _differences(before: Mapping[str, Any], grade: Grade) -> tuple[Difference, ...]:
    old = {c["id"]: c["score"] for c in before.get("criteria", ())}
    new = {c.id: c for c in grade.criteria}
    changed = []
    for name in dict.fromkeys([*old, *new]):
        after = round(float(new[name].score), 6) if name in new else None
        if old.get(name) != after:
            changed.append(Difference(name, old.get(name), after, _why(new.get(name))))
    return tuple(changed)


def _why(criterion: CriterionResult | None) -> str:
    """A manual mark, or what the first check that lost marks found."""
    if criterion is None:
        return ""
    if criterion.manual:
        return f"by hand, {criterion.manual.by}"
    return next((c.verdict.found for c in criterion.checks if c.score < c.max_score), "")


def to_review(out: Path) -> list[tuple[str, Path, Sequence[str]]]:
    """The students of a folder of reports whom a person should look at: name, report and reasons."""
    grades = [(folder, stored(folder / GRADE)) for folder in _folders(out)]
    return [
        (f.name, f / INSTRUCTOR, tuple(grade["review_reasons"])) for f, grade in grades if grade.get("review_reasons")
    ]
