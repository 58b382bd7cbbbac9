"""Runs a whole epoch of Keras's own training steps in one graph, which leaves every bit as plain `fit` leaves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf
from keras.src import tree
from keras.src.trainers.data_adapters import array_slicing, data_adapter_utils
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

from ..describe import loss_name

Base: Any = DataAdapter
CallbackList: Any = keras.callbacks.CallbackList
NO_CHANCE = 20
"""Rows; two random orders of so many are alike once in 20! = 2e18 times."""


class Epochs(Base):  # type: ignore[misc]
    """Arrays in memory that tell Keras they are one batch an epoch; `EpochFunction` cuts that into the real batches.

    Keras takes a data adapter in place of `x`, so `fit` itself stays Keras's own: its order of events, its callbacks,
    its history. Raises what Keras's adapter for arrays raises for data it does not take.
    """

    def __init__(self, x: Any, y: Any, sample_weight: Any = None, **settings: Any) -> None:
        arrays = ArrayDataAdapter(x, y, sample_weight=sample_weight, **settings)
        self.size = int(arrays.batch_size)
        self.steps = int(arrays.num_batches)
        rows = int(x.shape[0])
        inputs = array_slicing.convert_to_sliceable(arrays._inputs, target_backend="tensorflow")  # noqa: SLF001 (Keras keeps them here)
        self.arrays = tuple(tf.convert_to_tensor(array) for array in tree.flatten(inputs))
        self._orders = _shuffled(rows) if settings.get("shuffle") else (tf.range(rows, dtype=tf.int64),)
        self._order: Any = None
        self._always_this = False

    num_batches = 1

    @cached_property
    def batches(self) -> Any:
        """An iterator without batches, but of the type of Keras's own."""
        return _batches(self.arrays, self.size)

    def get_tf_dataset(self) -> Epochs:
        """What `fit` iterates once an epoch."""
        return self

    def __iter__(self) -> Epochs:
        return self

    def __next__(self) -> Any:
        """The order of the rows in the next epoch, (rows,) int64.

        Where there is a seed, Keras draws the same order for every epoch: two alike show it, unless the rows are few.
        """
        if not self._always_this:
            last, self._order = self._order, next(iter(self._orders))
            alike = last is not None and bool(tf.reduce_all(last == self._order))
            self._always_this = alike and self._order.shape[0] >= NO_CHANCE
        return self._order


def _shuffled(rows: int) -> Any:
    """Permutations drawn as `ArrayDataAdapter.get_tf_dataset` draws them: the same operations, hence the same seeds."""

    def permutation(_: Any) -> Any:
        indices = tf.range(rows, dtype=tf.int64)
        return tf.random.shuffle(indices)

    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False  # there is nothing to tune, and its thread takes 20 ms to end
    return tf.data.Dataset.range(1).map(permutation).prefetch(1).with_options(options)


def _batches(arrays: tuple[Any, ...], size: int) -> Any:
    """The size of a batch is known only where all have the same."""
    known = arrays[0].shape[0] % size == 0

    def batch(number: Any) -> tuple[Any, ...]:
        rows = size if known else tf.cast(number, tf.int32)
        return tuple(tf.zeros((rows, *array.shape[1:]), array.dtype) for array in arrays)

    return iter(tf.data.Dataset.range(0).map(batch))


