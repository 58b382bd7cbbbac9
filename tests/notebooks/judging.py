"""Grades the corpus through the real pipeline and holds what was found against what must be found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.executors.runner import Runner
from grader.grading.judge import judge
from grader.intake.folder import find_class
from grader.records import Ending, Evidence, Grade, Limits, Submission, TrainingRun
from grader.sandbox.choose import choose
from tests.notebooks.corpus import Case

NONE = "none"


@dataclass(frozen=True)
class Judged:
    """A case beside what the grader made of it; `seconds` is how long it ran."""

    case: Case
    evidence: Evidence
    grade: Grade
    seconds: float

    @property
    def without_fault(self) -> bool:
        """Whether no failure was the grader's own."""
        return not self.grade.faults and self.evidence.ending is not Ending.GRADER_FAULT

    @property
    def matched(self) -> dict[str, TrainingRun]:
        """Stage to run."""
        runs = {run.id: run for run in self.evidence.runs}
        return {m.stage: runs[m.run] for m in self.grade.stages if m.run}

    def flagged(self, stage: str) -> bool:
        """Whether a person is told to look at the stage's match."""
        return any(m.close_call for m in self.grade.stages if m.stage == stage)

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """For each expected stage and for each that should be empty: expected and matched stage."""
        cells = {stage: run.cell for stage, run in self.matched.items()}
        expected = self.case.expected
        if expected.any_stage:
            return
        for stage, cell in expected.stages.items():
            there = [s for s, c in cells.items() if c == cell]
            choices = expected.either or (stage,)
            yield stage, stage if set(choices) & set(there) else (there or [NONE])[0]
        for stage in cells.keys() - expected.stages.keys() - set(expected.either):
            yield NONE, stage

    @property
    def problems(self) -> Iterator[str]:
        """Where what was found is not what must be found."""
        expected, grade = self.case.expected, self.grade
        yield from (f"fault: {fault}" for fault in grade.faults)
        if grade.ending != expected.ending:
            messages = "; ".join(e.message for e in self.evidence.executions)
            yield f"ended with {grade.ending}, expected {expected.ending}: {messages}"
        yield from (f"{have} was taken for {found}" for have, found in self.pairs if have != found)
        yield from (f"{stage} is not flagged" for stage in expected.flagged if not self._flagged(stage))
        told = [a.message for a in self.evidence.advisories]
        yield from (f"not told: {words}" for words in expected.advisories if not any(words in t for t in told))
        yield from self._details()

    def _flagged(self, stage: str) -> bool:
        return any(self.flagged(s) for s in {stage, *self.case.expected.either})

    def _details(self) -> Iterator[str]:
        expected = self.case.expected
        for stage in expected.untrained:
            if stage in self.matched and self.matched[stage].trained:
                yield f"{stage} was not trained"
        for stage, number in expected.others.items():
            listed = next(len(m.others) for m in self.grade.stages if m.stage == stage)
            if listed != number:
                yield f"{listed} other runs listed for {stage}, expected {number}"
        outcome = next(c.outcome for c in self.grade.criteria if c.id == "data.load")
        if outcome != expected.data:
            yield f"data.load {outcome}, expected {expected.data}"


def judge_cases(cases: Sequence[Case], work: Path, jobs: int = 2, max_epochs: int | None = 1) -> list[Judged]:
    """Each case as a submission of its own, in bubblewrap, `jobs` at once."""
    for case in cases:
        case.write(work / case.name)
    found = {s.student: s for s in find_class(work).submissions}
    cancel = Event()
    assignment = Assignment.of(load(bundled()))
    limits = Limits(seconds=300, max_epochs=max_epochs)
    with Runner(assignment.reference, choose("bubblewrap", cancel), cancel) as runner, ThreadPoolExecutor(jobs) as pool:

        def one(submission: Submission) -> tuple[Evidence, float]:
            started = time.monotonic()
            return runner.run(submission, limits).evidence, time.monotonic() - started

        evidence = list(pool.map(one, [found[case.name] for case in cases]))
        return [Judged(c, e, judge(e, assignment), s) for c, (e, s) in zip(cases, evidence, strict=True)]
