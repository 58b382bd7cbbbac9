"""Says why a call of `fit` or `evaluate` cannot be run a whole epoch at a time, if it cannot."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src import tree
from tensorflow.python.framework.config import is_op_determinism_enabled

from .arguments import STEPS

LAYERS = tuple(
    f"keras.src.layers.{kind}."
    for kind in (
        "core",
        "activations",
        "regularization",
        "normalization",
        "reshaping",
        "merging",
        "convolutional",
        "pooling",
    )
)
"""Where the layers live whose bits were compared; recurrent and preprocessing layers were not."""
HOOKS = ("activation", "regularizer", "constraint")
"""Endings of the attributes of a layer in which a student's own function runs at every step."""
DATA = ("x", "y", "sample_weight", "class_weight", "batch_size", "shuffle", "steps", "steps_per_epoch")
COURSE = ("epochs", "initial_epoch", "verbose", "callbacks", "return_dict")
VALIDATION = tuple(f"validation_{name}" for name in ("data", "split", "freq", "steps", "batch_size"))
OVERRIDES = ("train_step", "test_step", "compute_loss", "compute_metrics", "call", "get_metrics_result")
TENSORFLOW_ACTIVATIONS = ("relu", "elu", "selu", "gelu", "tanh", "sigmoid", "softmax", "softplus", "leaky_relu")
ANYTHING_NUMERIC = "biuf"
"""NumPy's kinds: truth values, integers, floating point."""

Reasons = Iterator[tuple[bool, str]]
"""Whether each speaks against, and how to say it."""


def why_not_fit(model: Any, given: Mapping[str, Any]) -> str:
    """The first reason against, in plain words; the empty string if the call is simple."""
    return _first(_setting_reasons(given), _fit_data_reasons(given), _process_reasons(), _model_reasons(model))


def why_not_evaluate(model: Any, given: Mapping[str, Any]) -> str:
    """The same for `evaluate`."""
    data = _data_reasons("", given.get("x"), given.get("y"), given.get("sample_weight"))
    return _first(_setting_reasons(given), data, _process_reasons(), _model_reasons(model))


def why_not_predict(model: Any, given: Mapping[str, Any]) -> str:
    """The same for `predict`."""
    data = _data_reasons("", given.get("x"), given.get("x"))
    return _first(_setting_reasons(given), data, _process_reasons(), _model_reasons(model), _answer_reasons(model))


def _first(*groups: Reasons) -> str:
    # One after another, each only if those before did not speak against: the later ones rely on the earlier.
    return next((reason for against, reason in itertools.chain(*groups) if against), "")


def _setting_reasons(given: Mapping[str, Any]) -> Reasons:
    sizes = (given.get("batch_size"), given.get("validation_batch_size"))
    yield any(given.get(name) is not None for name in STEPS), "a number of steps is given"
    yield any(not _is_size(size) for size in sizes), "a batch size is not a positive whole number of 32 bits"
    yield not isinstance(given.get("shuffle", True), bool), "shuffle is neither True nor False"
    yield not given.keys() <= {*DATA, *COURSE, *VALIDATION}, "it has arguments that Keras does not know"
    yield isinstance(given.get("callbacks"), keras.callbacks.CallbackList), "the callbacks are a CallbackList"


def _is_size(size: Any) -> bool:
    """A graph counts rows in 32 bits."""
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**31)


def _fit_data_reasons(given: Mapping[str, Any]) -> Reasons:
    yield from _data_reasons("", given.get("x"), given.get("y"), given.get("sample_weight"))
    weight = given.get("class_weight")
    yield weight is not None and not isinstance(weight, dict), "class_weight is not a dictionary"
    validation = given.get("validation_data")
    if validation is not None:
        good = isinstance(validation, tuple | list) and len(validation) in {2, 3}
        yield not good, "validation_data is not a pair or a triple of arrays"
        if good:
            yield from _data_reasons("validation ", *validation)


def _data_reasons(which: str, x: Any, y: Any, sample_weight: Any = None) -> Reasons:
    yield not _is_array(x), f"{which}x is not one array of numbers in memory"
    yield not _is_array(y), f"{which}y is not one array of numbers in memory"
    yield sample_weight is not None and not _is_array(sample_weight), f"{which}sample_weight is not an array of numbers"
    sizes = {a.shape[0] for a in (x, y, sample_weight) if _is_array(a)}
    yield len(sizes) != 1 or 0 in sizes, f"the {which}arrays have no rows or not equally many"


