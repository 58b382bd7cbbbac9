"""The numbers on which the student's own layers and functions are tried: the same on both sides, and never drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROWS = 48
FAR = 12.0
WIDEST = 4096
"""Inputs of a part that is tried: five times the pixels of an image."""
ORDINARY = 16
"""Inputs of a function that takes any number of them."""
STEP, SHIFT = 5, 7
"""Each prime to the rows, so that no two columns or rows are alike."""


def trial_inputs(width: int) -> NDArray[np.float32]:
    """Rows from far below 0 to far above, each column in another order; then the same, close to 0."""
    rows, columns = np.arange(ROWS)[:, None], np.arange(width)[None, :]
    values = np.linspace(-FAR, FAR, ROWS)[(rows * STEP + columns * SHIFT) % ROWS]
    values = values * (1 - 0.02 * (columns % 10)) + 0.03 * (columns % 7)
    return np.concatenate([values, values / 16]).astype(np.float32)
