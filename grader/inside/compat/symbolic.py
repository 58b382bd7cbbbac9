"""TensorFlow's functions between the layers of a functional model, which Keras 2 took and Keras 3 refuses."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from ..patches import Entry
from .old_entries import Kind, Old
from .old_history import Advise
from .old_uses import SYMBOLIC

OTHERWISE: Mapping[str, str] = {
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
    "swish": "silu",
    "truediv": "divide",
    "concat_v2": "concat",
}
"""What some of TensorFlow's functions call themselves."""
INPUTS = ("features", "logits", "tensor", "value", "input", "values", "x")
"""How TensorFlow calls the argument that Keras takes first."""
ARGUMENTS: Mapping[str, str] = {"alpha": "negative_slope", "axis": "axis", "approximate": "approximate"}
ACTIVATIONS = frozenset(name.removeprefix("nn.") for name in SYMBOLIC if name.startswith("nn.")) | {"sigmoid", "tanh"}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    # TensorFlow's own, where Keras has others.
    "leaky_relu": {"negative_slope": 0.2},
    "gelu": {"approximate": False},
}


def take_tensorflow(keras: Any, tf: Any, advise: Advise) -> Entry:
    """From now on TensorFlow asks here what to do with a symbolic tensor of Keras's, which it cannot take itself."""
    from tensorflow.python.util import dispatch

    base: Any = dispatch.GlobalOpDispatcher
    names = {path.rpartition(".")[2]: path for path in SYMBOLIC}
    between = _between(keras)

    class BetweenLayers(base):  # type: ignore[misc]
        def handle(self, op: Any, args: Any, kwargs: Any) -> Any:
            if not any(isinstance(v, keras.KerasTensor) for v in tf.nest.flatten([args, list(kwargs.values())])):
                return self.NOT_SUPPORTED
            called = str(getattr(op, "__name__", ""))
            name = OTHERWISE.get(called, called)
            if name in names:
                given = _given(name, args, kwargs)
                if given is not None:
                    advise(Old(Kind.SYMBOLIC, names[name], SYMBOLIC[names[name]]).advisory)
                    return _as_today(keras, name, SYMBOLIC[names[name]], *given)
            advise(f"tf.{called} between layers was removed in Keras 3; write it into a layer of its own")
            return between(op)(*args, **{k: v for k, v in kwargs.items() if v is not None})

    return Entry("tensorflow dispatchers", dispatch._GLOBAL_DISPATCHERS, BetweenLayers(), first=False)  # noqa: SLF001


def _as_today(keras: Any, name: str, path: str, placed: list[Any], named: dict[str, Any]) -> Any:
    """An activation as the layer that it is, since that is how the lab builds its networks."""
    if name == "leaky_relu":
        return keras.layers.LeakyReLU(**named)(*placed)
    plain = {key: value for key, value in named.items() if (key, value) not in {("axis", -1), ("approximate", False)}}
    if name in ACTIVATIONS and not plain:
        return keras.layers.Activation(name)(*placed)
    return functools.reduce(getattr, path.split("."), keras)(*placed, **named)


def _given(name: str, args: Any, kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments as Keras takes them; None where one of them means something that Keras has not."""
    placed, named = list(args), dict(DEFAULTS.get(name, {}))
    rest = {key: value for key, value in kwargs.items() if value is not None and key != "name"}
    first = next((key for key in INPUTS if key in rest), None)
    if not placed and first is not None:
        placed.append(rest.pop(first))
    for key, value in rest.items():
        if key in {"y", "shape", "dtype"}:
            placed.append(value)
        elif key in ARGUMENTS:
            named[ARGUMENTS[key]] = value
        else:
            return None
    if name in DEFAULTS and len(placed) > 1:
        # The slope, or whether it is an approximation, without its name.
        named[next(iter(DEFAULTS[name]))] = placed.pop()
    if name == "cast":
        placed[1:] = [getattr(dtype, "name", dtype) for dtype in placed[1:]]
    return placed, named


def _between(keras: Any) -> Callable[[Any], Any]:
    """Any other function as an operation of a functional model: it runs, and nobody claims to know what it does."""
    base: Any = keras.Operation

    class OfTensorFlow(base):  # type: ignore[misc]
        def __init__(self, function: Any) -> None:
            super().__init__()
            self._function = function

        def call(self, *args: Any, **kwargs: Any) -> Any:
            return self._function(*args, **kwargs)

    return OfTensorFlow
