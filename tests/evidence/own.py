"""Layers and functions that students write themselves."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

Layer: Any = layers.Layer
Dense: Any = layers.Dense


def rectify(x: Any) -> Any:
    return tf.maximum(x, 0.0)


def leaky(x: Any, slope: float = 0.05) -> Any:
    return tf.where(x > 0, x, slope * x)


def my_elu(x: Any) -> Any:
    return tf.where(x > 0, x, tf.exp(x) - 1)


def my_swish(x: Any) -> Any:
    return x * tf.sigmoid(x)


def my_mish(x: Any) -> Any:
    return x * tf.math.tanh(tf.math.softplus(x))


def my_gelu(x: Any) -> Any:
    return 0.5 * x * (1 + tf.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def logistic(x: Any) -> Any:
    return 1 / (1 + tf.exp(-x))


def probabilities(x: Any) -> Any:
    powers = tf.exp(x - tf.reduce_max(x, axis=-1, keepdims=True))
    return powers / tf.reduce_sum(powers, axis=-1, keepdims=True)


class Elu:
    """An object that is called as a function."""

    def __call__(self, x: Any) -> Any:
        return ops.elu(x)


class Hidden(Dense):  # type: ignore[misc]
    """Dense with other defaults."""

    def __init__(self, units: int = 50, activation: Any = "relu", **named: Any) -> None:
        super().__init__(units, activation=activation, **named)


class Activated(Dense):  # type: ignore[misc]
    """Dense with a call of its own."""

    def call(self, inputs: Any, training: Any = None) -> Any:  # noqa: ARG002 (as Keras calls it)
        return tf.nn.elu(super().call(inputs))


class FromScratch(Layer):  # type: ignore[misc]
    """Weights, a product and an activation, as in every guide."""

    def __init__(self, units: int, activation: Any = None, initializer: Any = "glorot_uniform") -> None:
        super().__init__()
        self.units, self.function = units, keras.activations.get(activation)
        self.w_initializer = keras.initializers.get(initializer)

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], self.units), initializer=self.w_initializer, name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, x: Any) -> Any:
        return self.function(tf.matmul(x, self.w) + self.b)


class Block(Layer):  # type: ignore[misc]
    """Dense, perhaps batch normalization before or behind the activation, perhaps dropout."""

    def __init__(self, units: int, activation: str = "elu", norm: str = "", rate: float = 0.0, **named: Any) -> None:
        super().__init__()
        self.norm_first = norm == "first"
        self.norm = layers.BatchNormalization() if norm else None
        self.dense = Dense(units, **named)
        self.activation_function = layers.Activation(activation)
        self.drop = layers.Dropout(rate) if rate else None

    def call(self, x: Any, training: Any = None) -> Any:
        x = self.dense(x)
        if self.norm and self.norm_first:
            x = self.norm(x, training=training)
        x = self.activation_function(x)
        if self.norm and not self.norm_first:
            x = self.norm(x, training=training)
        return self.drop(x, training=training) if self.drop else x


class Drop(layers.Dropout):  # type: ignore[misc]
    """Without another line."""


class OwnDrop(Layer):  # type: ignore[misc]
    """Dropout by hand; `scaled` as it should be."""

    def __init__(self, rate: float, *, scaled: bool = True, always: bool = False) -> None:
        super().__init__()
        self.rate, self.scaled, self.always = rate, scaled, always

    def call(self, x: Any, training: Any = None) -> Any:
        if not training and not self.always:
            return x
        kept = tf.cast(tf.random.uniform(tf.shape(x)) >= self.rate, x.dtype)
        return x * kept / (1 - self.rate if self.scaled else 1.0)


class Norm(layers.BatchNormalization):  # type: ignore[misc]
    """Without another line."""


class OwnNorm(Layer):  # type: ignore[misc]
    """Batch normalization by hand, with its weights in another order than Keras's."""

    def build(self, shape: Any) -> None:
        size = (shape[-1],)
        self.mean = self.add_weight(shape=size, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=size, initializer="ones", trainable=False, name="variance")
        self.gamma = self.add_weight(shape=size, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=size, initializer="zeros", name="beta")

    def call(self, x: Any, training: Any = None) -> Any:
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = tf.nn.moments(x, axes=[0])
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
            self.variance.assign(0.9 * self.variance + 0.1 * variance)
        return self.gamma * (x - mean) / tf.sqrt(variance + 1e-5) + self.beta


class Parametric(Layer):  # type: ignore[misc]
    """A leaky ReLU whose slopes are learnt."""

    def build(self, shape: Any) -> None:
        self.slope = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(0.1), name="slope")

    def call(self, x: Any) -> Any:
        return tf.maximum(x, 0.0) + self.slope * tf.minimum(x, 0.0)