class EpochFunction:
    """What stands in a model's `train_function` or `test_function`; Keras drops it at the next `compile`.

    The single step is a function of its own, as in Keras: traced once for a shape of batch, whatever the data.
    A batch whose size is known while tracing can give other bits than one whose size is not, so the choice is Keras's:
    TensorFlow makes it, from the types of all batches that this function has seen.
    """

    path = "exact"

    def __init__(self, model: Any, step: Callable[[Any], Any]) -> None:
        self._model = model
        self._step = step
        self._one_step = tf.function(step, reduce_retracing=True, autograph=False)
        self._whole_epoch = tf.function(self._steps, autograph=False)
        self._known_size: list[bool] = []
        self._trace_of = tf.function(self._new_trace, reduce_retracing=True, autograph=False)
        self._has_variables = False
        self._keras_function: Any = None

    def __call__(self, iterator: Any) -> Any:
        """One epoch and the metrics after it; batches that come from elsewhere take Keras's own way."""
        if isinstance(iterator, Epochs):
            known = self._known_size[int(self._trace_of(iterator.batches))]
            if not self._has_variables:
                self._has_variables = True
                _make_variables(self._model, iterator.arrays, to_train=self._step == self._model.train_step)
            self._whole_epoch(next(iterator), iterator.arrays, iterator.size, known)
            return self._model.get_metrics_result()
        if not isinstance(iterator, tf.data.Iterator):
            return self._one_step(next(iterator))
        if self._keras_function is None:
            self._keras_function = self._model._make_function(self._step)  # noqa: SLF001 (a callback's own data set)
        return self._keras_function(iterator)

    def _new_trace(self, batches: Any) -> Any:
        self._known_size.append(batches.element_spec[0].shape[0] is not None)
        return tf.constant(len(self._known_size) - 1)

    def _steps(self, order: Any, arrays: Any, size: int, known: bool) -> None:
        rows = order.shape[0]
        steps = -(-rows // size)
        batches = tf.reshape(order, [steps, size]) if known else None

        def one(step: Any) -> Any:
            start = step * size
            batch = tf.slice(order, [start], [tf.minimum(size, rows - start)]) if batches is None else batches[step]
            self._one_step(tuple(tf.gather(array, batch, axis=0) for array in arrays))
            return (step + 1,)

        tf.while_loop(lambda step: step < steps, one, (tf.constant(0),))


def _make_variables(model: Any, arrays: tuple[Any, ...], *, to_train: bool) -> None:
    """Makes what Keras would make in the first step: TensorFlow traces a step that makes variables twice.

    As `CompileMetrics.update_state` and `Optimizer.apply` in Keras make them, so that names and values are the same.
    Not where the step could fail: after a `fit` that failed, Keras has made none of them.
    """
    metrics, optimizer = model._compile_metrics, model.optimizer  # noqa: SLF001 (as the trainer does)
    # A metric that Keras does not know is Keras's to name, in the step.
    with suppress(Exception):
        (taken,), (output,) = model.inputs, model.outputs
        if not _go_together(model.loss, arrays, taken, output):
            return
        if metrics is not None and not metrics.built:
            metrics.build(arrays[1], output)
        if to_train and not optimizer.built and model.trainable_weights:
            with keras.name_scope(optimizer.name, caller=optimizer):
                optimizer.build(list(model.trainable_weights))


def _go_together(loss: Any, arrays: tuple[Any, ...], taken: Any, output: Any) -> bool:
    """Whether the shapes of images, labels and output are what the network and its loss ask for; False if in doubt."""
    name = loss_name(keras, loss)
    if len(arrays) != 2 or not name:  # noqa: PLR2004 (images and labels)
        return False
    images, labels = arrays
    label = () if name.startswith("sparse") else output.shape[1:]
    return tuple(images.shape[1:]) == tuple(taken.shape[1:]) and tuple(labels.shape[1:]) == tuple(label)


class EpochCallbacks(CallbackList):  # type: ignore[misc]
    """Tells the progress bar that the one batch was the last of all."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras counts one batch)
        """The end of the epoch's steps."""
        super().on_train_batch_end(self.params["steps"] - 1, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras counts one batch)
        """The end of the steps of `evaluate`."""
        super().on_test_batch_end(self.params["steps"] - 1, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras counts one batch)
        """The end of the steps of `predict`."""
        super().on_predict_batch_end(self.params["steps"] - 1, logs)


def fit_arguments(model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that make Keras's `fit` train on whole epochs, from those that passed `exact_rules`.

    Raises what Keras raises for data that do not go together.
    """
    data = (given["x"], given["y"], given.get("sample_weight"))
    validation = given.get("validation_data")
    if given.get("validation_split") and validation is None:
        data, validation = array_slicing.train_validation_split(data, validation_split=given["validation_split"])
    size = given.get("batch_size")
    x, y, sample_weight = data
    epochs = Epochs(
        x,
        y,
        sample_weight,
        batch_size=size,
        shuffle=given.get("shuffle", True),
        class_weight=given.get("class_weight"),
    )
    answer = {name: given[name] for name in ("initial_epoch", "validation_freq") if name in given}
    if validation is not None:
        held_out = data_adapter_utils.unpack_x_y_sample_weight(validation)
        answer["validation_data"] = (Epochs(*held_out, batch_size=given.get("validation_batch_size") or size),)
    count = given.get("epochs", 1)
    listeners = _callbacks(model, given, epochs.steps, count, add_history=True)
    return {"x": epochs, "epochs": count, "callbacks": listeners, **answer}


def evaluate_arguments(model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The same for `evaluate`."""
    epochs = Epochs(given["x"], given["y"], given.get("sample_weight"), batch_size=given.get("batch_size"))
    listeners = _callbacks(model, given, epochs.steps, 1, add_history=False)
    return {"x": epochs, "callbacks": listeners, "return_dict": given.get("return_dict", False)}


def _callbacks(model: Any, given: Mapping[str, Any], steps: int, epochs: Any, *, add_history: bool) -> Any:
    verbose = given.get("verbose", "auto")
    # In Keras's order, since `history.params` shows it.
    params = {"verbose": verbose, "epochs": epochs, "steps": steps}
    add = {"add_history": add_history, "add_progbar": verbose != 0}
    return EpochCallbacks(given.get("callbacks"), model=model, **add, **params)
