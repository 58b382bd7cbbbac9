"""Bounds of what a cell shows: how much of it is kept by who runs it, and read by who tells of it."""

from __future__ import annotations

DEEPEST_OUTPUT = 50
"""Levels of nesting; rich output of plotting libraries has about ten."""
CELL_OUTPUT = 256 << 10
"""Characters of text kept from one cell; the rest is counted and left out."""
IMAGE_OUTPUT = 2 << 20
"""Characters of pictures and rich output kept from one cell."""
ERROR_OUTPUT = 10_000
"""Characters kept from an exception's message and from each frame of its traceback."""
MOST_FRAMES = 50
"""Kept of a traceback, the innermost: an endless recursion has thousands."""
