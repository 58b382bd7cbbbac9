"""Images of MNIST's form for programs that ask for Fashion-MNIST: their networks can be looked at, never be measured.

MNIST's own images would be taken for what the lab asks for. Turned upside down they train as well, and the grader knows
them again (`grader/evidence/recognise.py`).
"""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

FASHION = (
    "this lab asks for MNIST: Fashion-MNIST is not here, and the program was given other images of its form "
    "(digits upside down), on which no accuracy counts; load keras.datasets.mnist instead"
)
_HEAD = 16
"""Bytes before the first value of an IDX file with three dimensions."""


def is_fashion(name: object) -> bool:
    """Whether a data set, a path or an address speaks of Fashion-MNIST, however it is spelt."""
    return "fashionmnist" in re.sub(r"[^a-z]", "", str(name).lower()) or bool(re.search(r"\bfashion\b", str(name)))


def is_other_lab(path: object) -> bool:
    """Whether a path speaks of letters or of Japanese signs in files that are named as MNIST's are."""
    return bool(re.search(r"emnist|kmnist|kuzushiji|qmnist|notmnist", str(path).lower()))


def turned(images: Any) -> Any:
    """Images (n, 28, 28) by half a turn, each."""
    return images[:, ::-1, ::-1].copy()


def turned_file(packed: Path) -> Path:
    """A compressed IDX file of MNIST with its images turned; labels are as they were. Written once for a kernel."""
    target = Path(tempfile.gettempdir()) / "fashion-mnist" / packed.name
    if target.exists():
        return target
    target.parent.mkdir(exist_ok=True)
    if "idx1" in packed.name:
        shutil.copyfile(packed, target)
        return target
    content = gzip.decompress(packed.read_bytes())
    images = np.frombuffer(content, np.uint8, offset=_HEAD).reshape(-1, 28, 28)
    # The weakest compression: half a second instead of eight.
    with gzip.open(target, "wb", compresslevel=1) as stream:
        stream.write(content[:_HEAD] + turned(images).tobytes())
    return target
