"""An error that quick mode may have caused is told from one that is the student's own."""

from __future__ import annotations

import pytest

from grader.evidence.trace import AnyEvent
from grader.records import FileKind
from tests.evidence.events import begin, end, epochs, fitted, program
from tests.evidence.test_endings import COMPLETED, ended, turn

NOTEBOOK = program("epochs = 20", "history = model.fit(x, y, epochs=epochs)", "curve = plot(history)", "print(curve)")
CUT: list[AnyEvent] = [*turn(1), *fitted(epochs_asked=20), *turn(2)]
PLOT = "ValueError: x and y must have same first dimension, but have shapes (20,) and (2,)"


def shortened(*events: AnyEvent, of: object = NOTEBOOK, max_epochs: int | None = 2) -> list[int]:
    found = ended(*events, COMPLETED, of=of, max_epochs=max_epochs)  # type: ignore[arg-type]
    return [cell.number for cell in found.cells if cell.shortened]


@pytest.mark.parametrize(
    "error",
    [
        PLOT,
        "IndexError: list index out of range",
        "AssertionError: ",
        "KeyError: 99",
        "FileNotFoundError: [Errno 2] No such file or directory: 'weights-20.h5'",
        "ZeroDivisionError: division by zero",
        "RuntimeError: not 90 % yet",
        "NotLearnedError: 0.3",
        "SystemExit: not learned",
    ],
)
def test_what_a_history_of_two_epochs_makes_a_program_raise_may_be_quick_mode_s(error: str) -> None:
    assert shortened(*CUT, *turn(3, error), *turn(4)) == [3]
    assert shortened(*CUT, *turn(3, error), *turn(4), max_epochs=None) == []


@pytest.mark.parametrize(
    "error",
    [
        "NameError: name 'histroy' is not defined",
        "SyntaxError: invalid syntax (<ipython-input>, line 1)",
        "IndentationError: unexpected indent",
        "ModuleNotFoundError: No module named 'nothing'",
        "AttributeError: 'History' object has no attribute 'histroy'",
        "TypeError: plot() takes 1 argument",
        "KeyError: 'val_accuracy'",
        "ValueError: Input 0 of layer dense is incompatible with the layer: expected axis -1",
        "SystemExit: ",
        "SystemExit: 0",
    ],
)
def test_what_no_number_of_epochs_makes_a_program_raise_is_the_student_s(error: str) -> None:
    assert shortened(*CUT, *turn(3, error), *turn(4)) == []


def test_before_a_training_was_cut_every_error_is_the_student_s() -> None:
    assert shortened(*turn(1, PLOT), *fitted(epochs_asked=20), *turn(2), *turn(3), *turn(4)) == []
    assert shortened(*turn(1), *fitted(epochs_asked=2), *turn(2), *turn(3, PLOT), *turn(4)) == []


def test_the_cell_of_the_training_itself_may_count_on_its_epochs() -> None:
    assert shortened(*turn(1), *fitted(epochs_asked=20), *turn(2, "IndexError: list index out of range")) == [2]


def test_what_fit_refuses_before_its_first_epoch_is_the_student_s() -> None:
    wrong = "ValueError: Arguments `target` and `output` must have the same shape"
    refused = [begin(2, 2, epochs_asked=20), end(2, wrong)]
    assert shortened(*CUT, *refused, *turn(3, wrong), *turn(4)) == []


def test_what_a_callback_raises_at_the_end_of_a_shortened_training_may_be_quick_mode_s() -> None:
    error = "IndexError: list index out of range"
    raised = [begin(2, 2, epochs_asked=20), *epochs(2, 0.5, 0.6), end(2, error)]
    assert shortened(*CUT, *raised, *turn(3, error), *turn(4)) == [3]


def test_a_name_that_a_cell_would_have_made_hangs_on_it_and_a_misspelt_one_does_not() -> None:
    missing = [f"NameError: name '{name}' is not defined" for name in ("curve", "curv")]
    assert shortened(*CUT, *turn(3, PLOT), *turn(4, missing[0])) == [3, 4]
    assert shortened(*CUT, *turn(3, PLOT), *turn(4, missing[1])) == [3]


def test_the_message_says_that_it_may_be_quick_mode_s() -> None:
    message = ended(*CUT, *turn(3, PLOT), *turn(4), COMPLETED, of=NOTEBOOK, max_epochs=2).message
    assert message == (
        f"Cell 3 raised {PLOT}. Before cell 3 raised, quick mode had cut a training to 2 of 20 epochs: that may be all "
        "that is wrong, and a run without --quick tells. The error itself costs nothing; the other cells were run."
    )


def test_a_script_that_stopped_for_quick_mode_s_sake_is_told_so() -> None:
    script = program("\n".join(NOTEBOOK.cells), name="lab.py", kind=FileKind.MODULE)
    events = [*fitted(epochs_asked=20), *turn(1, PLOT)]
    assert shortened(*events, of=script) == [1]
    assert (
        "quick mode had cut a training to 2 of 20 epochs" in ended(*events, COMPLETED, of=script, max_epochs=2).message
    )
