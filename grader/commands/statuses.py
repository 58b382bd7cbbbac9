"""With what status every command ends."""

from __future__ import annotations

DONE = 0
BELOW = 1
"""Below `--fail-under`, or a band is broken."""
USER_MUST_ACT = 2
OUR_BUG = 3
INTERRUPTED = 130
