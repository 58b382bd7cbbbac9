"""What is said of the student's own parts is a claim: whatever stands in it, it is a part or a reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from grader.evidence.network import architecture
from grader.evidence.own_parts import MOST_PARTS, known_parts, part_of
from grader.evidence.trace import TriedPart
from grader.inside.protocol import OWN_PART
from grader.inside.trial_inputs import WIDEST, trial_inputs

X = trial_inputs(16)
RELU = np.maximum(X, 0)
KERNEL, VECTOR = np.ones((16, 16), np.float32) / 4, np.ones(16, np.float32)


def said(answers: Any, weights: Any = (), **changes: Any) -> Any:
    """What comes of a part that gave these answers."""
    event = TriedPart(t="part", part=1, called="Mine", **{"width": 16, "answers": "a", "weights": "w", **changes})
    blobs = {"a": _named(answers), "w": _named(weights)}
    return part_of(event, lambda key: blobs.get(key, {}))


def _named(arrays: Any) -> Mapping[str, Any]:
    return {f"w{n:04}": np.asarray(one) for n, one in enumerate(arrays)}


def test_a_function_is_recognised_by_its_numbers_alone() -> None:
    assert [la.activation for la in said([RELU] * 4).layers] == ["relu"]


HOSTILE: dict[str, dict[str, Any]] = {
    "no answers": {"answers": []},
    "three answers": {"answers": [RELU] * 3},
    "answers of a number": {"answers": [np.float32(3)] * 4},
    "answers of unlike shapes": {"answers": [RELU, RELU, RELU[:, :3], RELU]},
    "answers without columns": {"answers": [RELU[:, :0]] * 4},
    "answers of too few rows": {"answers": [RELU[:3]] * 4},
    "answers of three dimensions": {"answers": [RELU[..., None]] * 4},
    "not a number": {"answers": [RELU * np.nan] * 4},
    "infinite": {"answers": [RELU + np.inf] * 4},
    "truth values": {"answers": [X > 0] * 4},
    "a width that nobody has": {"answers": [RELU] * 4, "width": WIDEST + 1},
    "another width": {"answers": [RELU] * 4, "width": 15},
    "no width": {"answers": [RELU] * 4, "width": 0},
    "weights of no dimension": {"answers": [RELU] * 4, "weights": [np.float32(1)] * 3},
    "weights of three dimensions": {"answers": [RELU] * 4, "weights": [np.ones((2, 2, 2))]},
    "weights of other sizes": {"answers": [RELU] * 4, "weights": [np.ones((3, 16)), np.ones(5)]},
    "weights that are no numbers": {"answers": [RELU] * 4, "weights": [KERNEL * np.nan]},
    "many weights": {"answers": [RELU] * 4, "weights": [VECTOR] * 30},
    "weights without a variance": {"answers": [RELU] * 4, "weights": [VECTOR, VECTOR, VECTOR, -VECTOR]},
    "an error": {"answers": [RELU] * 4, "error": "ValueError: " + "no " * 1000},
}


@pytest.mark.parametrize("fault", sorted(HOSTILE))
def test_what_cannot_be_is_a_reason_in_words(fault: str) -> None:
    part = said(**HOSTILE[fault])
    assert part.layers == ()
    assert 0 < len(part.problem) < 400


@pytest.mark.parametrize("initializers", [(), ("{",), ("[" * 3000,), ("5",), ('{"class_name": 5}',)])
def test_an_initializer_that_cannot_be_read_is_not_known(initializers: tuple[str, ...]) -> None:
    part = said([X.astype(np.float64) @ KERNEL] * 4, [KERNEL], initializers=initializers)
    assert [la.initializer for la in part.layers] == ["unknown"]


def test_of_many_parts_only_so_many_are_looked_at() -> None:
    events = [TriedPart(t="part", part=n, called="Mine") for n in range(1, 5 * MOST_PARTS)]
    assert len(known_parts(events, lambda _: {})) == MOST_PARTS


@pytest.mark.parametrize("part", [None, "1", 1.5, -1, [], {}])
def test_a_part_without_a_number_is_not_known(part: Any) -> None:
    layer = f'{{"class_name": "{OWN_PART}", "config": {{"part": {"null" if part is None else repr(part)!s}}}}}'
    text = f'{{"class_name": "Sequential", "config": {{"layers": [{layer}]}}}}'.replace("'", '"')
    assert architecture(text, known_parts([], lambda _: {})).problem


@pytest.mark.parametrize("config", ["5", "[]", '"a"', "{}", '{"part": []}'])
def test_an_activation_of_ones_own_may_be_described_in_any_way(config: str) -> None:
    given = f'{{"class_name": "{OWN_PART}", "config": {config}}}'
    layer = f'{{"class_name": "Dense", "config": {{"units": 3, "activation": {given}}}}}'
    found = architecture(f'{{"class_name": "Sequential", "config": {{"layers": [{layer}]}}}}')
    assert found.blocks[0].activation == "unknown"
