"""How a run ended is said in one sentence for people, with what to do next, and never more than is known."""

from dataclasses import replace
from typing import Any

import pytest

from grader.evidence.endings import Stopped, execution
from grader.evidence.trace import AnyEvent, CellBegin, CellEnd, End, Flood
from grader.records import CellStatus, Ending, Execution, FileKind, Limits, Program
from tests.evidence.events import fitted, program

NOTEBOOK = program("import keras", "model.fit(x, y)", "print(model)")
MODULE = program("model.fit(x, y)", name="lab.py", kind=FileKind.MODULE)
EXITED = Stopped(None, 0, 12.34, 1 << 30, "bubblewrap")
COMPLETED = End(t="end", ending="completed")
DIED = End(t="end", ending="kernel died")


def begun(number: int) -> CellBegin:
    return CellBegin(t="cell_begin", number=number)


def turn(number: int, error: str = "") -> list[AnyEvent]:
    given: dict[str, Any] = {"t": "cell", "number": number, "index": number, "seconds": 1.5}
    return [begun(number), CellEnd.model_validate(given | {"status": "error" if error else "ok", "error": error})]


ALL = [*turn(1), *turn(2), *fitted(), *turn(3)]


def ended(*events: AnyEvent, of: Program = NOTEBOOK, stopped: Stopped = EXITED, **limits: Any) -> Execution:
    return execution(of, events, stopped, Limits(**limits))


def stop(ending: Ending) -> Stopped:
    return replace(EXITED, ending=ending, status=None)


# ---------------------------------------------------------------- to the end


def test_a_notebook_that_ran_to_its_end_needs_no_message() -> None:
    found = ended(*ALL, COMPLETED)
    assert (found.ending, found.message, found.failed_cell) == (Ending.COMPLETED, "", None)
    assert (found.seconds, found.peak_memory, found.sandbox) == (12.3, 1 << 30, "bubblewrap")


def test_a_program_that_trained_nothing_is_told_so() -> None:
    assert ended(*turn(1), *turn(2), *turn(3), COMPLETED).message == (
        "It ran to its end and trained nothing: fit was never called. Build your models and fit them."
    )


def test_a_program_that_only_defines_functions_is_told_that_none_was_called() -> None:
    builders = program("def mlp_model():\n    return 1", name="lab.py", kind=FileKind.MODULE)
    message = ended(*turn(1), COMPLETED, of=builders).message
    assert "It defines functions, but calls none that trains." in message


def test_a_cell_that_raised_is_named_and_costs_nothing() -> None:
    found = ended(*turn(1), *turn(2, "NameError: name 'x' is not defined"), *turn(3), *fitted(), COMPLETED)
    assert (found.ending, found.failed_cell) == (Ending.CELL_ERROR, 2)
    assert found.message == (
        "Cell 2 raised NameError: name 'x' is not defined. The error itself costs nothing; the other cells were run."
    )


def test_of_several_cells_that_raised_the_first_is_named_and_the_rest_are_counted() -> None:
    found = ended(*turn(1, "KeyError: 1"), *turn(2, "KeyError: 2"), *turn(3, "KeyError: 3"), COMPLETED)
    assert "Cell 1 raised KeyError: 1 (and 2 more cells raised)." in found.message


def test_a_script_that_raised_stopped_there_and_keeps_what_it_did() -> None:
    found = ended(*turn(1, "ValueError: no"), COMPLETED, of=MODULE)
    assert found.ending is Ending.CELL_ERROR
    assert found.message == "The script stopped with ValueError: no. What it had done before counts."


@pytest.mark.parametrize("error", ["SystemExit: ", "SystemExit: 0", "SystemExit: 3"])
def test_a_script_that_exits_has_completed(error: str) -> None:
    found = ended(*fitted(), *turn(1, error), COMPLETED, of=MODULE)
    assert (found.ending, found.message) == (Ending.COMPLETED, "")


def test_a_notebook_that_exits_in_a_cell_has_raised_there() -> None:
    assert ended(*turn(1, "SystemExit: 0"), *turn(2), *turn(3), COMPLETED).ending is Ending.CELL_ERROR


# ---------------------------------------------------------------- stopped

MESSAGES = {
    Ending.TIMED_OUT: "Stopped after 30 minutes in cell 2. What had finished before is kept. "
    "Look for a loop that never ends, or train fewer networks.",
    Ending.OUT_OF_MEMORY: "Stopped in cell 2: it used more than 4 GiB of memory. What had finished before is kept. "
    "Look for arrays that are copied many times, or very large layers.",
    Ending.PROCESS_LIMIT: "Stopped in cell 2: it started more than 256 processes or 2,048 threads. "
    "What had finished before is kept. Look for code that starts itself again, or set n_jobs=1.",
    Ending.FILE_LIMIT: "Stopped in cell 2: it made more than 50,000 files. What had finished before is kept. "
    "Keep what you compute in variables, and write no more files than you read again.",
    Ending.OUTPUT_LIMIT: "Stopped in cell 2: it wrote more than 512 MiB, or far more lines than a notebook records. "
    "What had finished before is kept. Print less.",
}


