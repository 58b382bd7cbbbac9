"""A late submission: by how much, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Lateness:
    """What the rubric's rule for late work makes of one submission."""

    due: datetime
    """With its zone."""
    submitted_at: datetime | None
    """With its zone; None where the system gave no time, and then nothing is taken off."""
    begun: int = 0
    """Days or hours begun after the due time."""
    per: str = "day"
    """day or hour."""
    penalty: Fraction = Fraction(0)
    """Marks taken off the sum of the criteria, as far as there are any."""
    words: str = ""
    """One sentence for people."""
    review: str = ""
    """Why a person should look at it; empty when there is no need."""
