"""Private names of Keras, TensorFlow, ipykernel and nbclient on which we rely: they may be gone in any later version.

Each has its reason, and what comes of it where it is missing. `python -m grader.inside.private_names` says which are
missing in the installed versions; `grader doctor` asks it before a class is run. What is replaced stands in `patches`.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

SLOWER = "training is slower"
"""What comes of it; the bits are the same."""
UNSEEN = "no training is recorded, and nothing can be graded"
OTHER_SEEDS = "the same code no longer earns the same mark"
OLD_CODE = "programs for older versions of Keras fail"
NO_DOWNLOADS = "programs that fetch MNIST by keras.utils.get_file fail"
WRONG_NAMES = "errors do not name the student's cell"


@dataclass(frozen=True, slots=True)
class Private:
    """One name: a dotted path from a module, or from one of `EXAMPLES`."""

    name: str
    why: str
    without: str

    @property
    def stops(self) -> bool:
        """Whether grading must not go on without it."""
        return self.without != SLOWER


ADAPTERS = "keras.src.trainers.data_adapters"
DATASETS = (
    "mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters", "boston_housing", "california_housing",
)  # fmt: skip
TABLE: tuple[Private, ...] = (
    # ------------------------------------------------------------ the recorder
    Private("keras.src.optimizers.base_optimizer.BaseOptimizer.apply", "every optimizer's steps go through it", UNSEEN),
    Private("fit's word _use_cached_eval_dataset", "tells Keras's own evaluation in a fit from a student's", UNSEEN),
    Private("optimizer._iterations", "steps done, also where gradients are accumulated", UNSEEN),
    Private("keras.src.models.functional.Functional", "a class of Keras's own, known by identity", UNSEEN),
    Private("keras.src.api_export.get_name_from_symbol", "by which name Keras describes a class", UNSEEN),
    Private("keras.src.saving.serialization_lib.serialize_keras_object", "describes whatever is described", UNSEEN),
    Private("keras.src.saving.serialization_lib.serialize_dict", "describes it where compile cannot be", UNSEEN),
    Private("keras.Model._flatten_layers", "all layers, by the method that the class had", UNSEEN),
    Private("ipykernel.compiler.XCachingCompiler.get_code_name", "gives the code of a cell its name", WRONG_NAMES),
    Private("ipykernel.compiler.XCachingCompiler.format_code_name", "gives it in a traceback", WRONG_NAMES),
    Private("ipykernel.kernelbase.Kernel.raw_input", "what ipykernel puts in the place of input", UNSEEN),
    Private("ipykernel.kernelbase.Kernel.getpass", "what it puts in the place of getpass", UNSEEN),
    Private("nbclient.NotebookClient.process_message", "a cell's output is bounded as it comes in", UNSEEN),
    Private("nbclient.NotebookClient.start_new_kernel", "hands the kernel its folder and the trace's pipe", UNSEEN),
    Private("keras.Model._maybe_build", "a call of a model passes here, whose __call__ stays Keras's own", UNSEEN),
    Private("keras.src.backend.common.global_state.get_global_attribute", "if a layer is being called", UNSEEN),
    Private(f"{ADAPTERS}.py_dataset_adapter.PyDatasetAdapter._standardize_batch", "batches pass here", UNSEEN),
    Private("shuffled._input_dataset", "a data set of TensorFlow is read without shuffling", UNSEEN),
    Private("batched._batch_size", "the same", UNSEEN),
    Private("batched._drop_remainder", "the same", UNSEEN),
    Private("mapped._map_func", "the same", UNSEEN),
    Private("mapping._func", "the same", UNSEEN),
    Private("taken._count", "the same", UNSEEN),
    Private("zipped._datasets", "the same", UNSEEN),
    Private("joined._input_datasets", "the same", UNSEEN),
    # ------------------------------------------------------------ seeds
    Private("keras.src.initializers.random_initializers.RandomInitializer", "which initializers draw", OTHER_SEEDS),
    Private("keras.src.random.seed_generator.SeedGenerator", "what it draws from, made later", OTHER_SEEDS),
    Private("keras.src.random.seed_generator.GLOBAL_SEED_GENERATOR", "where keras.random's stream lies", OTHER_SEEDS),
    Private("keras.src.backend.common.global_state.set_global_attribute", "puts one of ours there", OTHER_SEEDS),
    Private("tensorflow.python.eager.context.Context.ensure_initialized", "begins with our threads", OTHER_SEEDS),
    Private("tensorflow.python.eager.context.global_seed", "whether the student has seeded TensorFlow", OTHER_SEEDS),
    Private("model._flatten_layers", "the public layers stops at nested models", OTHER_SEEDS),
    Private("layer._seed_generators", "dropout's and noise's own streams are found nowhere else", OTHER_SEEDS),
    Private("layer._trainable_variables", "a layer's own variables without its children's", OTHER_SEEDS),
    Private("layer._non_trainable_variables", "the same", OTHER_SEEDS),
    Private("generator._initial_seed", "whether somebody gave a stream its seed", OTHER_SEEDS),
    Private("initializer._init_seed", "whether somebody gave it a seed: the public one is set either way", OTHER_SEEDS),
    # ------------------------------------------------------------ data sets and old names
    *(
        Private(f"keras.src.datasets.{name}.get_file", "load_data looks it up here, under whatever alias", UNSEEN)
        for name in DATASETS
    ),
    Private("keras.src.utils.file_utils.urlretrieve", "get_file downloads by it, under whatever alias", NO_DOWNLOADS),
    Private("keras.src.utils.file_utils.validate_file", "get_file holds a file against its digest by it", NO_DOWNLOADS),
    Private("keras._tf_keras.keras", "tf.keras, which has kept some old names", OLD_CODE),
    Private("keras.src.models.functional.Functional.__init__", "Model(input=…) is made here", OLD_CODE),
    Private("keras.src.utils.python_utils.pythonify_logs", "hands the logs to all callbacks", OLD_CODE),
    Private("optimizer._check_variables_are_known", "whether an optimizer has trained another model", OLD_CODE),
    Private("tensorflow.python.util.dispatch._GLOBAL_DISPATCHERS", "TensorFlow asks them about tensors", OLD_CODE),
    Private("model._compile_metrics", "what compile was asked for, before the first step", OLD_CODE),
    Private("metrics._user_metrics", "the same, in the student's words", OLD_CODE),
    # ------------------------------------------------------------ a whole epoch in one graph
    Private("keras.src.tree.flatten", "takes callbacks and arrays apart as Keras does", SLOWER),
    Private("keras.src.backend.config.max_epochs", "whether Keras is set to stop early", SLOWER),
    Private("keras.src.backend.config.max_steps_per_epoch", "the same for steps", SLOWER),
    Private("keras.src.layers.core", "where layers live whose bits were compared", SLOWER),
    Private("tensorflow.python.framework.config.is_op_determinism_enabled", "with it other operations run", SLOWER),
    Private("tensorflow.python.ops", "where TensorFlow's own activations live", SLOWER),
    Private(f"{ADAPTERS}.array_slicing.convert_to_sliceable", "rows are cut as Keras cuts them", SLOWER),
    Private(f"{ADAPTERS}.array_slicing.train_validation_split", "held out as Keras holds them out", SLOWER),
    Private(f"{ADAPTERS}.data_adapter_utils.unpack_x_y_sample_weight", "validation data as Keras reads them", SLOWER),
    Private(f"{ADAPTERS}.array_data_adapter.ArrayDataAdapter", "refuses what Keras refuses", SLOWER),
    Private(f"{ADAPTERS}.data_adapter.DataAdapter", "what fit takes in the place of x", SLOWER),
    Private("arrays._inputs", "the arrays as Keras has converted them", SLOWER),
    Private("model._make_function", "for batches that come from elsewhere", SLOWER),
    Private("functional._operations", "all that a functional network is made of, layers and others", UNSEEN),
    Private("operation._inbound_nodes", "how a layer is called, of which Keras's description may say nothing", UNSEEN),
    Private("operation._outbound_nodes", "what is noted of calls that are ours is taken back", UNSEEN),
    Private("layer._losses", "what a call adds to them is taken back where the call is ours", UNSEEN),
    Private("built._build_shapes_dict", "for what a model by a class of its own was built", UNSEEN),
    Private("tensor._keras_history", "from which layer a tensor comes", UNSEEN),
    Private("context._rng", "what TensorFlow draws seeds from is put back after a trial", UNSEEN),
    Private("functional._outputs_struct", "whether a model has one output", SLOWER),
    Private("metrics._user_weighted_metrics", "whether a metric is the student's own", SLOWER),
    Private("metric._fn", "the function that a metric wraps", SLOWER),
    Private("optimizer._learning_rate", "a schedule of the student's own", SLOWER),
    Private("checkpoint._should_save_on_batch", "what ModelCheckpoint does between batches", SLOWER),
)  # fmt: skip


def _examples() -> Mapping[str, Callable[[], Any]]:
    """Objects on which a private attribute is looked for, since a class does not show what it sets on itself."""
    import keras
    import numpy as np
    import tensorflow as tf

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    array = np.zeros((2, 2), np.float32)
    rows = tf.data.Dataset.from_tensor_slices(array)
    return {
        "shuffled": lambda: rows.shuffle(2),
        "batched": lambda: rows.batch(2),
        "mapped": lambda: rows.map(lambda row: row),
        "mapping": lambda: rows.map(lambda row: row)._map_func,  # noqa: SLF001 (in the table)
        "taken": lambda: rows.take(1),
        "joined": lambda: rows.concatenate(rows),
        "zipped": lambda: tf.data.Dataset.zip((rows, rows)),
        "model": lambda: model,
        "built": lambda: model.layers[0],
        "functional": lambda: keras.Model(model.inputs, model.outputs),
        "layer": lambda: model.layers[0],
        "operation": lambda: model.layers[0],
        "tensor": lambda: model.outputs[0],
        "optimizer": lambda: model.optimizer,
        "metrics": lambda: model._compile_metrics,  # noqa: SLF001 (in the table)
        "metric": lambda: keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error),
        "initializer": keras.initializers.GlorotUniform,
        "generator": keras.random.SeedGenerator,
        "checkpoint": lambda: keras.callbacks.ModelCheckpoint("model.keras"),
        "arrays": lambda: _at(f"{ADAPTERS}.array_data_adapter.ArrayDataAdapter")(array, array),
        "context": _seeded_context,
        "fit's word _use_cached_eval_dataset": lambda: _says(keras.Model.fit, "_use_cached_eval_dataset"),
    }


def _seeded_context() -> Any:
    """Not that of this process, which may have a seed already."""
    made = _at("tensorflow.python.eager.context.Context")()
    made._set_global_seed(1)  # noqa: SLF001 (made by it)
    return made


def missing(table: tuple[Private, ...] = TABLE) -> list[Private]:
    """Those that the installed versions do not have."""
    examples = _examples()
    return [private for private in table if not _is_there(private.name, examples)]


def _is_there(name: str, examples: Mapping[str, Callable[[], Any]]) -> bool:
    start, _, attribute = name.partition(".")
    try:
        if start not in examples:
            _at(name)
        elif attribute:
            getattr(examples[start](), attribute)
        else:
            return bool(examples[start]())
    except Exception:  # noqa: BLE001 (however a later version fails, the name is not there as we need it)
        return False
    return True


def _at(path: str) -> Any:
    """What stands at a dotted path, whose first parts are modules; TensorFlow's own are no attributes of each other."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        with suppress(ImportError):
            module = importlib.import_module(".".join(parts[:end]))
            return functools.reduce(getattr, parts[end:], module)
    raise ImportError(path)


def _says(function: Any, word: str) -> bool:
    """Whether a function's code names a keyword; Keras wraps its methods."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return any(word in constant for constant in function.__code__.co_consts if isinstance(constant, tuple))


def main() -> None:
    """Prints a JSON list: each missing name with its reason, what comes of it, and whether that stops grading."""
    json.dump([[one.name, one.why, one.without, one.stops] for one in missing()], sys.stdout)


if __name__ == "__main__":
    main()
