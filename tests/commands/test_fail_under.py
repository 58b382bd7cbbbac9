"""`--fail-under` says which marks could not be judged, and what became of them."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction

import pytest
import typer
from rich.console import Console

from grader.commands.fail_under import exit_below, open_marks
from grader.grading.scoring import grade
from grader.records import Limits, Measurement
from tests.builders import bands, evidence, matched, perfect_run, perfect_runs, rubric


@pytest.mark.parametrize(
    ("quick", "why", "counted"),
    [
        (True, "quick mode judges no accuracy, nor what stopped because of it", "counted as if they were reached"),
        (False, "a person decides on them", "not counted"),
    ],
)
def test_what_could_not_be_judged_is_named_with_the_reason(quick: bool, why: str, counted: str) -> None:
    unseen = Measurement(None, reason="a layer of one's own")
    runs = perfect_runs() | {"init": perfect_run("init", measurement=unseen)}
    facts = evidence(runs.values())
    facts = replace(facts, limits=Limits(max_epochs=2)) if quick else facts
    found = grade(facts, rubric(), matched(runs), bands())
    said = open_marks(found, Fraction("9.5"), quick=quick)
    assert said.startswith(f"--fail-under 9.50: {float(found.not_assessed):.2f} of 10.00 marks could not be judged")
    assert "init.accuracy" in said
    assert f"{why}. They were {counted}; {float(found.total):.2f} are sure, 10.00 can be reached." in said


@pytest.mark.parametrize(
    ("quick", "least", "status", "said"),
    [
        (True, 9.5, 0, "They were counted as if they were reached"),
        (True, 10.5, 1, "They were counted as if they were reached"),
        (False, 9.5, 1, "They were not counted"),
        (False, 5.0, 0, ""),
    ],
)
def test_a_class_is_asked_as_one_file_is(
    quick: bool, least: float, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unseen = Measurement(None, reason="a layer of one's own")
    runs = perfect_runs() | {stage: perfect_run(stage, measurement=unseen) for stage in ("init", "dropout")}
    found = grade(evidence(runs.values()), rubric(), matched(runs), bands())
    assert 5 < found.total < Fraction("9.5")
    with pytest.raises(typer.Exit) if status else nullcontext():
        exit_below(Console(), [found], least, quick=quick)
    told = capsys.readouterr().out
    assert said in told
    assert told.startswith(f"{found.student}: --fail-under {least:.2f}: " if said else "")
    assert bool(told) == bool(said)
