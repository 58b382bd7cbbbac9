"""Where more lines were drawn than are recorded, a curve that lacks may have been among them."""

from __future__ import annotations

from dataclasses import replace

from grader.grading.scoring import grade
from grader.inside.recording.figures import NOT_ALL
from grader.records import Advisory, Evidence, Outcome, TrainingRun
from tests.builders import bands, evidence, matched, perfect_run, perfect_runs, rubric


def curves(facts: Evidence, runs: dict[str, TrainingRun]) -> Outcome:
    found = grade(replace(facts, runs=tuple(runs.values())), rubric(), matched(runs), bands())
    return next(c.verdict.outcome for r in found.criteria for c in r.checks if c.check == "curves_plotted")


def test_a_curve_that_lacks_is_not_assessed_and_those_that_are_there_count() -> None:
    told = evidence(advisories=(Advisory("lab.ipynb", 3, NOT_ALL),))
    without = perfect_runs() | {"init": perfect_run("init", plotted=())}
    assert curves(told, without) is Outcome.NOT_ASSESSED
    assert curves(told, perfect_runs()) is Outcome.PASSED
    assert curves(evidence(), without) is Outcome.PARTIAL
