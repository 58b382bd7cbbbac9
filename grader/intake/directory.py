"""The directory at the end of a zip, looked at before `zipfile` reads it: how long it is, and names that lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

END, END_64, LOCATOR, ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
IN_ZIP64 = 0xFFFFFFFF
LONGEST_COMMENT = 0xFFFF
SAYS_UTF_8 = 0x800
ENTRY_SIZE = 46
"""Bytes of an entry without its name, extra field and comment (APPNOTE.TXT 4.3.12)."""


def directory_span(content: bytes, offset: int) -> tuple[int, int] | None:
    """Where the directory begins and how many bytes it has; None where there is no end record.

    `content` are the last bytes of the file, which begin at `offset`.
    """
    end = content.rfind(END)
    if end < 0 or end + 22 > len(content):
        return None
    size, start = struct.unpack_from("<II", content, end + 12)
    locator = end - 20
    if IN_ZIP64 in {size, start} and content[max(0, locator) : end].startswith(LOCATOR):
        position = struct.unpack_from("<Q", content, locator + 8)[0] - offset
        if position < 0 or content[position : position + 4] != END_64 or position + 56 > len(content):
            return None
        size, start = struct.unpack_from("<QQ", content, position + 40)
    return start, size


def directory_size(archive: Path) -> int:
    """Bytes of a zip's directory, which is read whole into memory; 0 for a file that is no zip."""
    with archive.open("rb") as file:
        whole = file.seek(0, 2)
        offset = max(0, whole - LONGEST_COMMENT - 22 - 20 - 56)
        file.seek(offset)
        span = directory_span(file.read(), offset)
    return span[1] if span else 0


def with_honest_names(content: bytes) -> bytes:
    """The zip with no entry that calls its name UTF-8 where it is not: `zipfile` gives up on the whole for one such."""
    honest = bytearray(content)
    for position, name in _entries(content):
        flags = struct.unpack_from("<H", content, position + 8)[0]
        if flags & SAYS_UTF_8 and not _is_utf_8(name):
            struct.pack_into("<H", honest, position + 8, flags & ~SAYS_UTF_8)
    return bytes(honest)


def _entries(content: bytes) -> Iterator[tuple[int, bytes]]:
    span = directory_span(content, 0)
    if span is None:
        return
    # What stands before a zip (a self-extractor's program) moves everything by as much.
    position = content.rfind(END) - span[1] if content[span[0] : span[0] + 4] != ENTRY else span[0]
    while content[position : position + 4] == ENTRY and position + ENTRY_SIZE <= len(content):
        name, extra, comment = struct.unpack_from("<HHH", content, position + 28)
        yield position, content[position + ENTRY_SIZE : position + ENTRY_SIZE + name]
        position += ENTRY_SIZE + name + extra + comment


def _is_utf_8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
