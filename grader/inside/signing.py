"""Lines of the trace carry a seal, made with a key from outside, so that a line that another wrote is known.

Whoever writes to the pipe itself has no key. The key lies in this process all the same: what is sealed is still a
claim.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re

NUMBER = re.compile(rb"\d{1,12}\.\d{1,12}")
NUMBERED, SEALED, ENDED = b',"n":"', b'","seal":"', b'"}'
"""What stands before the number, between it and the seal, and behind that."""
KEY_BYTES = 32


def sealed(line: str, key: bytes, number: int) -> str:
    """The JSON object of a line with its number in this process and the seal over both."""
    body = f'{line[:-1]},"n":"{os.getpid()}.{number}"'
    return f'{body},"seal":"{_seal(body.encode("utf-8", "replace"), key)}"}}'


def number_of(line: bytes, key: bytes) -> bytes | None:
    """The number of a line that was sealed with this key, which no two lines have; None for any other."""
    # From the end, where they stand, since a line may have a hundred megabytes.
    rest, _, seal = line.rstrip().removesuffix(ENDED).rpartition(SEALED)
    number = rest.rpartition(NUMBERED)[2]
    right = NUMBER.fullmatch(number) and hmac.compare_digest(_seal(rest + b'"', key).encode(), seal)
    return number if right else None


def key_from(descriptor: int) -> bytes:
    """Reads the key, which is then there no more."""
    try:
        return os.read(descriptor, KEY_BYTES)
    finally:
        os.close(descriptor)


def _seal(body: bytes, key: bytes) -> str:
    return hashlib.blake2b(body, key=key, digest_size=16).hexdigest()
