"""Rebuilds a network from its checked description with Keras's own constructors; never loads a student's file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.expressions import EXPRESSION, OPERATIONS, applied, computed
from grader.evidence.network import (
    ACTIVATION_LAYERS,
    LayerConfig,
    UnknownNetworkError,
    activation_name,
    called,
    chain,
    is_own,
)

MOST_WEIGHTS = 1 << 24
"""Of all dense layers together (64 MiB in single precision, as much as is recorded); `Dense(2_000_000_000)` is refused
before it is built."""
MOST_OUTPUTS = 1 << 18
"""Of all layers together: each image of a batch of 1,000 needs as many numbers (1 GiB at most)."""
ACTIVATIONS = frozenset({
    "linear", "relu", "relu6", "elu", "selu", "leaky_relu", "gelu", "silu", "mish", "celu", "prelu", "exponential",
    "sigmoid", "hard_sigmoid", "hard_silu", "tanh", "hard_tanh", "softplus", "softsign", "softmax", "log_softmax",
    "log_sigmoid", "soft_shrink", "hard_shrink", "tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid",
})  # fmt: skip
Config = Mapping[str, Any]


def rebuild(text: str, weights: Sequence[NDArray[Any]], inputs: int) -> Any:
    """A Keras model of the described chain with the weights put in, for inputs of shape (n, inputs).

    Raises UnknownNetworkError with a reason for people: a layer that is not built in, sizes beyond the bounds,
    weights whose shapes do not belong to the description.
    """
    import keras

    layers = [layer for layer in chain(text) if layer.class_name not in {"InputLayer", "Reshape", "Flatten"}]
    _check_sizes(layers, inputs)
    model = keras.Sequential([keras.Input((inputs,))])
    for layer in layers:
        _add(model, layer)
    put_in(model, weights)
    return model


def _add(model: Any, layer: LayerConfig) -> None:
    try:
        model.add(_build(layer))
    except UnknownNetworkError:
        raise
    except Exception as error:
        # Whatever Keras stumbles over in a description that its own layers did not write.
        raise UnknownNetworkError(f"its {layer.class_name} layer cannot be rebuilt") from error


def put_in(model: Any, weights: Sequence[NDArray[Any]]) -> None:
    """Gives the model these weights, in Keras's order; UnknownNetworkError if they do not fit or are no numbers."""
    if [tuple(w.shape) for w in model.weights] != [w.shape for w in weights]:
        raise UnknownNetworkError("the recorded weights do not belong to the recorded network")
    with np.errstate(over="ignore"):
        single = [np.asarray(w, np.float32) for w in weights]
    if not all(np.isfinite(w).all() for w in single):
        raise UnknownNetworkError("its weights are NaN or infinite (the gradients exploded)")
    model.set_weights(single)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            # A Normalization layer computes with a copy of its weights, which it makes on being told so.
            layer.finalize_state()


def _check_sizes(layers: Sequence[LayerConfig], inputs: int) -> None:
    width, room, outputs = inputs, MOST_WEIGHTS, MOST_OUTPUTS
    for layer in layers:
        outputs -= width
        if outputs < 0:
            raise UnknownNetworkError("its layers together are too wide to be measured")
        if layer.class_name != "Dense":
            continue
        units = layer.config.get("units")
        if not isinstance(units, int) or isinstance(units, bool) or units < 1:
            raise UnknownNetworkError("it has a Dense layer whose number of units cannot be read")
        room -= units * width
        if room < 0:
            raise UnknownNetworkError(f"with its Dense layer of {units} units it is too large to be measured")
        width = units


def _build(layer: LayerConfig) -> Any:
    if is_own(layer):
        raise UnknownNetworkError(f"it has a layer of its own, {called({'config': layer.config})}")
    builder = BUILDERS.get(layer.class_name)
    if builder is None:
        raise UnknownNetworkError(f"it has a layer that the grader does not rebuild, {layer.class_name[:80]}")
    return builder(layer.config)


