"""Two students' trainings never come to one place from two, nor by one epoch and by a hundred."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.evidence.across import BEGAN, ENDED, TOO_SOON, Near, Sketch, near_pairs, sketch
from grader.records import Measurement
from tests.builders import perfect_run

RANDOM = np.random.default_rng(5)
SHAPES = ((784, 50), (50, 50), (50, 10))
Matrices = list[Any]


def drawn(scale: float = 0.1) -> Matrices:
    return [RANDOM.normal(0, scale, shape).astype(np.float32) for shape in SHAPES]


def after(matrices: Matrices, way: float = 0.05) -> Matrices:
    return [m + RANDOM.normal(0, way, m.shape).astype(np.float32) for m in matrices]


def of(student: str, began: Matrices, ended: Matrices, epochs: int = 100, asked: int = 0, knew: float = 0.1) -> Sketch:
    initial, final = ({f"w{n:04}": m for n, m in enumerate(matrices)} for matrices in (began, ended))
    run = perfect_run("dropout", cell=5, measurement=Measurement(0.9, "raw", initial_accuracy=knew))
    assert run.fit is not None
    run = replace(run, fit=replace(run.fit, epochs_asked=asked or epochs, epochs_done=epochs))
    made = sketch(student, [run], initial, final)
    assert made is not None
    return made


def found(*sketches: Sketch) -> list[Near]:
    return list(near_pairs(sketches))


START, ELSEWHERE = drawn(), drawn()
FRIEND = after(START)
COPIES: dict[str, Callable[[Any], Any]] = {
    "bit by bit": lambda m: m,
    "scaled by a hair": lambda m: m * np.float32(1.00001),
    "scaled by a twentieth": lambda m: m * np.float32(1.05),
    "with noise": lambda m: m + RANDOM.normal(0, 0.005, m.shape).astype(np.float32),
    "with its units in another order": lambda m: m[:, ::-1] if m.shape[0] == 784 else m,
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_who_ends_where_another_ended_but_began_elsewhere_has_copied(copy: Callable[[Any], Any]) -> None:
    (pair,) = found(of("ada", START, FRIEND), of("bob", ELSEWHERE, [copy(m) for m in FRIEND]))
    assert (pair.one.student, pair.other.student, pair.reason) == ("ada", "bob", ENDED)


@pytest.mark.parametrize("copy", list(COPIES.values())[:4], ids=list(COPIES)[:4])
def test_who_begins_where_another_ended_has_loaded_it(copy: Callable[[Any], Any]) -> None:
    loaded = [copy(m) for m in FRIEND]
    for way in (0.2, 1e-8):
        (pair,) = found(of("ada", START, FRIEND), of("bob", loaded, after(loaded, way), knew=0.9))
        assert (pair.one.student, pair.other.student, pair.reason) == ("bob", "ada", BEGAN)


def test_who_is_there_after_one_epoch_where_another_came_by_a_hundred_has_copied() -> None:
    (pair,) = found(of("ada", START, FRIEND), of("bob", START, COPIES["scaled by a hair"](np.array(FRIEND, object)), 1))
    assert pair.reason == TOO_SOON


def test_who_begins_where_another_has_hardly_gone_from_the_same_seed_has_loaded_nothing() -> None:
    short = after(START, 0.01)
    class_ = [of("ada", START, short), of("cy", START, after(START, 0.01)), of("dan", ELSEWHERE, short)]
    assert {(p.one.student, p.other.student) for p in found(*class_)} == {("ada", "dan")}


def test_who_stops_early_may_have_gone_back_to_an_earlier_epoch() -> None:
    assert found(of("ada", START, FRIEND, 10), of("bob", START, FRIEND, 30, asked=100)) == []


def test_the_same_lecture_code_gives_the_same_weights_and_says_nothing() -> None:
    assert found(of("ada", START, FRIEND), of("bob", START, FRIEND), of("cy", START, FRIEND)) == []


def test_the_same_code_with_some_more_epochs_says_nothing() -> None:
    further = after(FRIEND, 0.001)
    assert found(of("ada", START, FRIEND), of("bob", START, further, 120)) == []


def test_the_same_beginning_with_far_more_epochs_ends_elsewhere_and_says_nothing() -> None:
    assert found(of("ada", START, after(START, 0.02), 10), of("bob", START, FRIEND)) == []


def test_a_layer_that_hardly_moved_says_nothing() -> None:
    still = [START[0] * np.float32(1.0000001), *FRIEND[1:]]
    other = [START[0] * np.float32(1.0000002), *after(START)[1:]]
    assert found(of("ada", START, still), of("bob", START, other, 1)) == []


def test_one_students_own_trainings_are_not_held_against_each_other_here() -> None:
    assert found(of("ada", START, FRIEND), of("ada", ELSEWHERE, FRIEND)) == []


def test_networks_of_other_shapes_are_not_compared() -> None:
    began, ended = ([m[:, :40] if m.shape[1] == 50 else m for m in drawn()] for _ in range(2))
    assert found(of("ada", START, FRIEND), of("bob", began, ended)) == []


def test_without_hidden_layers_there_is_one_best_network() -> None:
    run = perfect_run("naive")
    assert sketch("ada", [run], {"w": START[0]}, {"w": FRIEND[0]}) is None


def test_where_the_beginning_is_not_known_nothing_is_said() -> None:
    assert sketch("ada", [perfect_run("naive")], {}, {f"w{n}": m for n, m in enumerate(FRIEND)}) is None


def test_a_large_class_is_compared_in_seconds() -> None:
    class_ = [of(f"s{n // 6}", began := drawn(), after(began)) for n in range(60)]
    many = [replace(one, student=f"s{n}") for n, one in enumerate(class_)] * 10
    began = time.process_time()
    assert {p.one.student for p in found(*class_)} == set()
    alone = time.process_time() - began
    list(near_pairs(many))
    # Ten times as many are a hundred times as many pairs.
    assert time.process_time() - began < 150 * max(alone, 0.1)