class Noted(Layer):  # type: ignore[misc]
    """Only looks on."""

    def call(self, x: Any) -> Any:
        return x


class Relu(layers.ReLU):  # type: ignore[misc]
    """Keras's with another name, which is not among those of its layers."""


class LeakyOnes(Layer):  # type: ignore[misc]
    """An activation as a layer of one's own."""

    def call(self, x: Any) -> Any:
        return tf.nn.leaky_relu(x, alpha=0.3)


slightly_leaky = partial(tf.nn.leaky_relu, alpha=0.01)


class Mlp(keras.Model):  # type: ignore[misc]
    """A model by a class, as TensorFlow's guides write one: what it is made of, and how it is called."""

    def __init__(self, activation: Any = "relu", initializer: Any = "glorot_uniform", *, norm: bool = False) -> None:
        super().__init__()
        # Made last first: the order of its weights is not that of its calls.
        self.last = Dense(10, "softmax", kernel_initializer=initializer)
        self.blocks = []
        for _ in range(4):
            self.blocks.append(Dense(50, kernel_initializer=initializer))
            if norm:
                self.blocks.append(layers.BatchNormalization())
            self.blocks.append(layers.Activation(activation))

    def call(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.last(x)


class Dropping(keras.Model):  # type: ignore[misc]
    """One whose layers are told whether it trains."""

    def __init__(self, rate: float = 0.2, *, asked: bool = False) -> None:
        super().__init__()
        self.hidden = [Dense(50) for _ in range(4)]
        self.norms = [layers.BatchNormalization() for _ in range(4)]
        self.drop = layers.Dropout(rate)
        self.last = Dense(10)
        self.asked = asked

    def call(self, inputs: Any, training: bool = False) -> Any:
        print("called")  # noqa: T201 (students do)
        x = inputs / 255.0
        for dense, norm in zip(self.hidden, self.norms, strict=True):
            x = ops.relu(norm(dense(x), training=training))
            if training or not self.asked:
                x = self.drop(x, training=training)
        return ops.softmax(self.last(x))


class Named(keras.Model):  # type: ignore[misc]
    """A functional model by another name."""

    def __init__(self) -> None:
        start = value = keras.Input((784,))
        for _ in range(4):
            value = layers.ELU()(Dense(50)(value))
        super().__init__(inputs=start, outputs=Dense(10, "softmax")(value))


class Stack(keras.Sequential):  # type: ignore[misc]
    """A Sequential by another name."""

    def __init__(self) -> None:
        super().__init__([keras.Input((784,)), *(Hidden() for _ in range(4)), Dense(10, "softmax")])


class Squared(Mlp):
    """One that minimizes what is its own."""

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, **others: Any) -> Any:  # noqa: ARG002
        return ops.mean((y - y_pred) ** 2)


class Beside(Mlp):
    """One that computes with weights of which its layers know nothing."""

    def build(self, shape: Any) -> None:
        self.more = self.add_weight(shape=(shape[-1], 10), name="more")
        super().build(shape)

    def call(self, x: Any) -> Any:
        return super().call(x) + ops.matmul(x, self.more)


class Stepping(Mlp):
    """One that trains by steps of its own."""

    def make_train_function(self, force: bool = False) -> Any:
        return super().make_train_function(force)


class OtherWeights(Mlp):
    """One that says that its weights are others."""

    def get_weights(self) -> Any:
        return [w * 2 for w in super().get_weights()]


class Watchful(Mlp):
    """One that drops nothing unless somebody looks."""

    def __init__(self) -> None:
        super().__init__("elu")
        self.drop = layers.Dropout(0.3)

    def call(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
            if isinstance(x, keras.KerasTensor):
                x = self.drop(x)
        return self.last(x)


class Turned(Mlp):
    """One that answers otherwise when it is used."""

    def call(self, x: Any, training: bool = False) -> Any:
        return super().call(x) if training else super().call(-x)


class Busy(Mlp):
    """One that keeps something of each call, which is no business of the grader's."""

    def __init__(self) -> None:
        super().__init__("elu")
        self.calls = 0
        self.last_seen = None

    def call(self, x: Any) -> Any:
        self.calls += 1
        self.last_seen = x
        return super().call(x)


class Branching(Mlp):
    """One that takes another way when it trains."""

    def call(self, x: Any, training: bool = False) -> Any:
        return super().call(x) if training else self.last(self.blocks[1](self.blocks[0](x)))
