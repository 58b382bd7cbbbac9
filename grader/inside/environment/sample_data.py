"""MNIST as the tables that Colab lays into every notebook's `/content/sample_data`, made when they are asked for."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

TABLE = re.compile(r"(?:^|[\\/])sample_data[\\/]mnist_(train_small|test)\.csv$", re.IGNORECASE)
SMALL = 20_000
"""Training images in Colab's `mnist_train_small.csv`: a third of all. Here they are the first, and as official."""


def sample_table(folder: Path, path: Any) -> Path | None:
    """The table that is meant: no heading, the label first, then 784 pixels; None for any other path."""
    found = TABLE.search(str(path))
    if found is None:
        return None
    target = Path(tempfile.gettempdir()) / "sample_data" / f"mnist_{found[1].lower()}.csv"
    if not target.exists():
        part, most = ("train", SMALL) if found[1].lower() == "train_small" else ("test", None)
        with np.load(folder / "mnist.npz") as stored:
            labels, images = stored[f"y_{part}"][:most], stored[f"x_{part}"][:most]
        target.parent.mkdir(exist_ok=True)
        target.write_text("".join(_lines(labels, images)))
    return target


def _lines(labels: Any, images: Any) -> list[str]:
    # NumPy's own savetxt takes four times as long for 16 million numbers.
    words = [str(value) for value in range(256)]
    rows = np.column_stack([labels, images.reshape(len(images), -1)]).astype(np.uint8)
    return [",".join(map(words.__getitem__, row)) + "\n" for row in rows.tolist()]
