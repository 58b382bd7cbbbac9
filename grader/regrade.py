"""Scores a graded class anew from its stored evidence: no program runs, and what changed is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.desk import EVIDENCE, GRADE, REPORT, TWIN, alone, stored, write_class, write_report
from grader.errors import UserError
from grader.records import Grade
from grader.reports.store import read_evidence
from grader.standard import Standard


@dataclass(frozen=True, slots=True)
class Difference:
    """A criterion that earns another mark than before; `before` is None where it was not in the rubric."""

    criterion: str
    before: float | None
    after: float | None
    found: str
    """What the first check that lost marks found."""


@dataclass(frozen=True, slots=True)
class Regraded:
    """One student's grade and how it differs from the one that was stored."""

    grade: Grade
    before: float | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Regrading:
    """All that was scored, and what could not be, each with the reason."""

    regraded: tuple[Regraded, ...]
    left_out: tuple[str, ...]


def regrade(out: Path, standard: Standard, only: Collection[str] = ()) -> Regrading:
    """Scores the evidence in a folder of reports by this standard and writes all reports anew.

    With `only`, the reports of these students; the class's own pages always show everybody.

    Raises:
        UserError: no such folder, no evidence in it, no student of that name, or the rest has another rubric.
    """
    folders = _folders(out)
    unknown = sorted(set(only) - {folder.name for folder in folders})
    if unknown:
        raise UserError(f"There is no evidence for {', '.join(unknown)} in {out}.")
    if only:
        _must_be_one_rubric([f for f in folders if f.name not in only], standard)
    regraded, left_out, grades = [], [], []
    with alone(out):
        for folder in folders:
            try:
                evidence = read_evidence((folder / EVIDENCE).read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, UserError) as error:
                left_out.append(f"{folder.name}: {error}")
                continue
            before = stored(folder / GRADE)
            chosen = not only or folder.name in only
            grade = write_report(folder, evidence, standard) if chosen else standard.judge(evidence)
            grades.append(grade)
            if chosen:
                regraded.append(Regraded(grade, before.get("total"), _differences(before, grade)))
        write_class(out, grades, standard, str(stored(out / TWIN).get("title") or out.resolve().name))
    return Regrading(tuple(regraded), tuple(left_out))


def _must_be_one_rubric(others: Sequence[Path], standard: Standard) -> None:
    for folder in others:
        if stored(folder / GRADE).get("digests", {}).get("rubric") != standard.rubric.digest:
            raise UserError(
                f"{folder.name} was graded by another rubric than this one, and a class has one: leave out --student."
            )


def _folders(out: Path) -> Sequence[Path]:
    if not out.is_dir():
        raise UserError(
            f"Expected a folder of reports, found no folder {out}. Grade a class first: grader grade FOLDER."
        )
    found = sorted(path.parent for path in out.glob(f"*/{EVIDENCE}"))
    if not found:
        raise UserError(
            f"Found no evidence in {out}: expected {out}/<student>/{EVIDENCE}. Was it written by grader grade?"
        )
    return found


def _differences(before: Mapping[str, Any], grade: Grade) -> tuple[Difference, ...]:
    old = {c["id"]: c["score"] for c in before.get("criteria", ())}
    new = {c.id: c for c in grade.criteria}
    changed = []
    for name in dict.fromkeys([*old, *new]):
        after = round(float(new[name].score), 6) if name in new else None
        if old.get(name) != after:
            lost = (c.verdict.found for c in new[name].checks if c.score < c.max_score) if name in new else ()
            changed.append(Difference(name, old.get(name), after, next(iter(lost), "")))
    return tuple(changed)


def to_review(out: Path) -> list[tuple[str, Path, Sequence[str]]]:
    """The students of a folder of reports whom a person should look at: name, report and reasons."""
    grades = [(folder, stored(folder / GRADE)) for folder in _folders(out)]
    return [(f.name, f / REPORT, tuple(grade["review_reasons"])) for f, grade in grades if grade.get("review_reasons")]
