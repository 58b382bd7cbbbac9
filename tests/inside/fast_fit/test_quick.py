"""Quick mode cuts what `fit` does, never what is recorded of it."""

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from grader.inside.fast_fit.quick import ROWS, few_rows

X, Y = np.zeros((5 * ROWS, 4)), np.zeros((5 * ROWS, 2))


def test_arrays_are_cut_and_the_rest_of_the_call_stays() -> None:
    cut = few_rows({"x": X, "y": keras.ops.convert_to_tensor(Y), "validation_data": (X, Y), "batch_size": 32})
    assert (len(cut["x"]), len(cut["y"]), cut["batch_size"]) == (ROWS, ROWS, 32)
    assert [len(part) for part in cut["validation_data"]] == [ROWS, ROWS]


@pytest.mark.parametrize(
    "given",
    [
        {"x": X, "y": Y, "sample_weight": np.ones(5 * ROWS)},
        {"x": X, "y": Y, "steps_per_epoch": 10},
        {"x": X, "y": Y[:-1]},
        {"x": pd.DataFrame(X), "y": Y},
        {"x": [X, X], "y": Y},
        {"x": iter([])},
        {"x": X},
    ],
)
def test_what_has_a_meaning_of_its_own_stays_whole(given: dict[str, Any]) -> None:
    cut = few_rows(given)
    assert all(cut[name] is given[name] for name in given)
