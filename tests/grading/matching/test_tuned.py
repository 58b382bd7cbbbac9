"""The lab ends with an invitation to tune: such networks are known as the student's own, beside the stages."""

from dataclasses import replace

import pytest

from grader.grading.matching.tuned import tuned, tuned_words
from grader.records import TrainingRun
from tests.builders import activation, dense, perfect_run, perfect_runs, rebuilt, recompiled

SOFTMAX = (dense(10), activation("softmax"))
SIX = tuple(perfect_runs().values())
TAKEN = {run.id for run in SIX}
WIDER = rebuilt(
    replace(perfect_run("optimizer"), id="own", cell=40), *[dense(128), activation("relu")], dense(64), *SOFTMAX
)


def ids(*runs: TrainingRun) -> list[str]:
    return [run.id for run in tuned(runs, TAKEN)]


@pytest.mark.parametrize(
    "own",
    [
        WIDER,
        rebuilt(WIDER, *[dense(50), activation("elu")] * 8, *SOFTMAX),
        recompiled(replace(perfect_run("dropout"), id="own"), optimizer="rmsprop"),
    ],
    ids=["other widths", "more layers", "another optimizer"],
)
def test_another_network_after_all_stages_is_the_students_own(own: TrainingRun) -> None:
    assert ids(*SIX, own) == ["own"]


def test_a_title_of_its_own_says_so_wherever_it_stands() -> None:
    own = replace(WIDER, heading="## My best model")
    assert ids(*SIX[:3], own, *SIX[3:]) == ["own"]
    assert ids(*SIX[:3], WIDER, *SIX[3:]) == []


def test_a_title_over_stages_as_well_is_that_of_the_whole() -> None:
    titled = [replace(run, heading="# Hyper-parameter tuning") for run in (*SIX[:3], WIDER, *SIX[3:])]
    assert ids(*titled) == []


def test_a_repeat_of_a_stage_is_not_ones_own_nor_is_what_never_trained() -> None:
    again = replace(perfect_run("dropout"), id="again", cell=50)
    assert ids(*SIX, again, replace(WIDER, fit=None)) == []


def test_where_no_stage_was_found_nothing_lies_beyond() -> None:
    assert tuned([WIDER], set()) == ()


def test_it_is_told_with_its_sizes() -> None:
    assert tuned_words(WIDER) == "2 hidden layers, relu/linear, Adam; 128, 64 units"
    assert tuned_words(perfect_run("dropout")).endswith("; 50 units each")
