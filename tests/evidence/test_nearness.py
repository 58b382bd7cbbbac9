"""Two trainings never end near each other; who copies weights changes a bit of them, and is noticed by the distance."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pytest

from grader.evidence.belief import believed
from grader.evidence.descent import with_descent
from grader.records import Measurement, TrainingRun
from tests.builders import perfect_run

RANDOM = np.random.default_rng(1)
SHAPES = ((784, 50), (50, 50), (50, 10))


def drawn() -> list[Any]:
    return [RANDOM.normal(0, 0.1, shape).astype(np.float32) for shape in SHAPES]


ONE, OTHER, FRIEND, ANOTHER = drawn(), drawn(), drawn(), drawn()
STILL = [np.zeros(shape, np.float32) for shape in SHAPES]


def weights(matrices: list[Any]) -> Mapping[str, Any]:
    return {f"w{n:04}": matrix for n, matrix in enumerate(matrices)}


def run(number: int, **changes: Any) -> TrainingRun:
    given = {"measurement": Measurement(0.9, "raw", initial_accuracy=0.2), "history": {}} | changes
    return perfect_run(
        "optimizer", id=f"{number}", cell=number, initial_weights=f"b{number}", final_weights=f"e{number}", **given
    )


def stored(*pairs: tuple[list[Any], list[Any]]) -> dict[str, Mapping[str, Any]]:
    begun = {f"b{n}": weights(before) for n, (before, _) in enumerate(pairs, 1)}
    return begun | {f"e{n}": weights(after) for n, (_, after) in enumerate(pairs, 1)}


TRAINED = Measurement(0.9, "raw", initial_accuracy=0.95)


def doubts(*pairs: tuple[list[Any], list[Any]], trained: Collection[int] = ()) -> list[str]:
    """`trained`: the runs that knew the digits when they began."""
    of = stored(*pairs)
    given = [run(n, **({"measurement": TRAINED} if n in trained else {})) for n in range(1, len(pairs) + 1)]
    runs = with_descent(given, lambda key: of[key])
    return believed(runs, of, {})[1]


COPIES = {
    "scaled": lambda w: w * np.float32(1.00001),
    "scaled by a tenth": lambda w: w * np.float32(1.1),
    "with noise": lambda w: w + RANDOM.normal(0, 0.01, w.shape).astype(np.float32),
    "in another order": lambda w: w[:, ::-1] if w.shape[0] == 784 else w,
}


@pytest.mark.parametrize("change", COPIES)
def test_copied_weights_are_noticed_by_their_distance(change: str) -> None:
    copy = [COPIES[change](matrix) for matrix in FRIEND]
    (reason,) = doubts((ONE, FRIEND), (OTHER, copy))
    assert "almost with the weights of the run in cell 1" in reason


def test_one_copied_layer_is_enough() -> None:
    assert len(doubts((ONE, FRIEND), (OTHER, [FRIEND[0] * np.float32(1.001), *ANOTHER[1:]]))) == 1


def test_trainings_that_begin_and_end_on_their_own_are_believed() -> None:
    assert doubts((ONE, FRIEND), (OTHER, ANOTHER)) == []


def test_trainings_from_one_seed_that_hardly_moved_are_near_and_believed() -> None:
    near, nearer = ([a + b * np.float32(0.01 * n) for a, b in zip(ONE, FRIEND, strict=True)] for n in (1, 1.05))
    assert doubts((ONE, near), (ONE, nearer)) == []


def test_who_goes_on_from_an_earlier_run_of_the_submission_may_end_near_it() -> None:
    went_on = [a + b * np.float32(0.05) for a, b in zip(FRIEND, OTHER, strict=True)]
    assert doubts((ONE, FRIEND), (FRIEND, went_on), trained={2}) == []


def test_who_goes_on_from_a_run_that_did_not_begin_untrained_did_not_either() -> None:
    moved = [[a + b * np.float32(0.1 * n) for a, b in zip(FRIEND, OTHER, strict=True)] for n in (1, 2)]
    assert len(doubts((FRIEND, moved[0]), (moved[0], moved[1]), trained={1, 2})) == 2


def test_an_epoch_on_the_way_of_an_earlier_run_is_a_beginning_of_its_own() -> None:
    best = [a + (b - a) * np.float32(0.7) for a, b in zip(ONE, FRIEND, strict=True)]
    of = stored((ONE, FRIEND), (best, ANOTHER), (OTHER, ANOTHER))
    runs = with_descent([run(1), run(2), run(3)], lambda key: of[key])
    assert [r.started_from for r in runs] == ["", "1", ""]
