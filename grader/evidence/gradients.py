"""How much of the error reaches each layer: the gradient that training passes back, measured on a fixed batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 500
"""How many official training images, from the first on, the gradient is measured on."""
NORMS, SWITCHED_OFF = ("BatchNormalization", "LayerNormalization"), ("Dropout", "AlphaDropout", "GaussianDropout")
ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax")


def gradient_norms(model: Any, images: NDArray[Any], labels: NDArray[Any]) -> tuple[float, ...]:
    """The size of the gradient of the cross-entropy at what enters each dense layer's activation, input side first.

    For a chain of built-in Keras layers, `images` (n, features) scaled as in its training and `labels` (n,) classes.
    Each number is the root mean square over the images of the gradient's Euclidean norm: the signal that
    back-propagation brings to the layer (X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
    feedforward neural networks", AISTATS 2010, section 4.2, `dCost/ds`). Unlike the gradient of the weights it does
    not grow with the size of the pixels. Batch normalization uses the batch's own statistics, as in training; dropout
    is off. The model's weights, statistics and random states stay as they are.
    """
    import keras
    import tensorflow as tf

    with keras.StatelessScope(), tf.GradientTape() as tape:
        signals, logits = _forward(model.layers, tf.constant(images, tf.float32), tape)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int32), logits)
    gradients = tape.gradient(loss, signals, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tuple(float(np.sqrt(np.mean(np.sum(np.square(g.numpy()), axis=-1)))) for g in gradients)


def _forward(layers: Sequence[Any], x: Any, tape: Any) -> tuple[list[Any], Any]:
    """What enters each dense layer's activation, and the logits of the classes."""
    import tensorflow as tf

    signals: list[Any] = []
    entering, last = False, layers[-1]
    for layer in layers:
        kind = type(layer).__name__
        if kind == "Dense":
            x = tf.matmul(x, layer.kernel.value)
            x = x + layer.bias.value if layer.use_bias else x
            tape.watch(x)
            signals.append(x)
            entering = _name(layer) == "linear"
            x = x if entering or layer is last else layer.activation(x)
        elif kind in NORMS and entering:
            x = layer(x, training=True)
            tape.watch(x)
            signals[-1] = x
        elif kind not in SWITCHED_OFF:
            x = x if layer is last and kind in ACTIVATIONS else layer(x, training=True)
            entering = entering and kind not in ACTIVATIONS
    return signals, _logits(last, x)


def _logits(last: Any, x: Any) -> Any:
    """What enters a softmax, or comes out of a linear layer; of other outputs the logarithm of their shares."""
    import tensorflow as tf

    softmax = type(last).__name__ == "Softmax" or _name(last) in {"softmax", "linear", ""}
    return x if softmax else tf.math.log(tf.clip_by_value(last.activation(x), 1e-7, 1.0))


def _name(layer: Any) -> str:
    """The name of a layer's activation function, empty where it has none."""
    return getattr(getattr(layer, "activation", None), "__name__", "")
