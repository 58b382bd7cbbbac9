"""From what was noted in a kernel to what can be said of it: the grader's own checks, by the rubric."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from grader.assignment import rubric as rubrics
from grader.assignment.assignment import Assignment
from grader.assignment.reference import load_reference
from grader.evidence.gather import Findings, gather
from grader.evidence.official import Official
from grader.evidence.trace import AnyEvent
from grader.grading.disclosure import for_student
from grader.grading.judge import judge, matches_of
from grader.notebook import found
from grader.notebook.preview import Sight
from grader.records import EVIDENCE_VERSION, Evidence, Program, StageMatch, Submission, TrainingRun

HERE = Submission("this notebook", Path(), (), "")


@dataclass
class Seen:
    """The runs of a kernel, and of those that nobody watched how much of them is known."""

    runs: list[TrainingRun] = field(default_factory=list)
    loads: list[Any] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    answered: dict[str, Collection[str]] = field(default_factory=dict)
    """For each run that was not watched, the checks that can be answered."""

    def add_watched(self, program: Program, events: Sequence[AnyEvent], assignment: Assignment) -> None:
        """What the recorder noted."""
        findings = _gathered(program, events, assignment)
        self.runs += findings.runs
        self.loads += findings.loads
        self.faults += findings.gaps

    def add_found(self, name: str, model: Any, assignment: Assignment, history: Any = None, data: Any = None) -> None:
        """A model that was made before anybody watched; `name` is the variable that holds it."""
        events, answered = found.events(1, model, history, data)
        for run in _gathered(_nothing(), events, assignment).runs:
            self.runs.append(replace(run, id=name))
            self.answered[name] = answered


def _gathered(program: Program, events: Sequence[AnyEvent], assignment: Assignment) -> Findings:
    return gather(program, events, _official(assignment.rubric.reference))


@cache
def _official(reference: str) -> Official:
    """Kept, though it is large: a student checks again and again, and it takes seconds to make."""
    return Official(load_reference(reference).load_data())


def _nothing() -> Program:
    from grader.notebook.watch import Cells

    return Cells().program()


def sight(seen: Seen, assignment: Assignment, stage: str | None = None) -> Sight:
    """The judgement; with `stage`, the first run is taken for it, whatever it looks like."""
    evidence = Evidence(EVIDENCE_VERSION, HERE, (), tuple(seen.loads), tuple(seen.runs), gaps=tuple(seen.faults))
    matches = _named(seen, assignment, stage) if stage else matches_of(evidence, assignment)
    return Sight(
        _graded(evidence, assignment, matches, [s.id for s in assignment.rubric.stages]),
        _graded(evidence, assignment, matches, [m.stage for m in matches if m.run and m.run not in seen.answered]),
        seen.answered,
    )


def _graded(
    evidence: Evidence, assignment: Assignment, matches: tuple[StageMatch, ...], stages: Collection[str]
) -> Any:
    """The grade by these stages of the rubric, as a student may see it."""
    some = replace(assignment.rubric, stages=tuple(s for s in assignment.rubric.stages if s.id in stages))
    return for_student(judge(evidence, replace(assignment, rubric=some), answers=matches), evidence)


def _named(seen: Seen, assignment: Assignment, stage: str) -> tuple[StageMatch, ...]:
    return tuple(
        StageMatch(s.id, s.title, seen.runs[0].id if s.id == stage and seen.runs else None, "you named the stage")
        for s in assignment.rubric.stages
    )


@cache
def assignment_of(rubric: Path | None) -> Assignment:
    """The lab's own rubric or another one; raises UserError with all problems of it."""
    return Assignment.of(rubrics.load(rubric or rubrics.bundled()))


def by_id(seen: Seen) -> Mapping[str, TrainingRun]:
    """The runs by their ids."""
    return {run.id: run for run in seen.runs}
