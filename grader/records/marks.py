"""Marks for people."""

from __future__ import annotations

from fractions import Fraction


def marks(value: Fraction) -> str:
    """Marks for people: two decimals, half a hundredth rounds up."""
    hundredths = (value * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}"
