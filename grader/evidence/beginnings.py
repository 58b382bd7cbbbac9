"""What a run began with: weights as an initializer draws them, or trained ones; and what no training can have moved.

An input that is 0 in every training image gives its weights no gradient: without weight decay they end as they began.
Pixels at the rim of MNIST's images are such inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.network import LayerConfig, UnknownNetworkError, chain
from grader.evidence.trace import CompileEvent, FitBegin
from grader.records import TrainingRun

Arrays = Mapping[str, NDArray[Any]]
BY_CHANCE = 0.45
"""With the outputs named at best, 4,000 networks as initializers draw them are right on 0.20 in the mean and 0.33 at
most (a deviation of 0.044)."""
MOVED = 1e-4
"""Of the largest weight: averages of several epochs' weights round, and move a weight by 1e-7."""
LEAVES_AS_IT_IS = frozenset({"sgd", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "nadam"})
"""Optimizers that make no step where there is no gradient."""
KEEPS_ZERO = frozenset({"InputLayer", "Flatten", "Reshape", "Dropout"})
"""Layers behind which an input that is 0 is 0."""
KERNEL = 2
"""Dimensions of a Dense layer's weights."""


def trained_before(run: TrainingRun) -> str:
    """Why its weights are not its own training's: they knew the digits before it began; empty where they did not."""
    before = run.measurement.initial_accuracy
    if before is None or before <= BY_CHANCE or run.fit is None:
        return ""
    return (
        f"the weights that it began with are right on {before:.2%} of the test images already: it did not begin "
        "untrained, and no run of this submission left these weights"
    )


def moved_without_gradient(fit: FitBegin, initial: Arrays, final: Arrays, blank: NDArray[np.bool_] | None) -> str:
    """Why the final weights are not the result of this run; empty if they may be.

    `blank` are the inputs that were 0 in all images of all its fits; None where that is not known.
    """
    if blank is None or not blank.any() or not _still_without_gradient(fit):
        return ""
    before, after = (_first_kernel(arrays, len(blank)) for arrays in (initial, final))
    if before is None or after is None or before.shape != after.shape:
        return ""
    moved = np.abs(after[blank].astype(np.float64) - before[blank])
    # What is no number is told elsewhere.
    if not moved.size or not np.isfinite(moved).all() or moved.max() <= MOVED * np.abs(before).max():
        return ""
    return (
        f"{int(blank.sum())} of its inputs are 0 in every training image, so that no training moves their weights, "
        f"but these ended up to {moved.max():.3g} from where they began: the final weights are not those of this run"
    )


def _still_without_gradient(fit: FitBegin) -> bool:
    """Whether neither optimizer nor network moves a weight that has no gradient."""
    optimizer: CompileEvent = fit.compile
    if fit.custom or optimizer.optimizer not in LEAVES_AS_IT_IS or optimizer.weight_decay is None:
        return False
    return not optimizer.weight_decay and _takes_inputs_as_they_are(fit.architecture)


def _takes_inputs_as_they_are(architecture: str) -> bool:
    try:
        layers: Sequence[LayerConfig] = chain(architecture)
    except UnknownNetworkError:
        return False
    for layer in layers:
        if layer.class_name == "Dense":
            return not any(layer.config.get(name) for name in ("kernel_regularizer", "kernel_constraint", "lora_rank"))
        scaled = layer.class_name == "Rescaling" and layer.config.get("offset") == 0
        if not (scaled or layer.class_name in KEEPS_ZERO):
            return False
    return False


def _first_kernel(weights: Arrays, inputs: int) -> NDArray[Any] | None:
    kernels = (weights[name] for name in sorted(weights) if weights[name].ndim == KERNEL)
    return next((kernel for kernel in kernels if kernel.shape[0] == inputs), None)
