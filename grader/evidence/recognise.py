"""Recognises an array that a student handed to Keras by its content: which images, which of them, how scaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.official import Floats, Official, directions
from grader.records import DataFacts, LabelFacts

PIXELS = 784
CLASSES = 10
Sample = Mapping[str, NDArray[Any]]
"""What the recorder writes of an array: `rows`, `values`, and `mean` and `std` per column of the whole array."""
TABLE = 2
"""Dimensions of an array of rows."""
FASHION_MEAN = 0.2860
"""Mean pixel of Fashion-MNIST's training images, in [0, 1] (the usual normalisation constant; MNIST's is 0.1307)."""
SAME_IMAGE = 0.99
"""Cosine between an image and itself, scaled by one factor and offset, or by nearly one (MinMaxScaler at the rims)."""
NEARLY_ALL = 0.95
"""Of the rows that are drawn anew in each run: far below what any honest array has, so that no luck decides."""
STRAY = 0.01
"""Share of drawn rows that may be taken for images of the other part; of 3,000 honest ones none is."""
STANDARD_IMAGE = 0.85
"""The same after standardising per pixel with statistics of another subset than the official training set."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """How official pixels (0…255) become the network's inputs: factor x pixel + offset, per pixel or for all."""

    name: str
    factor: Any
    offset: Any

    def __call__(self, images: NDArray[np.uint8]) -> Floats:
        """Images (n, 784) as the network saw them."""
        scaled: Floats = images.astype(np.float32) * self.factor + self.offset
        return scaled.astype(np.float32)


Found = tuple[Scaling | None, NDArray[np.intp]]
"""How the images were scaled (None: in no way that can be repeated), and the official row of each."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an array holds; `rows` is empty where the images are not the official ones."""

    facts: DataFacts
    scaling: Scaling | None = None
    """None where it cannot be repeated, such as each image divided by its own length."""
    rows: tuple[int, ...] = ()
    """The official row of each sampled row."""
    drawn: tuple[int, ...] = ()
    """The same of each row that was drawn."""
    blank: NDArray[np.bool_] | None = field(default=None, compare=False)
    """The inputs that are 0 in every row, as they are in the official images; None where the images are others."""


def recognise_images(shape: tuple[int, ...], dtype: str, sample: Sample, official: Official) -> Recognised:
    """Compares the sampled rows with all official images; labels and other arrays come out as unknown."""
    facts = DataFacts(shape, dtype)
    values = sample["values"]
    if values.ndim != TABLE or values.shape[1] != PIXELS or not len(values) or not np.isfinite(values).all():
        return Recognised(facts)
    # Values near the largest float overflow, and are no images.
    with np.errstate(over="ignore", invalid="ignore"):
        found = _found(sample, official)
        turned = None if found else _found(_turned(sample), official)
        fashion = bool(turned) or (not found and _looks_like_fashion(sample))
    if not found:
        # Turned by half a turn they are what grader/inside/environment/other_images.py gives in place of Fashion-MNIST.
        known = _facts(facts, turned, official) if turned else facts
        return Recognised(replace(known, dataset="fashion-mnist" if fashion else "unknown"))
    scaling, rows = found
    drawn = _drawn(sample, official)
    if drawn is None:
        return Recognised(facts)
    known = _facts(facts, found, official, drawn)
    of_rows, of_drawn = (tuple(int(r) for r in some) for some in (rows, drawn))
    return Recognised(known, scaling, of_rows, of_drawn, _blank(sample, official))


def _found(sample: Sample, official: Official) -> Found | None:
    values = sample["values"]
    return _as_they_are(values, sample, official) or _standardised(values, sample, official)


def _blank(sample: Sample, official: Official) -> NDArray[np.bool_]:
    """Where every official pixel is 0 and the sample, mean and deviation of the whole array say the same."""
    lit = np.any(sample["values"] != 0, axis=0) | (sample["mean"] != 0) | (sample["std"] != 0)
    found: NDArray[np.bool_] = official.unlit & ~lit
    return found


def _turned(sample: Sample) -> Sample:
    """Images by half a turn are rows of pixels from behind."""
    return {name: sample[name][..., ::-1] for name in ("values", "mean", "std")}


def _drawn(sample: Sample, official: Official) -> NDArray[np.intp] | None:
    """The official rows of those that were drawn; None if these are something else than the evenly spaced ones."""
    values = sample.get("drawn_values", sample["values"][:0])
    if not len(values):
        return np.zeros(0, np.intp)
    with np.errstate(over="ignore", invalid="ignore"):
        own = directions(values)
        plain = _nearest(own, official.directions, SAME_IMAGE, NEARLY_ALL)
        return plain if plain is not None else _nearest(own, official.standard_directions, STANDARD_IMAGE, NEARLY_ALL)


def _facts(facts: DataFacts, found: Found, official: Official, drawn: NDArray[np.intp] | None = None) -> DataFacts:
    """Which part of the data set it is, and how scaled."""
    scaling, rows = found
    training = float(np.mean(rows < official.train_rows))
    split = "train" if training == 1.0 else "test" if training == 0.0 else "mixed"
    if drawn is not None and len(drawn) and abs(float(np.mean(drawn < official.train_rows)) - training) > STRAY:
        split = "mixed"
    return replace(facts, dataset="mnist", split=split, scaling=scaling.name if scaling else "other")


