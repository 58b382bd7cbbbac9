"""The official data set, in the forms in which submissions' arrays are compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.records.data_set import DataSet

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Official:
    """All images as rows, training images first."""

    data: DataSet

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """Shape (all images, 784)."""
        both = np.concatenate([self.data.train_images, self.data.test_images])
        return both.reshape(len(both), -1)

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """Shape (all images,)."""
        return np.concatenate([self.data.train_labels, self.data.test_labels])

    @cached_property
    def unlit(self) -> NDArray[np.bool_]:
        """The pixels that are 0 in every image."""
        found: NDArray[np.bool_] = self.pixels.max(axis=0) == 0
        return found

    @property
    def train_rows(self) -> int:
        """How many of the rows are training images."""
        return len(self.data.train_images)

    @cached_property
    def mean(self) -> Floats:
        """Per pixel over the training images."""
        mean: Floats = self.pixels[: self.train_rows].mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    @cached_property
    def std(self) -> Floats:
        """Per pixel over the training images; 1 where a pixel never changes, as scikit-learn's StandardScaler does."""
        train = self.pixels[: self.train_rows]
        square = np.einsum("ij,ij->j", train, train, dtype=np.float64, casting="unsafe") / len(train)
        std = np.sqrt(np.maximum(square - self.mean.astype(np.float64) ** 2, 0))
        found: Floats = np.where(std > 0, std, 1.0).astype(np.float32)
        return found

    @cached_property
    def directions(self) -> Floats:
        """The raw images centred and of length 1: a scaling by a factor and an offset does not change them."""
        return directions(self.pixels.astype(np.float32))

    @cached_property
    def standard_directions(self) -> Floats:
        """The same after standardising every pixel."""
        return directions((self.pixels - self.mean) / self.std)


def directions(rows: Any) -> Floats:
    """Each row without its mean and of length 1."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    found: Floats = (centred / np.where(length > 0, length, 1.0)).astype(np.float32)
    return found
