"""What stands between two layers in Keras's operations: `keras.ops.maximum(x, 0)`, `x * keras.ops.sigmoid(x)`.

An expression is a list of steps; each names an operation and its arguments: a number, `{"step": n}` for the result of
another (0 is what comes in). Only operations of the table are read, and nothing else is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from grader.evidence import known
from grader.evidence.known import Numbers

EXPRESSION = "Expression"
"""In the place of a layer's class."""
TRIED = np.concatenate([np.linspace(-12, 12, 97), np.linspace(-1.2, 1.2, 23)]).reshape(12, 10).T.copy()
"""What an expression is tried on; columns of unlike numbers, so that an axis shows."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of Keras: its public path behind `keras.`, and what it is in NumPy."""

    path: str
    compute: Callable[..., Any]
    options: tuple[str, ...] = ()
    """What its description says beside its arguments, in the order in which both functions take it."""
    activation: str = ""
    """Its name as an activation, where it is one whatever its options are."""


def _of_one(path: str, activation: str, *options: str, compute: Callable[..., Any] | None = None) -> Operation:
    return Operation(f"ops.{path}", compute or known.FUNCTIONS[activation][0], options, activation)


def _relu(x: Numbers, slope: float, limit: float | None, threshold: float) -> Numbers:
    """keras.activations.relu, which is an operation of its own."""
    above = np.where(x >= threshold, x, slope * (x - threshold))
    return above if limit is None else np.minimum(above, limit)


def _over_the_last(function: Callable[[Numbers], Numbers]) -> Callable[[Numbers, int], Numbers]:
    """An activation over an axis, which must be the last: else it mixes images."""

    def over(x: Numbers, axis: int) -> Numbers:
        if axis not in {-1, 1}:
            raise ValueError("it mixes images")
        return function(x)

    return over


def _gelu(x: Numbers, approximate: object) -> Numbers:
    return known.gelu_by_tanh(x) if approximate else known.gelu(x)


def _erf(x: Numbers) -> Numbers:
    from scipy.special import erf

    return np.asarray(erf(x))


OPERATIONS: Mapping[str, Operation] = {
    "Relu": _of_one("relu", "relu"),
    "Relu6": _of_one("relu6", "relu6"),
    "ReLU": Operation("activations.relu", _relu, ("negative_slope", "max_value", "threshold")),
    "LeakyRelu": Operation("ops.leaky_relu", known.leaky, ("negative_slope",)),
    "Elu": _of_one("elu", "elu", "alpha", compute=known.elu),
    "Celu": _of_one("celu", "celu", "alpha", compute=known.celu),
    "Selu": _of_one("selu", "selu"),
    "Gelu": _of_one("gelu", "gelu", "approximate", compute=_gelu),
    "Silu": _of_one("silu", "silu"),
    "Sigmoid": _of_one("sigmoid", "sigmoid"),
    "LogSigmoid": _of_one("log_sigmoid", "log_sigmoid"),
    "HardSigmoid": _of_one("hard_sigmoid", "hard_sigmoid"),
    "HardSilu": _of_one("hard_silu", "hard_silu"),
    "Tanh": _of_one("tanh", "tanh"),
    "HardTanh": _of_one("hard_tanh", "hard_tanh"),
    "TanhShrink": _of_one("tanh_shrink", "tanh_shrink"),
    "SoftShrink": _of_one(
        "soft_shrink", "soft_shrink", "threshold", compute=lambda x, t: np.sign(x) * np.maximum(np.abs(x) - t, 0)
    ),
    "HardShrink": _of_one(
        "hard_shrink", "hard_shrink", "threshold", compute=lambda x, t: np.where(np.abs(x) > t, x, 0)
    ),
    "Softplus": _of_one("softplus", "softplus"),
    "Softsign": _of_one("softsign", "softsign"),
    "Squareplus": _of_one("squareplus", "squareplus", "b", compute=lambda x, b: (x + np.sqrt(x**2 + b)) / 2),
    "SparsePlus": _of_one("sparse_plus", "sparse_plus"),
    "SparseSigmoid": _of_one("sparse_sigmoid", "sparse_sigmoid"),
    "Softmax": _of_one("softmax", "softmax", "axis", compute=_over_the_last(known.softmax)),
    "LogSoftmax": _of_one(
        "log_softmax", "log_softmax", "axis", compute=_over_the_last(known.FUNCTIONS["log_softmax"][0])
    ),
    "Exp": _of_one("exp", "exponential"),
    "Threshold": Operation(
        "ops.threshold", lambda x, t, value: np.where(x > t, x, value), ("threshold", "default_value")
    ),
    "Clip": Operation("ops.clip", np.clip, ("x_min", "x_max")),
    "Add": Operation("ops.add", np.add),
    "Subtract": Operation("ops.subtract", np.subtract),
    "Multiply": Operation("ops.multiply", np.multiply),
    "Divide": Operation("ops.divide", np.divide),
    "TrueDivide": Operation("ops.true_divide", np.divide),
    "Negative": Operation("ops.negative", np.negative),
    "Maximum": Operation("ops.maximum", np.maximum),
    "Minimum": Operation("ops.minimum", np.minimum),
    "Absolute": Operation("ops.absolute", np.abs),
    "Abs": Operation("ops.abs", np.abs),
    "Square": Operation("ops.square", np.square),
    "Sqrt": Operation("ops.sqrt", np.sqrt),
    "Power": Operation("ops.power", np.power),
    "Sign": Operation("ops.sign", np.sign),
    "Expm1": Operation("ops.expm1", np.expm1),
    "Log": Operation("ops.log", np.log),
    "Log1p": Operation("ops.log1p", np.log1p),
    "Logaddexp": Operation("ops.logaddexp", np.logaddexp),
    "Erf": Operation("ops.erf", _erf),
    "Greater": Operation("ops.greater", np.greater),
    "GreaterEqual": Operation("ops.greater_equal", np.greater_equal),
    "Less": Operation("ops.less", np.less),
    "LessEqual": Operation("ops.less_equal", np.less_equal),
    "Where": Operation("ops.where", np.where),
}
"""By Keras's class."""