def _activation(config: Config) -> Any:
    """The activation argument; a configured layer (`Dense(50, activation=LeakyReLU(0.1))`) is built as that layer."""
    value = config.get("activation")
    name = activation_name(value)
    if isinstance(value, dict) and value.get("class_name") in ACTIVATION_LAYERS:
        return _build(LayerConfig(value["class_name"], value.get("config") or {}))
    if name not in ACTIVATIONS:
        raise UnknownNetworkError(f"it uses an activation that is not built into Keras, {name[:80]}")
    return name


def _float(config: Config, name: str, default: float) -> float:
    value = config.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnknownNetworkError(f"its {name} is not a number")
    return float(value)


def _dense(config: Config) -> Any:
    import keras

    return keras.layers.Dense(
        config["units"], activation=_activation(config), use_bias=bool(config.get("use_bias", True))
    )


def _activation_layer(config: Config) -> Any:
    import keras

    return keras.layers.Activation(_activation(config))


def _relu(config: Config) -> Any:
    import keras

    limit = config.get("max_value")
    return keras.layers.ReLU(
        max_value=None if limit is None else _float(config, "max_value", 0.0),
        negative_slope=_float(config, "negative_slope", 0.0),
        threshold=_float(config, "threshold", 0.0),
    )


def _leaky_relu(config: Config) -> Any:
    import keras

    return keras.layers.LeakyReLU(negative_slope=_float(config, "negative_slope", 0.3))


def _elu(config: Config) -> Any:
    import keras

    return keras.layers.ELU(alpha=_float(config, "alpha", 1.0))


def _prelu(_config: Config) -> Any:
    import keras

    return keras.layers.PReLU()


def _softmax(_config: Config) -> Any:
    import keras

    return keras.layers.Softmax()


def _thresholded_relu(config: Config) -> Any:
    """As Keras's old layer multiplies."""
    import keras

    theta = _float(config, "theta", 1.0)
    return keras.layers.Activation(lambda x: x * keras.ops.cast(keras.ops.greater(x, theta), x.dtype))


def _expression(config: Config) -> Any:
    import keras

    def function(name: str) -> Any:
        return functools.reduce(getattr, OPERATIONS[name].path.split("."), keras)

    def expression(x: Any) -> Any:
        return applied(config["steps"], x, function)

    # Who follows the gradient goes by the name.
    expression.__name__ = computed(config["steps"]) or EXPRESSION
    return keras.layers.Activation(expression)


def _nothing(_config: Config) -> Any:
    import keras

    return keras.layers.Identity()


def _batch_normalization(config: Config) -> Any:
    import keras

    return keras.layers.BatchNormalization(
        epsilon=_float(config, "epsilon", 1e-3),
        center=bool(config.get("center", True)),
        scale=bool(config.get("scale", True)),
    )


def _dropout(_config: Config) -> Any:
    """Does nothing when a trained network is used; its rate is judged from the description."""
    import keras

    return keras.layers.Identity()


def _rescaling(config: Config) -> Any:
    import keras

    return keras.layers.Rescaling(_float(config, "scale", 1.0), _float(config, "offset", 0.0))


def _normalization(config: Config) -> Any:
    """With one mean and variance for all pixels or one for each, adapted or given as numbers."""
    import keras

    axis = -1 if config.get("axis", -1) else None
    if config.get("mean") is None:
        return keras.layers.Normalization(axis=axis)
    return keras.layers.Normalization(
        axis=axis, mean=_float(config, "mean", 0.0), variance=_float(config, "variance", 1.0)
    )


BUILDERS: Mapping[str, Callable[[Config], Any]] = {
    "Dense": _dense,
    "Activation": _activation_layer,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    "ThresholdedReLU": _thresholded_relu,
    EXPRESSION: _expression,
    "Identity": _nothing,
    "ActivityRegularization": _nothing,
    "BatchNormalization": _batch_normalization,
    "Dropout": _dropout,
    "AlphaDropout": _dropout,
    "GaussianDropout": _dropout,
    "GaussianNoise": _dropout,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
}
"""The allow-list: what is not here is not rebuilt."""
