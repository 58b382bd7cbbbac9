"""The network that was found beside the one that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.records import Architecture, AskedNetwork, Layer
from grader.reports.comparison import Mark, Row, compare, differences
from grader.reports.network_drawing import MOST_CHIPS, MOST_ROWS, WIDTH, network_drawings
from tests.builders import NORM, activation, dense, dropout, perfect_runs, rubric
from tests.reports.samples import ASKED

ELU, SIGMOID, SOFTMAX = activation("elu"), activation("sigmoid"), activation("softmax")
OUTPUT = (dense(10), SOFTMAX)
LAYER_NORM = Layer("norm", name="LayerNormalization")


def rows(asked: AskedNetwork, *layers: Layer, from_logits: bool = False) -> tuple[Row, ...]:
    return compare(asked, Architecture((Layer("input"), *layers)), from_logits=from_logits)


def told(asked: AskedNetwork, *layers: Layer, **options: Any) -> list[str]:
    return [str(words) for words in differences(rows(asked, *layers, **options))]


@pytest.mark.parametrize("stage", ["naive", "init", "activation", "optimizer", "batchnorm", "dropout"])
def test_a_perfect_network_differs_in_nothing_from_what_the_lab_asks_for(stage: str) -> None:
    run = perfect_runs()[stage]
    compared = compare(rubric().asked(stage), run.architecture, from_logits=run.compile.from_logits)
    assert len(compared) == 5
    assert differences(compared) == ()
    assert [[c.text for c in row.found] for row in compared] == [[c.text for c in row.asked] for row in compared]


FAULTS: dict[str, tuple[str, tuple[Layer, ...], list[str]]] = {
    "no batch norm": (
        "batchnorm",
        (*[dense(), ELU] * 4, *OUTPUT),
        ["BatchNorm is missing (dense layers 1 to 4 of 5)"],
    ),
    "batch norm after the activation": (
        "batchnorm",
        (*[dense(), ELU, NORM] * 4, *OUTPUT),
        ["BatchNorm stands after the activation, not before it (dense layers 1 to 4 of 5)"],
    ),
    "batch norm in two layers of four": (
        "batchnorm",
        (*[dense(), NORM, ELU, dense(), ELU] * 2, *OUTPUT),
        ["BatchNorm is missing (dense layers 2, 4 of 5)"],
    ),
    "another normalization": (
        "batchnorm",
        (*[dense(), LAYER_NORM, ELU] * 4, *OUTPUT),
        ["LayerNormalization instead of BatchNorm (dense layers 1 to 4 of 5)"],
    ),
    "dropout before the activation": (
        "dropout",
        (*[dense(), dropout(), ELU] * 4, *OUTPUT),
        ["Dropout(0.2) stands before the activation, not after it (dense layers 1 to 4 of 5)"],
    ),
    "dropout before the activation at another rate": (
        "dropout",
        (*[dense(), dropout(0.5), ELU] * 4, *OUTPUT),
        ["Dropout(0.5) stands before the activation; asked for is Dropout(0.2) after it (dense layers 1 to 4 of 5)"],
    ),
    "another rate, and dropout after the output": (
        "dropout",
        (*[dense(), ELU, dropout(0.5)] * 4, *OUTPUT, dropout(0.2)),
        [
            "Dropout(0.5) instead of Dropout(0.2) (dense layers 1 to 4 of 5)",
            "Dropout(0.2) is not asked for here (dense layer 5 of 5)",
        ],
    ),
    "no dropout and no activation": (
        "dropout",
        (*[dense()] * 4, *OUTPUT),
        ["elu is missing (dense layers 1 to 4 of 5)", "Dropout(0.2) is missing (dense layers 1 to 4 of 5)"],
    ),
    "a layer too few": (
        "naive",
        (*[dense(), SIGMOID] * 3, *OUTPUT),
        ["a hidden layer is missing (dense layer 4 of 5)"],
    ),
    "a layer too many": (
        "naive",
        (*[dense(), SIGMOID] * 5, *OUTPUT),
        ["a hidden layer more than asked for (dense layer 5 of 6)"],
    ),
    "other units, another activation, no softmax": (
        "naive",
        (dense(64), SIGMOID, *[dense(), ELU] * 3, dense(10)),
        [
            "Dense(64) instead of Dense(50) (dense layer 1 of 5)",
            "elu instead of sigmoid (dense layers 2 to 4 of 5)",
            "softmax is missing (dense layer 5 of 5)",
        ],
    ),
    "he_normal in two layers of five": (
        "init",
        (*[dense(initializer="he_normal"), ELU] * 2, *[dense(), ELU] * 2, *OUTPUT),
        ["initializer glorot_uniform instead of he_normal (dense layers 3 to 5 of 5)"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_with_the_layers_where_it_is(fault: str) -> None:
    stage, layers, expected = FAULTS[fault]
    assert told(ASKED[stage], *layers) == expected


def test_a_missing_layer_is_drawn_where_it_should_stand() -> None:
    first = rows(ASKED["batchnorm"], *[dense(), ELU] * 4, *OUTPUT)[0]
    assert [(c.text, c.mark) for c in first.found] == [
        ("Dense(50)", Mark.RIGHT),
        ("BatchNorm", Mark.MISSING),
        ("elu", Mark.RIGHT),
    ]


def test_logits_stand_for_the_softmax() -> None:
    assert told(ASKED["naive"], *[dense(), SIGMOID] * 4, dense(10), from_logits=True) == []


def test_the_accepted_activation_that_was_found_is_the_one_that_is_drawn_as_asked_for() -> None:
    first = rows(ASKED["activation"], *[dense(), activation("relu")] * 4, *OUTPUT)[0]
    assert [c.text for c in first.asked] == ["Dense(50)", "relu"]


def test_a_stage_that_asks_for_nothing_differs_from_nothing() -> None:
    assert told(AskedNetwork(), dense(3), NORM, ELU, dropout(0.9), dense(2)) == []


def test_a_network_that_could_not_be_read_is_not_compared() -> None:
    assert compare(ASKED["naive"], Architecture((Layer("other"),), problem="a loop"), from_logits=False) == ()
    assert network_drawings((), ()) is None


def test_the_rubric_tells_students_nothing_of_what_hidden_checks_ask_for() -> None:
    hidden = replace(
        rubric(), criteria=tuple(replace(c, hidden=c.id.startswith("batchnorm.")) for c in rubric().criteria)
    )
    assert hidden.asked("batchnorm").norm_first
    assert not hidden.asked("batchnorm", of_students=True).norm_first
    assert hidden.asked("batchnorm", of_students=True).units is None


LAYERS = st.lists(
    st.sampled_from(
        [dense(), dense(7), dense(None), NORM, LAYER_NORM, ELU, SIGMOID, dropout(), Layer("other", name="x" * 200)]
    ),
    max_size=60,
)


@given(LAYERS, st.sampled_from(sorted(ASKED)))
def test_any_network_can_be_drawn_within_its_frame(layers: list[Layer], stage: str) -> None:
    compared = rows(ASKED[stage], *layers)
    drawn = network_drawings(compared, differences(compared))
    assert (drawn is None) == (not any(la.kind == "dense" for la in layers))
    for network_drawing in (drawn.found, drawn.asked) if drawn else ():
        assert len(network_drawing.chips) <= MOST_ROWS * (MOST_CHIPS + 1)
        assert all(chip.x >= 0 and chip.x + chip.width <= WIDTH for chip in network_drawing.chips)
        assert all(chip.y + 22 <= network_drawing.height for chip in network_drawing.chips)
