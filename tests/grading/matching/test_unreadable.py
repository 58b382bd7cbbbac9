"""A network that cannot be read answers the stage that is left for it: not assessed there, and a person is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.grading.matching.match import match
from grader.grading.scoring import grade
from grader.records import Architecture, Outcome
from tests.builders import STAGES, bands, evidence, perfect_runs, recompiled, rubric

UNREADABLE = Architecture((), problem="Block, which you wrote yourself, is not known")


@pytest.mark.parametrize("stage", STAGES)
def test_a_network_that_cannot_be_read_fails_nothing_but_is_not_assessed(stage: str) -> None:
    runs = perfect_runs()
    runs[stage] = replace(runs[stage], architecture=UNREADABLE)
    matches = match(rubric().stages, tuple(runs.values()), {}, {})
    assert {m.stage: m.run for m in matches} == {name: run.id for name, run in runs.items()}
    found = grade(evidence(runs.values()), rubric(), matches, bands())
    outcomes = {check.verdict.outcome for c in found.criteria if c.id.startswith(stage) for check in c.checks}
    assert Outcome.NOT_ASSESSED in outcomes
    assert Outcome.FAILED not in outcomes
    assert any("could not be read" in check.verdict.review for c in found.criteria for check in c.checks)


def test_it_takes_no_stage_from_a_network_that_can_be_read() -> None:
    runs = perfect_runs()
    further = replace(runs["dropout"], id="further", architecture=UNREADABLE)
    matches = match(rubric().stages, (further, *runs.values()), {}, {})
    assert {m.run for m in matches} == {run.id for run in runs.values()}


def test_one_that_is_compiled_otherwise_answers_nothing() -> None:
    runs = perfect_runs()
    runs["dropout"] = recompiled(replace(runs["dropout"], architecture=UNREADABLE), optimizer="rmsprop")
    matches = {m.stage: m.run for m in match(rubric().stages, tuple(runs.values()), {}, {})}
    assert matches["dropout"] is None
