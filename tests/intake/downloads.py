"""Builds downloads in tests, shaped as each system makes them."""

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

Content = str | bytes


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None} for c in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def put(folder: Path, files: Mapping[str, Content]) -> Path:
    """Writes the files below a folder; a name that ends with a slash is a folder."""
    for name, content in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(files: Mapping[str, Content]) -> bytes:
    """A zip of the files, compressed as systems do."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def raw_zip(entries: list[tuple[bytes, bytes]], *, flags: int = 0, attributes: int = 0) -> bytes:
    """A zip of stored entries written byte by byte, with names that no library would write."""
    import zlib

    body, directory = b"", b""
    for name, content in entries:
        fields = struct.pack("<HHHHIII", flags, 0, 0, 0x21, zlib.crc32(content), len(content), len(content))
        directory += b"PK\x01\x02" + struct.pack("<HH", 0x031E, 20) + fields
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, attributes, len(body)) + name
        body += b"PK\x03\x04" + struct.pack("<H", 20) + fields + struct.pack("<HH", len(name), 0) + name + content
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
