"""The words after `grader check`: complete where all is well, and never more than was looked at."""

import io
from dataclasses import replace
from fractions import Fraction

from rich.console import Console

from grader.grading.matching.tuned import tuned_words
from grader.records import Beyond, Cause, CauseKind, Ending, Evidence, Grade, Limits, Measurement
from grader.terminal.explain import explain
from tests.builders import activation, dense, evidence, execution, graded, perfect_run, perfect_runs, rebuilt, refit


def said(grade: Grade, of: Evidence | None = None) -> str:
    text = io.StringIO()
    explain(Console(file=text, width=200), grade, of or evidence())
    return text.getvalue()


def test_a_faultless_file_is_told_so() -> None:
    assert said(graded()).splitlines()[-1] == "All 26 criteria are met."


def test_what_is_wrong_stands_beside_its_criterion_and_the_costliest_is_to_be_done_first() -> None:
    runs = perfect_runs()
    del runs["dropout"]
    text = said(graded(runs))
    assert "Do first: Dropout: after every hidden activation (worth 1.50)." in text
    assert "All" not in text.splitlines()[-1]
    assert "with it: dropout.rate, dropout.kept," in text  # one line for all that goes with it
    assert "See dropout.placement." not in text


def test_a_network_beyond_the_stages_stands_beside_the_best_of_them() -> None:
    own = replace(perfect_run("optimizer"), id="own", cell=40, measurement=Measurement(0.9912))
    own = rebuilt(own, dense(128), activation("relu"), dense(10), activation("softmax"))
    judged = replace(graded(), beyond=(Beyond("own", tuned_words(own)),))
    text = said(judged, evidence([*perfect_runs().values(), own]))
    assert "1 hidden layer, relu, Adam; 128 units each: measured 0.9912, the best stage 0.9650 (Batchnorm)." in text


def test_with_something_hidden_it_is_never_all_passed() -> None:
    last = said(replace(graded(), undisclosed=Fraction(1, 4))).splitlines()[-1]
    assert last.startswith("26 of the 26 criteria shown are met. Your instructor will look at something further")
    assert "0.25" in last


def test_quick_says_that_accuracy_is_not_assessed_and_whom_to_ask() -> None:
    capped = {
        stage: replace(refit(perfect_run(stage), capped=True), measurement=Measurement(0.1, "raw"))
        for stage in perfect_runs()
    }
    text = said(graded(capped), evidence(limits=Limits(max_epochs=2)))
    assert "(2.50 not assessed)" in text
    assert text.count("not assessed: --quick") == 6
    assert "accuracy is NOT ASSESSED. Run it without --quick before you hand in." in text
    assert "A person should look" not in text
    assert text.splitlines()[-1] == "20 of the 26 criteria shown are met."


def test_how_it_ended_is_said_where_it_did_not_end_by_itself() -> None:
    run = execution(Ending.TIMED_OUT, "Stopped after 30 minutes in cell 4.")
    text = said(graded(executions=(run,)), evidence(executions=(run,)))
    assert "lab.ipynb: Stopped after 30 minutes in cell 4." in text
    assert "The time limit stopped the run" in text


NOTHING_RAN = Cause(CauseKind.UNREADABLE, "lab.ipynb is a PDF and no notebook", "Hand in the notebook itself.")
STOPPED = Cause(CauseKind.ERROR, "lab.ipynb, cell 1 stopped with ImportError: no", "Import only what the lab needs.")


def test_where_nothing_ran_two_lines_say_it_all() -> None:
    said_ = said(replace(graded({}), cause=NOTHING_RAN))
    assert said_.splitlines() == ["ada: lab.ipynb is a PDF and no notebook.", "Hand in the notebook itself."]


def test_the_reason_that_is_the_cause_is_not_said_twice_wherever_it_stands() -> None:
    fault = "the grader itself failed: ValueError"
    text = said(replace(graded({}), cause=STOPPED, review=(fault, STOPPED.found)))
    assert [line for line in text.splitlines() if line.startswith("A person")] == [f"A person should look: {fault}"]


def test_why_nothing_was_trained_stands_before_the_criteria_and_is_what_to_do_first() -> None:
    lines = said(replace(graded({}), cause=STOPPED)).splitlines()
    assert lines[0] == "lab.ipynb, cell 1 stopped with ImportError: no."
    assert [line for line in lines if line.startswith("Do first:")] == ["Do first: Import only what the lab needs."]
