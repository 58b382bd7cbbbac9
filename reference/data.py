"""The official MNIST arrays, read from the four IDX files that travel with the project.

Attribution and licence: reference/mnist/LICENSE.md.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent / "mnist"

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Digests of the unpacked files: gzip stores a time stamp, so packed files differ without differing."""


@dataclass(frozen=True, slots=True)
class Mnist:
    """Images (60000 and 10000, 28, 28) and labels, unsigned bytes, as `keras.datasets.mnist` gives them."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


@cache
def load() -> Mnist:
    """The data set; raises ValueError naming the file whose content is not the official one."""
    return Mnist(
        _read("train-images-idx3-ubyte", (60_000, 28, 28)),
        _read("train-labels-idx1-ubyte", (60_000,)),
        _read("t10k-images-idx3-ubyte", (10_000, 28, 28)),
        _read("t10k-labels-idx1-ubyte", (10_000,)),
    )


def _read(name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The body of an IDX file; its header is 4 bytes of magic and 4 for each dimension."""
    path = FOLDER / f"{name}.gz"
    content = gzip.decompress(path.read_bytes())
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise ValueError(f"{path} is not the official MNIST file: reinstall the grader or restore the file from git")
    array = np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)
    array.flags.writeable = False
    return array


def write_folder(folder: Path) -> None:
    """Puts the data set into `folder` as students' programs look for it: the four IDX files and Keras's `mnist.npz`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHA256:
        (folder / f"{name}.gz").write_bytes((FOLDER / f"{name}.gz").read_bytes())
    mnist = load()
    np.savez(
        folder / "mnist.npz",
        x_train=mnist.train_images,
        y_train=mnist.train_labels,
        x_test=mnist.test_images,
        y_test=mnist.test_labels,
    )