@pytest.mark.parametrize("ending", sorted(MESSAGES))
def test_a_limit_names_the_cell_what_is_kept_and_what_to_look_for(ending: Ending) -> None:
    found = ended(*turn(1), begun(2), stopped=stop(ending))
    assert (found.ending, found.message, found.failed_cell) == (ending, MESSAGES[ending], 2)
    assert [c.status for c in found.cells] == [CellStatus.OK, CellStatus.UNFINISHED, CellStatus.NOT_REACHED]


@pytest.mark.parametrize("ending", sorted(MESSAGES))
@pytest.mark.parametrize("of", [NOTEBOOK, MODULE])
def test_a_limit_before_the_first_cell_promises_nothing_and_reads_well(ending: Ending, of: Program) -> None:
    message = ended(of=of, stopped=stop(ending)).message
    assert "kept" not in message
    assert "cell" not in message
    assert "  " not in message
    assert message == message.strip()


def test_a_script_that_is_stopped_keeps_what_it_had_done() -> None:
    message = ended(begun(1), of=MODULE, stopped=stop(Ending.TIMED_OUT)).message
    assert message.startswith("Stopped after 30 minutes. What had finished before is kept.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "1 minute"),
        (90, "1.5 minutes"),
        (1800, "30 minutes"),
        (20, "20 seconds"),
        (1, "1 second"),
        (0.5, "0.5 seconds"),
    ],
)
def test_a_time_limit_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert f"Stopped after {words}." in ended(stopped=stop(Ending.TIMED_OUT), seconds=seconds).message


def test_the_limits_that_were_set_are_told() -> None:
    memory = ended(stopped=stop(Ending.OUT_OF_MEMORY), memory=(128 << 30)).message
    assert "more than 128 GiB" in memory
    assert "more than 1.5 GiB" in ended(stopped=stop(Ending.OUT_OF_MEMORY), memory=3 << 29).message


def test_a_kernel_that_died_names_its_cell() -> None:
    found = ended(*turn(1), begun(2), DIED)
    assert (found.ending, found.failed_cell) == (Ending.KERNEL_DIED, 2)
    assert found.message == (
        "The kernel died in cell 2. What had finished before is kept. Restart the kernel and choose Run All."
    )


def test_a_run_without_an_end_is_a_kernel_that_died() -> None:
    assert ended(*turn(1)).ending is Ending.KERNEL_DIED


def test_a_flood_of_records_is_the_programs_doing_and_no_fault_of_the_grader() -> None:
    assert ended(*ALL, COMPLETED, Flood()).ending is Ending.OUTPUT_LIMIT


@pytest.mark.parametrize("status", [137, -9])
def test_a_forged_end_does_not_hide_that_the_runner_was_killed_before_its_last_cell(status: int) -> None:
    killed = replace(EXITED, status=status)
    assert ended(*turn(1), begun(2), COMPLETED, stopped=killed).ending is Ending.KERNEL_DIED


@pytest.mark.parametrize("status", [-6, 134, -9, 137, -11, 139])
def test_a_process_that_was_aborted_probably_ran_out_of_memory(status: int) -> None:
    assert "probably out of memory" in ended(begun(1), stopped=replace(EXITED, status=status)).message


def test_a_limit_counts_even_where_the_trace_claims_completion() -> None:
    assert ended(*ALL, COMPLETED, stopped=stop(Ending.TIMED_OUT)).ending is Ending.TIMED_OUT


def test_a_cell_that_the_notebook_does_not_have_is_passed_over() -> None:
    assert [c.number for c in ended(*ALL, *turn(99, "Error"), COMPLETED).cells] == [1, 2, 3]


# ---------------------------------------------------------------- where an error came from


def raised(error: str, *frames: str) -> CellEnd:
    given: dict[str, Any] = {"t": "cell", "number": 1, "index": 0, "seconds": 1.5, "status": "error", "error": error}
    return CellEnd.model_validate(given | {"outputs": [{"output_type": "error", "traceback": list(frames)}]})


@pytest.mark.parametrize(
    ("frames", "line"),
    [
        (
            [
                "-----",
                "NameError   Traceback",
                "\x1b[36mCell\x1b[39m \x1b[32mIn[1]\x1b[39m\x1b[32m, line 12\x1b[39m\n  8 ",
            ],
            12,
        ),
        (["Cell In[1], line 3\n", "File /opt/x/keras/models.py:99, in fit(self)\n"], 3),
        (["  Cell In[1], line 7\n    m = (\n       ^\nSyntaxError: '(' was never closed\n"], 7),
        (["File lab.py:4\n"], 4),
        (["File /usr/lib/python3.11/urllib/request.py:1348, in do_open(x)\n", "Cell In[1], line 13\n"], 13),
        (["no place"], 0),
        ([], 0),
    ],
)
def test_the_line_of_an_error_is_the_one_in_the_cell_itself(frames: list[str], line: int) -> None:
    found = ended(begun(1), raised("NameError: x", *frames), COMPLETED, of=MODULE)
    assert found.cells[0].line == line


def test_a_script_that_raised_names_its_line() -> None:
    found = ended(begun(1), raised("ValueError: no", "Cell In[1], line 12\n"), COMPLETED, of=MODULE)
    assert found.message == "The script stopped in line 12 with ValueError: no. What it had done before counts."


def test_what_the_source_says_of_training_is_kept_where_nothing_was_trained() -> None:
    assert ended(*turn(1), *turn(2), *turn(3), COMPLETED).outline
    assert ended(*ALL, COMPLETED).outline is None
