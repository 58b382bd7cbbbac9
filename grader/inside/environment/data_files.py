"""The files of MNIST under any usual path: wherever a program looks for them, they are found."""

from __future__ import annotations

import builtins
import functools
import gzip
import io
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..patches import Change
from .other_images import FASHION, is_fashion, is_other_lab, turned_file
from .sample_data import sample_table

Advise = Callable[[str], None]

IDX = re.compile(r"(train|t10k)-(images|labels)[-.](idx[13])-ubyte(\.gz)?$", re.IGNORECASE)
ARCHIVE = "mnist.npz"
DIMENSION = 4
"""Bytes of each size in the head of an IDX file; its first four bytes are a number, the last of them how many."""


class Files:
    """The files of `folder` (compressed) by whatever path a program names."""

    def __init__(self, folder: Path, advise: Advise, loaded: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._advise = advise
        self._loaded = loaded
        self._fashion = False

    def known(self, path: Any) -> Path | None:
        """The file that is meant, unpacked if it is asked for without `.gz`; None for any other path."""
        if not isinstance(path, str | Path):
            return None
        if table := sample_table(self._folder, path):
            return table
        names = _names(str(path))
        if ARCHIVE in names:
            return None if is_fashion(path) or is_other_lab(path) else self._folder / ARCHIVE
        found = next(filter(None, map(IDX.search, names)), None)
        if found is None:
            return None
        packed = self._folder / f"{found[1]}-{found[2]}-{found[3]}-ubyte.gz".lower()
        if is_fashion(path):
            self._note_fashion()
            packed = turned_file(packed)
        elif is_other_lab(path):
            return None
        return packed if found[4] else self._unpacked(packed)

    def _note_fashion(self) -> None:
        if not self._fashion:
            self._fashion = True
            self._loaded("fashion-mnist", "files")
            self._advise(FASHION)

    def _unpacked(self, packed: Path) -> Path:
        beside = packed.parent if packed.parent != self._folder else Path(tempfile.gettempdir())
        whole = beside / packed.stem
        if not whole.exists():
            with gzip.open(packed) as source, whole.open("wb") as target:
                shutil.copyfileobj(source, target)
        return whole

    def serve(self, shell: Any) -> Iterator[Change]:
        """From now on `open`, and what stands on it (NumPy, gzip), finds the files."""
        yield Change("builtins.open", builtins, "open", self._opening(builtins.open))
        # The same function; pathlib and zipfile call it by this name.
        yield Change("io.open", io, "open", self._opening(io.open))
        # IPython gives notebooks an `open` of its own.
        if "open" in shell.user_ns:
            mine = self._opening(shell.user_ns["open"])
            yield Change("IPython user_ns['open']", shell.user_ns, "open", mine)

    def _opening(self, original: Callable[..., Any]) -> Any:

        @functools.wraps(original)
        def open_(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            try:
                return original(file, mode, *arguments, **named)
            except FileNotFoundError:
                known = self.known(file) if "r" in mode else None
                if known is None:
                    raise
                self._advise(f"{str(file)[:200]} is not here: the file of that name beside the notebook was taken")
                return original(known, mode, *arguments, **named)

        return open_

    def idx(self, path: Any) -> Any:
        """The array in an IDX file (http://yann.lecun.com/exdb/mnist), packed or not."""
        self._loaded("fashion-mnist" if is_fashion(path) else "mnist", str(path))
        opening = gzip.open if str(path).endswith(".gz") else open
        with opening(path, "rb") as stream:
            content = stream.read()
        sizes = content[3]
        shape = struct.unpack(f">{sizes}I", content[DIMENSION : DIMENSION * (sizes + 1)])
        return np.frombuffer(content, np.uint8, offset=DIMENSION * (sizes + 1)).reshape(shape).copy()


def _names(path: str) -> list[str]:
    """What the file may be called: an address may have its name in the query, or something else there."""
    before, _, query = path.partition("?")
    return [re.split(r"[\\/]", before)[-1], *re.split(r"[\\/&=]", query)]
