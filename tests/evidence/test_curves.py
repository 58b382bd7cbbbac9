"""A drawn line is a curve by its numbers: live, point by point, as errors, rounded; what nobody can read is counted."""

from collections.abc import Sequence

import pytest

from grader.evidence.trace import AnyEvent
from grader.records import TrainingRun
from tests.evidence.events import begin, end, epochs, fitted, plot
from tests.evidence.test_runs import only, runs

ACCURACY = (0.11, 0.3456, 0.5, 0.625, 0.71, 0.78)


def live(*lines: Sequence[float]) -> list[AnyEvent]:
    """A `fit` in which a callback draws after each epoch, before the recorder is told of it."""
    events: list[AnyEvent] = [begin()]
    for n, epoch in enumerate(epochs(1, *ACCURACY)):
        events += [plot(tuple(lines[n])) if n < len(lines) else plot((0.0, 0.0, 0.0)), epoch]
    return [*events, end()]


GROWING = [ACCURACY[: n + 1] for n in range(len(ACCURACY))]
READ: dict[str, list[AnyEvent]] = {
    "as an error": [*fitted(accuracies=ACCURACY), plot(tuple(1 - a for a in ACCURACY))],
    "as an error in per cent": [*fitted(accuracies=ACCURACY), plot(tuple(100 - 100 * a for a in ACCURACY))],
    "rounded": [*fitted(accuracies=ACCURACY), plot(tuple(round(a, 3) for a in ACCURACY))],
    "in per cent and rounded": [*fitted(accuracies=ACCURACY), plot(tuple(round(100 * a, 2) for a in ACCURACY))],
    "anew after each epoch": live(*GROWING),
    "anew after each epoch as an error": live(*([1 - a for a in line] for line in GROWING)),
    "not after the last epoch": live(*GROWING[:5]),
    "point by point": live(*([a] for a in ACCURACY)),
    "point by point when it was over": [*fitted(accuracies=ACCURACY), *(plot((a,)) for a in ACCURACY)],
}
UNREAD: dict[str, tuple[float, ...]] = {
    "smoothed": (0.11, 0.2, 0.3, 0.4, 0.5, 0.6),
    "one epoch of it another": (*ACCURACY[:5], 0.9),
}
NO_CURVES: dict[str, list[AnyEvent]] = {
    "half of the epochs while it was trained": live(*GROWING[:3]),
    "bars of two accuracies": [*fitted(accuracies=ACCURACY), plot((ACCURACY[5], 0.2))],
    "the loss as an error": [begin(), *epochs(1, *ACCURACY, key="loss"), end(), plot(tuple(1 - a for a in ACCURACY))],
    **{name: [*fitted(accuracies=ACCURACY), plot(line), plot(line)] for name, line in UNREAD.items()},
}


@pytest.mark.parametrize("how", sorted(READ))
def test_a_curve_is_recognised(how: str) -> None:
    run = only(READ[how])
    assert (run.plotted, run.unread_curves) == (("accuracy",), 0)


@pytest.mark.parametrize("how", sorted(NO_CURVES))
def test_what_shows_other_numbers_is_no_curve(how: str) -> None:
    assert only(NO_CURVES[how]).plotted == ()


def unread(count: int) -> list[int]:
    """Of two runs, one trained in cell 2 and one in cell 3, by how many lines are drawn in cell 4."""
    lines = [plot(UNREAD["smoothed"]) for _ in range(count)]
    found = runs([*fitted(1, 1, ACCURACY), *fitted(2, 2, ACCURACY[::-1], cell=3), *lines])
    return [run.unread_curves for run in found]


def test_two_lines_that_nobody_can_read_are_those_of_one_run_and_four_of_two() -> None:
    assert [unread(n) for n in (0, 1, 2, 3, 4, 9)] == [[0, 0], [0, 0], [0, 2], [0, 2], [2, 2], [2, 2]]


def test_a_line_of_another_length_is_not_counted() -> None:
    run: TrainingRun = only([*fitted(accuracies=ACCURACY), plot((0.1,) * 5), plot((0.1,) * 5)])
    assert run.unread_curves == 0
