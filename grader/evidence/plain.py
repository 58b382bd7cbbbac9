"""Values of a description as what they must be: JSON also lets through NaN and integers beyond all floats."""

from __future__ import annotations

import sys
from typing import Any


def number(value: Any) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return None
    return float(value)


def whole(value: Any) -> int | None:
    """An integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
