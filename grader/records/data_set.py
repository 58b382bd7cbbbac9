"""What a reference provides: images and their labels, split into training and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class DataSet(Protocol):
    """What a reference provides: images (n, 28, 28) and labels (n,), unsigned bytes."""

    @property
    def train_images(self) -> NDArray[np.uint8]:
        """The official training images."""
        ...

    @property
    def train_labels(self) -> NDArray[np.uint8]:
        """Their labels."""
        ...

    @property
    def test_images(self) -> NDArray[np.uint8]:
        """The official test images."""
        ...

    @property
    def test_labels(self) -> NDArray[np.uint8]:
        """Their labels."""
        ...


ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True, slots=True)
class Stored:
    """A `DataSet` that was read from somewhere."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
