"""Marks for people, and as they are stored."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def marks(value: Fraction) -> str:
    """Marks for people: two decimals, half a hundredth rounds up."""
    hundredths = (value * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def number(value: Fraction | Decimal | float) -> float:
    """Marks as files hold them: to the millionth, so that equal marks are equal numbers wherever they came from."""
    return round(float(value), 6)