Step: TypeAlias = tuple[str, Sequence[Any]]
"""An operation's class and its arguments."""


def options_of(class_name: str, config: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """What an operation's description says beside its arguments; None for one that is not read."""
    operation = OPERATIONS.get(class_name)
    said = {name: value for name, value in config.items() if name != "name"}
    if operation is None or said.keys() != set(operation.options):
        return None
    values = tuple(said[name] for name in operation.options)
    return values if all(value is None or isinstance(value, bool | int | float) for value in values) else None


def computed(steps: Sequence[Step]) -> str:
    """The activation that an expression is, `rescaled` for a straight line; empty if none that is known."""
    try:
        with np.errstate(all="ignore"):
            answer = applied(steps, TRIED, lambda name: OPERATIONS[name].compute)
            found = known.activation_of(TRIED, np.asarray(answer, np.float64))
    except (TypeError, ValueError, ArithmeticError):
        return ""
    # Keras's own function is what it is called, whatever its options make of it.
    return (OPERATIONS[steps[0][0]].activation if len(steps) == 1 else "") or found


def split(steps: Sequence[Step], cuts: Sequence[int]) -> Iterator[tuple[Step, ...]]:
    """The expressions that are something known, each as long as may be: `relu(x / 255)` is a scaling and an activation.

    What is not known as a whole, nor where it begins, stays one.
    """
    begin = 0
    while begin < len(steps):
        ends = [cut for cut in reversed(cuts) if cut > begin]
        parts = (_from(steps[begin:end], begin) for end in ends)
        found = next((part for part in parts if computed(part)), _from(steps[begin:], begin))
        yield found
        begin += len(found)


def _from(steps: Sequence[Step], first: int) -> tuple[Step, ...]:
    """With the steps counted from the first of them on."""

    def counted(argument: Any) -> Any:
        return {"step": argument["step"] - first} if isinstance(argument, dict) else argument

    return tuple((name, tuple(map(counted, arguments))) for name, arguments in steps)


def applied(steps: Sequence[Step], given: Any, function: Callable[[str], Callable[..., Any]]) -> Any:
    """The last step's result on what is given; `function` says by its class what an operation does."""
    results = [given]

    def value(argument: Any) -> Any:
        return results[argument["step"]] if isinstance(argument, dict) else argument

    for name, arguments in steps:
        results.append(function(name)(*map(value, arguments)))
    return results[-1]