def _is_array(data: Any) -> bool:
    if isinstance(data, np.ndarray):
        return data.dtype.kind in ANYTHING_NUMERIC and data.ndim > 0
    if tf.is_tensor(data):
        numeric = data.dtype.is_floating or data.dtype.is_integer or data.dtype.is_bool
        return isinstance(data, tf.Tensor) and bool(numeric) and data.shape.rank > 0
    if type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "to_numpy"):
        return bool(data.to_numpy().dtype.kind in ANYTHING_NUMERIC)
    return False


def _process_reasons() -> Reasons:
    config = keras.src.backend.config
    yield keras.backend.backend() != "tensorflow", "Keras runs on another backend than TensorFlow"
    yield bool(tf.config.list_physical_devices("GPU")), "there is a GPU"
    yield tf.distribute.has_strategy() or keras.distribution.distribution() is not None, "training is distributed"
    yield tf.config.functions_run_eagerly(), "TensorFlow runs functions eagerly"
    yield is_op_determinism_enabled(), "op determinism is on"
    yield bool(config.max_epochs() or config.max_steps_per_epoch()), "Keras is set to limit epochs or steps"


def _model_reasons(model: Any) -> Reasons:
    known = (keras.Sequential, keras.Model, keras.src.models.functional.Functional)
    yield type(model) not in known, f"{type(model).__name__} is a class of the student's own"
    yield any(name in vars(model) for name in OVERRIDES), "the model has methods of the student's own"
    yield not model.compiled, "the model is not compiled"
    yield bool(model.run_eagerly), "the model runs eagerly"
    yield bool(model.jit_compile), "the model is compiled with XLA"
    yield model.steps_per_execution != 1, "the student set steps_per_execution"
    yield model.distribute_strategy is not tf.distribute.get_strategy(), "the model belongs to a distribution strategy"
    yield from _layer_reasons(model)
    yield from _compile_reasons(model)


def _layer_reasons(model: Any) -> Reasons:
    for layer in model._flatten_layers(include_self=False):  # noqa: SLF001 (the public `layers` stops at nested models)
        name = type(layer).__name__
        nested = type(layer) in {keras.Sequential, keras.src.models.functional.Functional}
        own = not nested and not f"{type(layer).__module__}.".startswith(LAYERS)
        yield own or isinstance(layer, keras.layers.Lambda), f"the layer {name} is not one whose bits were compared"
        hooks = [getattr(layer, attribute, None) for attribute in vars(layer) if attribute.endswith(HOOKS)]
        yield any(not _is_built_in(hook) for hook in hooks), f"a layer {name} uses a function of the student's own"
    operations = getattr(model, "operations", ())
    yield (
        any(not _is_built_in(operation) for operation in operations),
        "the model has an operation of the student's own",
    )


def _answer_reasons(model: Any) -> Reasons:
    yield not model.built, "the model has no weights yet"
    outputs = getattr(model, "_outputs_struct", None)
    yield not isinstance(outputs, keras.KerasTensor | None), "the model has not exactly one output"


def _compile_reasons(model: Any) -> Reasons:
    optimizer = model.optimizer
    yield not isinstance(optimizer, keras.optimizers.Optimizer), "there is no Keras optimizer"
    schedule = getattr(optimizer, "_learning_rate", None)
    yield not (_is_built_in(optimizer) and _is_built_in(schedule)), "the optimizer is of the student's own"
    loss = tree.flatten(model.loss)
    yield len(loss) != 1 or loss[0] is None, "there is not exactly one loss"
    yield any(not _is_built_in(one) for one in loss), "the loss is a function of the student's own"
    compiled = model._compile_metrics  # noqa: SLF001 (the public list has them only after the first step)
    metrics = tree.flatten([compiled._user_metrics, compiled._user_weighted_metrics]) if compiled else []  # noqa: SLF001
    yield any(not _is_built_in(metric) for metric in metrics), "a metric is a function of the student's own"


def _is_built_in(thing: Any) -> bool:
    """Whether Keras wrote it: a name it knows, a function or an object of its own."""
    if thing is None or isinstance(thing, str | int | float | tf.Variable | keras.Variable):
        return True
    wrapped = getattr(thing, "fn", None) or getattr(thing, "_fn", None)
    if wrapped is not None and not _is_built_in(wrapped):
        return False
    module = str(getattr(thing if inspect.isroutine(thing) else type(thing), "__module__", ""))
    if module.startswith("tensorflow.python.ops"):
        return getattr(thing, "__name__", "") in TENSORFLOW_ACTIVATIONS
    return module.startswith("keras.src.") and getattr(thing, "__name__", "") != "<lambda>"
