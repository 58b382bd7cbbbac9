"""What earlier Keras took in a place where today's refuses it: values of arguments, and functions of TensorFlow.

Data only, as `old_names`: `old_values` and `symbolic` make each work, and `tests/inside/compat` tries each.
"""

from __future__ import annotations

from collections.abc import Mapping

ACTIVATIONS: Mapping[str, str] = {
    "ReLU": "relu",
    "ELU": "elu",
    "LeakyReLU": "leaky_relu",
    "Softmax": "softmax",
    "Swish": "silu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
}
"""Names of layers, by which Keras 2 took an activation as well."""

SHAPES: Mapping[str, str] = {"layers.Input": "shape", "layers.InputLayer": "shape", "layers.Layer": "input_shape"}
"""What took a number for a shape, and in which argument."""

VALUES: Mapping[str, str] = {
    "learning_rate": "a learning rate is a float: write 1.0 instead of 1",
    "activation": "an activation of one's own is handed over as it is, not by a name in custom_objects",
    "optimizer": "an optimizer remembers the variables that it trained: make a new one for each model",
}
"""What else today's Keras refuses, and what it wants."""

SYMBOLIC: Mapping[str, str] = {
    **{f"nn.{name}": f"ops.{name}" for name in ("relu", "relu6", "elu", "selu", "silu", "softplus", "softsign")},
    **{f"nn.{name}": f"ops.{name}" for name in ("leaky_relu", "gelu", "softmax", "log_softmax")},
    **{name: f"ops.{name}" for name in ("sigmoid", "tanh", "square", "sqrt", "exp", "abs")},
    **{name: f"ops.{name}" for name in ("maximum", "minimum", "add", "subtract", "multiply", "divide")},
    "cast": "ops.cast",
    "reshape": "ops.reshape",
    "concat": "ops.concatenate",
}
"""Functions of TensorFlow that Keras 2 took between the layers of a functional model, relative to `tensorflow`."""
