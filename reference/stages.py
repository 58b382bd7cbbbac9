"""The six stages of the lab, built from one table of what differs between them.

Source: the handout "Hyper parameter tuning and regularization practice" (14-08-2024), sections
"Basic MLP model using Keras" and "1. Weight Initialization" to "5. Dropout (Regularization)".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

INPUTS = 784
HIDDEN_LAYERS = 4
UNITS = 50
CLASSES = 10
EPOCHS = 100
VALIDATION_SPLIT = 0.3
LEARNING_RATE = 0.001
LOSS = "categorical_crossentropy"
COMMON = (INPUTS, HIDDEN_LAYERS, UNITS, CLASSES, EPOCHS, VALIDATION_SPLIT, LEARNING_RATE, LOSS)


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage of the handout changes; everything else is common to all six."""

    id: str
    title: str
    activation: str
    optimizer: str
    batch_size: int = 32
    """Keras's default; the handout names a batch size (256) for the naive stage only."""
    initializer: str = "glorot_uniform"
    """Keras's default for Dense."""
    batch_norm: bool = False
    dropout: float = 0.0
    printed: float = 0.0
    """The test accuracy that stands in the handout below the stage."""


STAGES = (
    Stage("naive", "Naive MLP", "sigmoid", "sgd", batch_size=256, printed=0.1135),
    Stage("init", "1. Weight initialization", "sigmoid", "sgd", initializer="he_normal", printed=0.4219),
    Stage("activation", "2. Nonlinearity", "relu", "sgd", printed=0.9188),
    Stage("optimizer", "3. Optimizers", "elu", "adam", printed=0.9516),
    Stage("batchnorm", "4. Batch normalization", "elu", "adam", batch_norm=True, printed=0.9643),
    Stage("dropout", "5. Dropout", "elu", "adam", dropout=0.2, printed=0.9309),
)


def build(stage: Stage) -> keras.Sequential:
    """The stage's network, compiled as the handout compiles it; input (n, 784), output (n, 10)."""
    import keras

    model = keras.Sequential([keras.Input((INPUTS,))])
    for _ in range(HIDDEN_LAYERS):
        model.add(keras.layers.Dense(UNITS, kernel_initializer=stage.initializer))
        if stage.batch_norm:
            model.add(keras.layers.BatchNormalization())
        model.add(keras.layers.Activation(stage.activation))
        if stage.dropout:
            model.add(keras.layers.Dropout(stage.dropout))
    model.add(keras.layers.Dense(CLASSES, kernel_initializer=stage.initializer))
    model.add(keras.layers.Activation("softmax"))
    model.compile(optimizer=_optimizer(stage), loss=LOSS, metrics=["accuracy"])
    return model


def _optimizer(stage: Stage) -> keras.optimizers.Optimizer:
    import keras

    kind = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[stage.optimizer]
    return kind(learning_rate=LEARNING_RATE)