def recognise_labels(
    shape: tuple[int, ...],
    dtype: str,
    sample: Sample,
    beside: Recognised | None,
    official: Official,
) -> LabelFacts:
    """How labels are encoded, and whether they are the official labels of the images `beside` them."""
    values = np.concatenate([sample["values"], sample.get("drawn_values", sample["values"][:0])])
    rows = (*beside.rows, *beside.drawn) if beside else ()
    if values.ndim == TABLE and values.shape[1] == CLASSES and _is_one_hot(values):
        encoding, classes = "one-hot", values.argmax(axis=1)
    elif values.size and values.shape[-1] == 1 and np.isin(values, np.arange(CLASSES)).all():
        encoding, classes = "classes", values.ravel()
    else:
        return LabelFacts(shape, dtype, "other")
    right = float(np.mean(classes == official.labels[list(rows)])) if len(rows) == len(classes) else None
    return LabelFacts(shape, dtype, encoding, right)


def _is_one_hot(values: NDArray[Any]) -> bool:
    return bool(np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all())


def _as_they_are(values: NDArray[Any], sample: Sample, official: Official) -> Found | None:
    """The images themselves, whatever they were multiplied by, as long as it was about the same for all pixels."""
    rows = _nearest(directions(values), official.directions, SAME_IMAGE)
    if rows is None:
        return None
    return _one_factor(values, rows, official) or _factor_per_pixel(values, sample, rows, official), rows


def _standardised(values: NDArray[Any], sample: Sample, official: Official) -> Found | None:
    """The images after scikit-learn's StandardScaler, which leaves little of how they look."""
    rows = _nearest(directions(values), official.standard_directions, STANDARD_IMAGE)
    scaling = None if rows is None else _factor_per_pixel(values, sample, rows, official)
    return None if rows is None or scaling is None else (scaling, rows)


def _one_factor(values: NDArray[Any], rows: NDArray[np.intp], official: Official) -> Scaling | None:
    """One factor and one offset for all pixels (raw, ÷255, -1…1, one mean and deviation)."""
    pixels = official.pixels[rows].astype(np.float64).ravel()
    factor, offset = np.polyfit(pixels, values.astype(np.float64).ravel(), 1)
    error = np.abs(pixels * factor + offset - values.ravel()).max()
    if error > abs(factor):  # more than one grey level off
        return None
    name = _name(255 * factor, offset)
    exact = {"raw": (1.0, 0.0), "unit": (1 / 255, 0.0)}.get(name, (float(factor), float(offset)))
    return Scaling(name, *exact)


def _factor_per_pixel(
    values: NDArray[Any], sample: Sample, rows: NDArray[np.intp], official: Official
) -> Scaling | None:
    """A factor and an offset for each pixel, as scikit-learn's StandardScaler and MinMaxScaler have them."""
    pixels = official.pixels[rows].astype(np.float64)
    centred = pixels - pixels.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    covariance = (centred * (values - values.mean(axis=0))).mean(axis=0)
    # A pixel that never changes in the sample: its factor follows from the whole array's deviation instead.
    from_deviation = np.where(sample["std"] > 0, sample["std"] / official.std, 1.0)
    factor = np.where(variance > 0, covariance / np.where(variance > 0, variance, 1), from_deviation)
    offset = values.mean(axis=0) - factor * pixels.mean(axis=0)
    error = np.abs(pixels * factor + offset - values)
    if np.percentile(error, 99) > 0.01:  # noqa: PLR2004 (of a deviation)
        return None
    within_unit = values.min() >= -0.01 and values.max() <= 1.01  # noqa: PLR2004 (rounding)
    return Scaling("unit" if within_unit else "standard", factor.astype(np.float32), offset.astype(np.float32))


def _nearest(rows: Floats, official: Floats, least: float, share: float = 0.99) -> NDArray[np.intp] | None:
    """For each row the official row of the same direction; None if less than that share of the rows have one."""
    likeness = rows @ official.T
    nearest = likeness.argmax(axis=1)
    alike = np.take_along_axis(likeness, nearest[:, None], axis=1) >= least
    return nearest if float(np.mean(alike)) >= share else None


def _name(factor: float, offset: float) -> str:
    """Raw, unit, assignment or other, from the range that pixels of 0 to 1 are stretched to."""
    if abs(factor - 255) < 0.01 and abs(offset) < 0.01:  # noqa: PLR2004 (rounding of single precision)
        return "raw"
    if abs(factor - 1) < 0.01 and abs(offset) < 0.01:  # noqa: PLR2004
        return "unit"
    # One mean and deviation for all pixels: 0.1307 and 0.3081 over the training images.
    if abs(factor - 1 / 0.3081) < 0.2 and abs(offset + 0.1307 / 0.3081) < 0.05:  # noqa: PLR2004
        return "standard"
    return "other"


def _looks_like_fashion(sample: Sample) -> bool:
    mean = float(sample["mean"].mean())
    unit = mean / 255 if float(sample["values"].max()) > 1.5 else mean  # noqa: PLR2004
    return abs(unit - FASHION_MEAN) < 0.01  # noqa: PLR2004
