"""The activations that are known by what they compute: numbers in, numbers out, a name where they are one's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Numbers], Numbers]
NEAR = 1e-4
"""Single precision over some hundred numbers, and constants that were typed with five digits."""
SCALE_OF_SELU, ALPHA_OF_SELU = 1.0507009873554805, 1.6732632423543772
FLAT = 1e-8
"""A straight line that goes up less is level: it lets nothing through."""
LINEAR = "linear"
RESCALED = "rescaled"
"""`x / 255`: a straight line through other points than those of the identity."""


def sigmoid(x: Numbers) -> Numbers:
    """Without overflow at either end."""
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def softplus(x: Numbers) -> Numbers:
    """log(1 + eˣ), likewise."""
    return np.asarray(np.logaddexp(0.0, x))


def softmax(x: Numbers) -> Numbers:
    """Over the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def elu(x: Numbers, alpha: float = 1.0) -> Numbers:
    """Straight for positive numbers, -alpha far to the left."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x: Numbers, alpha: float = 1.0) -> Numbers:
    """As ELU, with one slope at 0 whatever alpha is."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def gelu(x: Numbers) -> Numbers:
    """With the error function."""
    from scipy.special import erf

    return np.asarray(0.5 * x * (1 + erf(x / np.sqrt(2))))


def gelu_by_tanh(x: Numbers) -> Numbers:
    """Its usual approximation."""
    return np.asarray(0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))


def leaky(x: Numbers, slope: float) -> Numbers:
    """Straight for positive numbers, less steep for negative ones."""
    return np.where(x > 0, x, slope * x)


def hard_sigmoid(x: Numbers) -> Numbers:
    """Three straight lines, as Keras 3 has them."""
    return np.asarray(np.clip(x / 6 + 0.5, 0, 1))


def _sparse_plus(x: Numbers) -> Numbers:
    return np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4))


FUNCTIONS: Mapping[str, tuple[Function, ...]] = {
    LINEAR: (lambda x: x,),
    "relu": (lambda x: np.maximum(x, 0),),
    "relu6": (lambda x: np.clip(x, 0, 6),),
    "elu": (elu,),
    "selu": (lambda x: SCALE_OF_SELU * elu(x, ALPHA_OF_SELU),),
    "gelu": (gelu, gelu_by_tanh, lambda x: x * sigmoid(1.702 * x)),
    "silu": (lambda x: x * sigmoid(x),),
    "mish": (lambda x: x * np.tanh(softplus(x)),),
    "softplus": (softplus,),
    "tanh": (np.tanh,),
    "sigmoid": (sigmoid,),
    "hard_sigmoid": (hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "hard_silu": (lambda x: x * hard_sigmoid(x),),
    "hard_tanh": (lambda x: np.clip(x, -1, 1),),
    "softsign": (lambda x: x / (1 + np.abs(x)),),
    "softmax": (softmax,),
    "log_softmax": (lambda x: np.log(softmax(x)),),
    "log_sigmoid": (lambda x: -softplus(-x),),
    "squareplus": (lambda x: (x + np.sqrt(x**2 + 4)) / 2,),
    "sparse_plus": (_sparse_plus,),
    "sparse_sigmoid": (lambda x: np.clip((x + 1) / 2, 0, 1),),
    "soft_shrink": (lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),),
    "hard_shrink": (lambda x: x * (np.abs(x) > 0.5),),  # noqa: PLR2004 (Keras's default)
    "tanh_shrink": (lambda x: x - np.tanh(x),),
    "exponential": (np.exp,),
}  # fmt: skip
"""By the name that a rubric uses."""


def near(one: Any, other: Any) -> bool:
    """Whether two arrays are the same within single precision."""
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and bool((np.abs(one - other) <= NEAR * (1 + np.abs(other))).all())


def activation_of(x: Numbers, y: Numbers) -> str:
    """The activation that makes these numbers of those; empty if none that is known does, or `x` would not tell."""
    found = recognised(x, y) if tells_apart(x) else None
    return found[0] if found else ""


def recognised(x: Numbers, y: Numbers) -> tuple[str, Function] | None:
    """The same with its function."""
    if x.shape != y.shape or not np.isfinite(y).all():
        return None
    with np.errstate(all="ignore"):
        for name, functions in FUNCTIONS.items():
            for function in functions:
                if near(function(x), y):
                    return name, function
        return next(((name, function) for name, function in _families(x, y) if near(function(x), y)), None)


def _families(x: Numbers, y: Numbers) -> Iterator[tuple[str, Function]]:
    """Leaky ReLU of any slope, ELU and CELU of any alpha, a ReLU with a threshold, a straight line."""
    low, kept = x < 0, np.abs(y) > NEAR
    if not low.any() or not kept.any():
        return
    slope = float(np.median(y[low] / x[low]))
    if 0 < slope < 1:
        yield "leaky_relu", lambda x: leaky(x, slope)
    if (alpha := -float(y.flat[x.argmin()])) > NEAR:
        yield "elu", lambda x: elu(x, alpha)
        yield "celu", lambda x: celu(x, alpha)
    if (least := float(x[kept].min())) > 0:
        yield "threshold", lambda x: np.where(x >= least, x, 0)
    steep, shift = np.polyfit(x.ravel(), y.ravel(), 1)
    if abs(steep) > FLAT and np.allclose(steep * x + shift, y, rtol=NEAR, atol=NEAR * abs(steep)):
        yield RESCALED, lambda x: steep * x + shift


def tells_apart(x: Numbers) -> bool:
    """Whether these numbers are such that two activations differ on them."""
    far, near_zero, some = 1.5, 1.0, 10
    return bool(x.size and x.min() < -far and x.max() > far and (np.abs(x) < near_zero).sum() > some)
