"""Which rows of an array are sampled without any program knowing when it chooses its data.

Both sides draw them from the key of the run, which comes from outside and is gone before the student's first line.
"""

from __future__ import annotations

import hashlib

BYTES = 8
"""Of a number; in a digest of 64 there are eight."""
PURPOSE = b"rows"


def drawn_rows(key: bytes, rows: int, wanted: int) -> list[int]:
    """One row of each of so many equal parts, the same for all arrays of equal length; none where all rows are few."""
    if rows <= wanted:
        return []
    starts = [part * rows // wanted for part in range(wanted + 1)]
    numbers = _numbers(key, wanted)
    return [a + number % (b - a) for a, b, number in zip(starts, starts[1:], numbers, strict=False)]


def _numbers(key: bytes, wanted: int) -> list[int]:
    digests = -(-BYTES * wanted // hashlib.blake2b.MAX_DIGEST_SIZE)
    content = b"".join(
        hashlib.blake2b(count.to_bytes(BYTES, "big"), key=key, person=PURPOSE).digest() for count in range(digests)
    )
    return [int.from_bytes(content[n : n + BYTES], "big") for n in range(0, BYTES * wanted, BYTES)]
