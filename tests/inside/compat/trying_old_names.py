"""Tries every entry of the table of old names against today's name, in a process whose Keras may be changed."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from grader.inside.compat.legacy import answer_old_keras, answer_old_tensorflow
from grader.inside.compat.old_calls import OLD_BACKEND
from grader.inside.compat.old_entries import Kind, Old, table
from grader.inside.compat.old_history import OldHistory
from grader.inside.compat.old_names import DECAY, DROPPED
from grader.inside.compat.old_science import answer_old_numpy
from grader.inside.environment.student_imports import ForgivingImports
from grader.inside.patches import Patches

X, Y = np.zeros((8, 4), np.float32), np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2, 0, 1]]
VALUES: Mapping[str, Any] = {
    "lr": 0.25,
    "batch_input_shape": (None, 4),
    "output_dim": 3,
    "init": "he_normal",
    "bias": False,
    "p": 0.25,
    "sigma": 0.25,
    "beta_init": "ones",
    "gamma_init": "zeros",
    "l": 0.25,
    "m": 3,
    "dist": "uniform",
    "y": [0, 2],
    "nb_classes": 4,
    "nb_epoch": 2,
    "target_tensors": None,
}
"""What is handed over under each renamed argument; regularizers, constraints and what is dropped get None."""
NEEDED: Mapping[str, tuple[Any, ...]] = {
    "layers.Dense": (3,),
    "layers.Dropout": (0.5,),
    "layers.GaussianNoise": (0.5,),
    "utils.to_categorical": ([0, 1],),
    "callbacks.ModelCheckpoint": ("m.keras",),
    "Model.compile": ("sgd", "mse"),
    "Model.fit": (X, Y),
    "Model.evaluate": (X, Y),
    "Model.predict": (X,),
    "Model.save": ("m.keras",),
    "Model.save_weights": ("m.weights.h5",),
}
"""Arguments without which there is nothing to call."""
EXAMPLES: Mapping[str, Callable[[Any], bool]] = {
    "Model.predict_classes": lambda m: bool((m.predict_classes(X) == m.predict(X).argmax(axis=-1)).all()),
    "Model.predict_proba": lambda m: bool((m.predict_proba(X) == m.predict(X)).all()),
    "Model.fit_generator": lambda m: len(m.fit_generator(batches(), 2, 3).history["loss"]) == 3,
    "Model.evaluate_generator": lambda m: len(m.evaluate_generator(batches(), steps=2)) == 2,
    "Model.predict_generator": lambda m: m.predict_generator(batches(), 2).shape == (16, 3),
    "Model.metrics_names": lambda m: m.metrics_names == ["loss", "accuracy"],
    "Model.to_yaml": lambda m: len(keras.models.model_from_yaml(m.to_yaml()).layers) == 1,
    "Optimizer.lr": lambda m: float(m.optimizer.lr) == float(m.optimizer.learning_rate),
    "Layer.input_shape": lambda m: m.layers[0].input_shape == (None, 4),
    "Layer.output_shape": lambda m: m.layers[0].output_shape == (None, 3),
}
TOLD: list[str] = []


def batches() -> Any:
    while True:
        yield X, Y


def network() -> Any:
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


def found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"keras.{module}".rstrip(".")), name)


def try_module(entry: Old) -> bool:
    """Under each root it has what its successor has."""
    today = importlib.import_module(f"keras.{entry.new}")
    names = [n for n in vars(today) if not n.startswith("_")]
    return all(
        getattr(importlib.import_module(f"{root}.{entry.old}"), name, None) is not None
        for root in ("keras", "tensorflow.keras")
        for name in names
    )


def try_package(entry: Old) -> bool:
    cell = ast.parse(f"import {entry.old} as k\nfrom {entry.old} import x")
    first, second = (s.body[0] for s in ForgivingImports(TOLD.append).visit(cell).body)
    return bool(first.names[0].name == entry.new and second.module == entry.new)


def try_argument(entry: Old) -> bool:
    path, _, old = entry.old.rpartition(".")
    value = VALUES.get(old, 0.125 if entry.new == DECAY else None)
    needed = [] if old in {"output_dim", "p", "sigma", "y"} else list(NEEDED.get(path, ()))
    if path == "Model":
        return try_model()
    call = getattr(network(), path.rpartition(".")[2]) if path.startswith("Model.") else found(path)
    if path == "layers.Layer":
        call = lambda **k: keras.layers.Dense(3, **k)  # noqa: E731
    was = call(*needed, **{old: value})
    if entry.new == DECAY:
        rates = [float(was._learning_rate(step)) for step in (0, 1, 8)]
        return rates == [float(np.float32(call().get_config()["learning_rate"]) / (1 + 0.125 * s)) for s in (0, 1, 8)]
    if old == "batch_input_shape":
        return True
    call = getattr(network(), path.rpartition(".")[2]) if path.startswith("Model.") else call
    now = call(*needed, **({} if entry.new == DROPPED else {entry.new: value}))
    return plain(was) == plain(now)


def try_model() -> bool:
    into = keras.layers.Input((4,))
    return type(keras.Model(input=into, output=keras.layers.Dense(3)(into))).__name__ == "Functional"


def plain(thing: Any) -> str:
    """What distinguishes it: its configuration, its history, its numbers."""
    if hasattr(thing, "get_config"):
        return str({k: v for k, v in thing.get_config().items() if k != "name"})
    if hasattr(thing, "history"):
        return str(thing.history)
    return str(thing) if isinstance(thing, list | np.ndarray) else type(thing).__name__


def try_backend(entry: Old) -> bool:
    from keras import backend

    variable = keras.Variable(1.0)
    function = getattr(backend, entry.old)
    function(*{"get_value": [variable], "set_value": [variable, 0.5]}.get(entry.old, []))
    return function is OLD_BACKEND[entry.old] and (entry.old != "set_value" or float(variable) == 0.5)


def try_metric(entry: Old) -> bool:
    history = OldHistory({entry.new: [0.5]}, TOLD.append)
    seen: list[Any] = []
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_end=lambda _e, logs: seen.append(logs[entry.old])),
        keras.callbacks.EarlyStopping(monitor=entry.old, patience=5),
    ]
    network().fit(X, Y, validation_split=0.5, verbose=0, callbacks=callbacks)
    TOLD.append(entry.advisory if callbacks[1].monitor == entry.new else "not watched")
    return bool(history[entry.old] == history.get(entry.old) == [0.5] and len(seen) == 1)


def try_tensorflow(entry: Old) -> bool:
    *modules, name = f"tensorflow.{entry.old}".split(".")
    was = getattr(importlib.import_module(".".join(modules)) if len(modules) == 1 else tf.train, name, None)
    if entry.old.startswith("random."):
        was = getattr(tf.random, name)
    now: Any = tf
    for part in entry.new.split("."):
        now = getattr(now, part)
    return was is now


def try_graph_mode(entry: Old) -> bool:
    function: Any = tf
    for part in entry.old.split("."):
        function = getattr(function, part)
    function()
    return bool(tf.executing_eagerly())


def try_numpy(entry: Old) -> bool:
    now = {"float": float, "int": int, "bool": bool, "object": object, "str": str}.get(entry.new)
    now = getattr(np, entry.new.removeprefix("np.")) if now is None else now
    was = getattr(np, entry.old)
    if entry.old in vars(np):
        TOLD.append(entry.advisory)
        return True
    return was is now


def try_activation(entry: Old) -> bool:
    return keras.activations.get(entry.old) is keras.activations.get(entry.new)


def try_shape(entry: Old) -> bool:
    match entry.old:
        case "layers.Input":
            return keras.Input(shape=(784)).shape == keras.Input(784).shape == (None, 784)
        case "layers.InputLayer":
            return keras.layers.InputLayer(input_shape=(784)).batch_shape == (None, 784)
    return keras.Sequential([keras.layers.Dense(3, input_shape=(784))]).input_shape == (None, 784)


def try_value(entry: Old) -> bool:
    match entry.old:
        case "learning_rate":
            rates = (keras.optimizers.SGD(lr=1), keras.optimizers.Adam(1), keras.optimizers.RMSprop(np.float32(1)))
            return all(float(one.learning_rate) == 1.0 for one in rates)
        case "activation":
            own = keras.layers.Activation(lambda v: v * keras.ops.sigmoid(2 * v))
            keras.utils.get_custom_objects().update({"steep": own, "relu": own})
            dense = keras.layers.Dense(3, "steep")
            return dense.activation is own and keras.activations.get("relu") is not own
    shared = keras.optimizers.Adam(0.25)
    models = [keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]) for _ in range(3)]
    models.append(keras.Sequential([keras.layers.Dense(3)]))
    for model in models:
        model.compile(shared, "mse")
    for model in (*models, *models):
        model.fit(X, Y, verbose=0)
    return [m.optimizer is shared for m in models] == [True, False, False, False] and all(
        (float(m.optimizer.learning_rate), int(m.optimizer.iterations)) == (0.25, 2) for m in models
    )


MORE: Mapping[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "nn.leaky_relu": ((), {"alpha": 0.1}),
    "nn.softmax": ((), {"axis": -1}),
    **dict.fromkeys(("maximum", "minimum", "add", "subtract", "multiply", "divide"), ((0.25,), {})),
    "cast": ((tf.float16,), {}),
    "reshape": (((-1, 2, 2),), {}),
}
"""What the functions of TensorFlow get beside the tensor."""


def try_symbolic(entry: Old) -> bool:
    function: Any = tf
    for part in entry.old.split("."):
        function = getattr(function, part)
    more, named = MORE.get(entry.old, ((), {}))
    numbers = np.linspace(0.5, 2, 8, dtype=np.float32).reshape(2, 4)
    into = keras.Input((4,))

    def call(x: Any) -> Any:
        return function([x, x], 1) if entry.old == "concat" else function(x, *more, **named)

    model = keras.Model(into, call(into))
    as_layer = entry.old.startswith("nn.") and not isinstance(model.layers[-1], keras.layers.Layer)
    return bool(np.allclose(model(numbers), call(numbers))) and "OfTensorFlow" not in model.to_json() and not as_layer


TRIALS: Mapping[Kind, Callable[[Old], bool]] = {
    Kind.MODULE: try_module,
    Kind.PACKAGE: try_package,
    Kind.NAME: lambda entry: found(entry.old) is found(entry.new),
    Kind.ARGUMENT: try_argument,
    Kind.METHOD: lambda entry: EXAMPLES[entry.old](network()),
    Kind.BACKEND: try_backend,
    Kind.METRIC: try_metric,
    Kind.TENSORFLOW: try_tensorflow,
    Kind.GRAPH_MODE: try_graph_mode,
    Kind.NUMPY: try_numpy,
    Kind.ACTIVATION: try_activation,
    Kind.SHAPE: try_shape,
    Kind.VALUE: try_value,
    Kind.SYMBOLIC: try_symbolic,
}


def main() -> None:
    """Prints one JSON object: by entry, whether it worked and what was told."""
    patches = Patches()
    patches.install(answer_old_keras(keras, TOLD.append, patches))
    patches.install(answer_old_tensorflow(keras, tf, TOLD.append))
    patches.install(answer_old_numpy(np, TOLD.append))
    results = {}
    for entry in table():
        TOLD.clear()
        try:
            works, problem = TRIALS[entry.kind](entry), ""
        except Exception as error:  # noqa: BLE001 (it is the result)
            works, problem = False, repr(error)[:500]
        results[f"{entry.kind}: {entry.old}"] = [works, problem, list(TOLD)]
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
