"""By which of Keras's initializers weights were drawn, measured on the weights themselves.

Who writes an initializer as a function, or draws with NumPy and calls `set_weights`, has done what the name says all
the same; and a name says nothing of weights that were put in over it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from grader.evidence.initializers import EXACT
from grader.records import NOT_KNOWN, Architecture, Layer

FAMILIES = tuple(f"{a}_{b}" for a, b in itertools.product(("he", "glorot", "lecun"), ("normal", "uniform")))
FEWEST_VALUES = 400
"""Values of a kernel from which on its deviation is known to some 4 %; the lab's smallest has 500."""
ERRORS_TO_REJECT = 6.0
"""Standard errors by which a deviation must differ before a name is not believed: once in 5e8 kernels by chance."""
ERRORS_TO_ACCEPT = 5.0
"""Standard errors within which it must lie to be called by another name: missed once in 1.7 million kernels."""
FEWEST_FOR_KURTOSIS = 2000
"""Values from which on their kurtosis is known to some 0.1."""
UNIFORM_BELOW = 2.1
"""Kurtosis between that of a uniform distribution (1.8) and that of a normal one cut at two deviations (2.37)."""
NORMAL_BELOW = 4.0
"""Above that of a whole normal distribution (3), however 2,000 values of it fall."""


def as_drawn(network: Architecture, initial: Mapping[str, NDArray[np.generic]]) -> Architecture:
    """The network, each Dense layer with the initializer whose draws its weights were before anything was trained.

    Only where that is another than the one it names, and the same for all such layers. Weights that were trained
    before are no initializer's draws, though they may look like another's: they have biases, and keep the name.
    """
    names = sorted(initial)
    first = next((n for n, name in enumerate(names) if initial[name].ndim == 2), 0)  # noqa: PLR2004 (inputs and units)
    if not all(np.isin(initial[name], (0, 1)).all() for name in names[first:] if initial[name].ndim == 1):
        # Biases, and what a BatchNormalization begins with; a Normalization before them has learnt from data.
        return network
    dense = [layer for layer in network.layers if layer.kind == "dense"]
    kernels = [initial[name] for name in names if initial[name].ndim == 2]  # noqa: PLR2004 (inputs and units)
    if [k.shape[1] for k in kernels] != [layer.units for layer in dense]:
        return network
    pairs = [(la, _Kernel(k)) for la, k in zip(dense, kernels, strict=True) if k.size >= FEWEST_VALUES]
    others = {id(layer): kernel for layer, kernel in pairs if _drawn_otherwise(layer, kernel)}
    # What the largest one says is sure to half a percent; a small one alone may be trained and look like another's.
    if not others or (
        id(max(pairs, key=lambda pair: pair[1].size)[0]) not in others and not _all_unknown(others, dense)
    ):
        return network
    found = [family for family in FAMILIES if all(kernel.is_of(family, ERRORS_TO_ACCEPT) for kernel in others.values())]
    if len(found) != 1:
        return network
    layers = (replace(la, initializer=found[0]) if id(la) in others else la for la in network.layers)
    return replace(network, layers=tuple(layers))


def _all_unknown(others: Mapping[int, _Kernel], dense: Sequence[Layer]) -> bool:
    return all(layer.initializer == NOT_KNOWN for layer in dense if id(layer) in others)


def _drawn_otherwise(layer: Layer, kernel: _Kernel) -> bool:
    named = layer.initializer
    return named == NOT_KNOWN or (named in FAMILIES and not kernel.is_of(named, ERRORS_TO_REJECT))


class _Kernel:
    """What is to be known of a kernel."""

    def __init__(self, values: NDArray[np.generic]) -> None:
        wide = values.astype(np.float64)
        self._shape: Sequence[int] = values.shape
        self.size = values.size
        self._mean, self._deviation = float(wide.mean()), float(wide.std())
        self._largest = float(np.abs(wide).max())
        away = (wide - self._mean) / (self._deviation or 1.0)
        self._kurtosis = float((away**4).mean())

    def is_of(self, family: str, errors: float) -> bool:
        """Whether it may be drawn by this initializer, within so many standard errors."""
        inputs, units = self._shape
        scale, kind = family.split("_")
        variance = {"he": 2 / inputs, "glorot": 2 / (inputs + units), "lecun": 1 / inputs}[scale]
        deviation = math.sqrt(variance)
        near = abs(self._deviation / deviation - 1) <= EXACT + errors / math.sqrt(2 * self.size)
        centred = abs(self._mean) <= errors * deviation / math.sqrt(self.size)
        return near and centred and self._has_shape_of(kind, deviation)

    def _has_shape_of(self, kind: str, deviation: float) -> bool:
        if kind == "uniform" and self._largest > deviation * math.sqrt(3) * (1 + EXACT):
            return False
        if self.size < FEWEST_FOR_KURTOSIS:
            return True
        flat = self._kurtosis < UNIFORM_BELOW
        return flat == (kind == "uniform") and self._kurtosis < NORMAL_BELOW
