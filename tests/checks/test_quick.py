"""Quick mode judges what it sees: never an accuracy, and nothing that an error of its own making kept away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.checks.accuracy import MeasuredAccuracy, VanishingGradient
from grader.grading.judge import matches_of
from grader.grading.scoring import grade
from grader.records import CellRun, CellStatus, Evidence, Limits, Measurement, Outcome, TrainingRun
from tests.builders import STAGES, bands, evidence, execution, matched, perfect_run, perfect_runs, refit, rubric

QUICK = Limits(max_epochs=2)
ASSIGNMENT = Assignment.of(load(bundled()))
PLOT = "ValueError: x and y must have same first dimension"
MEASURED = (MeasuredAccuracy, VanishingGradient)


def marked(runs: Mapping[str, TrainingRun], facts: Evidence) -> Mapping[tuple[str, str], tuple[Outcome, Fraction]]:
    """Outcome and marks of each check, by its criterion and its name."""
    found = grade(facts, rubric(), matched(runs), bands())
    return {(c.criterion, c.check): (c.verdict.outcome, c.score) for r in found.criteria for c in r.checks}


def accuracy_checks() -> list[tuple[str, str]]:
    return [(r.id, c.name) for r in rubric().criteria for c in r.checks if isinstance(c, MEASURED)]


@pytest.mark.parametrize("asked", [1, 2, 20, 100])
def test_no_accuracy_earns_or_costs_a_mark_however_many_epochs_were_asked_for(asked: int) -> None:
    runs = {
        stage: refit(run, epochs_asked=asked, epochs_done=min(asked, 2), capped=asked > 2)
        for stage, run in perfect_runs().items()
    }
    found = marked(runs, evidence(runs.values(), limits=QUICK))
    assert len(accuracy_checks()) >= len(STAGES)
    assert {found[check] for check in accuracy_checks()} == {(Outcome.NOT_ASSESSED, Fraction(0))}
    whole = marked(runs, evidence(runs.values()))
    assert {k: v for k, v in found.items() if k not in accuracy_checks()} == {
        k: v for k, v in whole.items() if k not in accuracy_checks()
    }


def broken(*cells: int, shortened: bool) -> Evidence:
    """A quick run of a notebook in which these cells raised."""
    turns = tuple(
        CellRun(
            n, CellStatus.ERROR if n in cells else CellStatus.OK, 1.0, PLOT if n in cells else "", shortened=shortened
        )
        for n in range(1, 10)
    )
    turns = tuple(turn if turn.number in cells else replace(turn, shortened=False) for turn in turns)
    return evidence(executions=(replace(execution(), cells=turns),), limits=QUICK)


CURVES, EVALUATED = (
    next((r.id, c.name) for r in rubric().criteria for c in r.checks if c.name == name)
    for name in ("curves_plotted", "evaluated_on_test_images")
)


@pytest.mark.parametrize(("shortened", "outcome"), [(True, Outcome.NOT_ASSESSED), (False, Outcome.PARTIAL)])
def test_curves_and_evaluations_that_an_error_of_quick_mode_s_kept_away_are_not_assessed(
    shortened: bool, outcome: Outcome
) -> None:
    runs = perfect_runs() | {"init": perfect_run("init", plotted=(), evaluations=())}
    facts = replace(broken(runs["init"].cell, shortened=shortened), runs=tuple(runs.values()))
    found = marked(runs, facts)
    assert (found[CURVES][0], found[EVALUATED][0]) == (outcome, outcome)


def test_curves_that_lack_after_the_last_such_error_are_the_student_s() -> None:
    runs = perfect_runs() | {"dropout": perfect_run("dropout", plotted=())}
    facts = replace(broken(runs["naive"].cell, shortened=True), runs=tuple(runs.values()))
    assert marked(runs, facts)[CURVES][0] is Outcome.PARTIAL


@pytest.mark.parametrize(("shortened", "outcome"), [(True, Outcome.NOT_ASSESSED), (False, Outcome.FAILED)])
def test_a_stage_that_was_never_reached_behind_such_an_error_is_not_assessed(shortened: bool, outcome: Outcome) -> None:
    runs = {stage: run for stage, run in perfect_runs().items() if stage != "dropout"}
    found = marked(runs, replace(broken(5, shortened=shortened), runs=tuple(runs.values())))
    first = next(c.id for c in rubric().criteria if c.stage == "dropout")
    assert {found[key][0] for key in found if key[0] == first} == {outcome}


@pytest.mark.parametrize(("shortened", "outcome"), [(True, Outcome.NOT_ASSESSED), (False, Outcome.FAILED)])
def test_a_model_that_was_compiled_before_such_an_error_and_never_trained_is_not_assessed(
    shortened: bool, outcome: Outcome
) -> None:
    runs = perfect_runs() | {"dropout": perfect_run("dropout", fit=None, measurement=Measurement(None))}
    found = marked(runs, replace(broken(5, shortened=shortened), runs=tuple(runs.values())))
    (accuracy,) = (key for key in accuracy_checks() if key[0].startswith("dropout"))
    assert found[accuracy][0] is outcome


# ---------------------------------------------------------------- the same runs for the same stages


def quick(run: TrainingRun, accuracy: float) -> TrainingRun:
    """The run as quick mode sees it."""
    history = {name: values[:2] for name, values in run.history.items()}
    short = replace(run, history=history, measurement=Measurement(accuracy, "raw"))
    fit = run.fit
    return refit(short, epochs_done=2, capped=fit.epochs_asked > 2) if fit else short


TRIES = st.lists(
    st.tuples(
        st.sampled_from(STAGES),
        st.sampled_from([1, 2, 20, 100]),
        st.sampled_from([32, 128, 256]),
        st.floats(0.05, 0.99),
        st.floats(0.05, 0.99),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@given(TRIES)
@settings(max_examples=100, deadline=None)
def test_quick_mode_takes_the_runs_that_the_whole_run_takes(
    tries: list[tuple[str, int, int, float, float, bool]],
) -> None:
    whole, short = [], []
    for n, (stage, asked, batch, accuracy, at_once, evaluates) in enumerate(tries):
        plain = perfect_run(stage, id=f"lab.ipynb#{n}", cell=n + 2, measurement=Measurement(accuracy, "raw"))
        run = refit(plain, epochs_asked=asked, epochs_done=asked, batch_size=batch)
        whole.append(run if evaluates else replace(run, evaluations=()))
        short.append(quick(whole[-1], at_once))
    taken = [m.run for m in matches_of(evidence(whole), ASSIGNMENT)]
    assert [m.run for m in matches_of(evidence(short, limits=QUICK), ASSIGNMENT)] == taken


def test_what_the_source_says_still_decides_between_two_tries() -> None:
    short = refit(perfect_run("dropout", id="try", cell=20), epochs_asked=5, epochs_done=5)
    facts = evidence([*perfect_runs().values(), short])
    assert matches_of(facts, ASSIGNMENT)[-1].run == "run-dropout"
