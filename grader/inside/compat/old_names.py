"""What earlier Keras, TensorFlow and NumPy called otherwise: old names, and what they are today.

Data only; paths are relative to `keras`, and hold for `tensorflow.keras` too. `old_entries` says what a student is told
of each, `legacy` makes each work, and `tests/inside/compat` tries each, by its kind, against today's name.
"""

from __future__ import annotations

from collections.abc import Mapping

MODULES: Mapping[str, str] = {
    "utils.np_utils": "utils",
    "utils.vis_utils": "utils",
    "utils.visualize_util": "utils",
    "utils.layer_utils": "utils",
    "utils.data_utils": "utils",
    "utils.generic_utils": "utils",
    "utils.io_utils": "utils",
    "utils.all_utils": "utils",
    "utils.training_utils": "utils",
    "layers.core": "layers",
    "layers.core.dense": "layers",
    "layers.core.dropout": "layers",
    "layers.core.activation": "layers",
    "layers.normalization": "layers",
    "layers.normalization.batch_normalization": "layers",
    "layers.normalization.batch_normalization_v1": "layers",
    "layers.advanced_activations": "layers",
    "layers.activation": "layers",
    "layers.regularization": "layers",
    "layers.reshaping": "layers",
    "layers.embeddings": "layers",
    "layers.convolutional": "layers",
    "layers.pooling": "layers",
    "layers.recurrent": "layers",
    "layers.merge": "layers",
    "layers.noise": "layers",
    "layers.local": "layers",
    "layers.wrappers": "layers",
    "layers.experimental": "layers",
    "layers.experimental.preprocessing": "layers",
    "engine": "layers",
    "engine.topology": "layers",
    "engine.base_layer": "layers",
    "engine.input_layer": "layers",
    "engine.training": "models",
    "engine.sequential": "models",
    "engine.functional": "models",
    "optimizers.experimental": "optimizers",
    "optimizers.optimizer_v1": "optimizers",
    "optimizers.optimizer_v2": "optimizers",
    "optimizers.optimizer_v2.adam": "optimizers",
    "optimizers.optimizer_v2.gradient_descent": "optimizers",
    "optimizers.adam_v2": "optimizers",
    "optimizers.gradient_descent_v2": "optimizers",
    "optimizers.rmsprop_v2": "optimizers",
    "optimizers.adagrad_v2": "optimizers",
    "optimizers.learning_rate_schedule": "optimizers.schedules",
    "optimizer_v2": "optimizers",
    "optimizer_v2.adam": "optimizers",
    "optimizer_v2.gradient_descent": "optimizers",
    "optimizer_v2.rmsprop": "optimizers",
    "callbacks.callbacks": "callbacks",
    "callbacks.tensorboard_v1": "callbacks",
    "callbacks_v1": "callbacks",
    "objectives": "losses",
    "initializations": "initializers",
    "initializers.initializers_v1": "initializers",
    "initializers.initializers_v2": "initializers",
    "backend.tensorflow_backend": "backend",
    "backend.common": "backend",
    "wrappers.scikit_learn": "wrappers",
    "datasets.mnist.mnist": "datasets.mnist",
}
"""Modules that Keras 3 has dropped, and where their names live now."""

PREFIXES: Mapping[str, str] = {
    "tensorflow_core.python.keras.api._v2.keras": "tensorflow.keras",
    "tensorflow_core.python.keras": "tensorflow.keras",
    "tensorflow_core.keras": "tensorflow.keras",
    "tensorflow_core": "tensorflow",
    "tensorflow.python.keras.api._v2.keras": "tensorflow.keras",
    "tensorflow.python.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.api.keras": "tensorflow.keras",
    "tensorflow.contrib.keras": "tensorflow.keras",
    "tensorflow.compat.v1.keras": "tensorflow.keras",
    "tensorflow.compat.v2.keras": "tensorflow.keras",
    "keras.api._v2.keras": "keras",
    "keras.api._v1.keras": "keras",
    "keras.api": "keras",
    "tf_keras": "keras",
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.externals.joblib": "joblib",
    "sklearn.preprocessing.data": "sklearn.preprocessing",
    "sklearn.preprocessing.label": "sklearn.preprocessing",
}
"""Whole packages under other names, the longest first; some are there, but hold a Keras of their own (2.x)."""

OPTIMIZERS = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "AdamW")

NAMES: Mapping[str, str] = {
    **{f"optimizers.legacy.{name}": f"optimizers.{name}" for name in OPTIMIZERS},
    "optimizers.sgd": "optimizers.SGD",
    "optimizers.adam": "optimizers.Adam",
    "optimizers.rmsprop": "optimizers.RMSprop",
    "optimizers.RMSProp": "optimizers.RMSprop",
    "optimizers.adagrad": "optimizers.Adagrad",
    "optimizers.adadelta": "optimizers.Adadelta",
    "optimizers.adamax": "optimizers.Adamax",
    "optimizers.nadam": "optimizers.Nadam",
    "initializers.normal": "initializers.RandomNormal",
    "initializers.uniform": "initializers.RandomUniform",
    "initializers.one": "initializers.Ones",
    "initializers.zero": "initializers.Zeros",
    "constraints.maxnorm": "constraints.MaxNorm",
    "constraints.nonneg": "constraints.NonNeg",
    "constraints.unitnorm": "constraints.UnitNorm",
    "regularizers.l1l2": "regularizers.L1L2",
    "regularizers.WeightRegularizer": "regularizers.L1L2",
    "layers.BatchNormalizationV1": "layers.BatchNormalization",
    "layers.BatchNormalizationV2": "layers.BatchNormalization",
    "layers.CuDNNLSTM": "layers.LSTM",
    "layers.CuDNNGRU": "layers.GRU",
    "layers.AtrousConvolution2D": "layers.Conv2D",
    "layers.SyncBatchNormalization": "layers.BatchNormalization",
    "layers.Sequential": "models.Sequential",
    "layers.Model": "models.Model",
    "models.Input": "layers.Input",
    "models.model_from_yaml": "models.model_from_json",
    "utils.plot": "utils.plot_model",
    "metrics.accuracy": "metrics.categorical_accuracy",
    "metrics.mse": "metrics.mean_squared_error",
    "metrics.mae": "metrics.mean_absolute_error",
    "losses.mse": "losses.mean_squared_error",
    "losses.mae": "losses.mean_absolute_error",
    "losses.cosine_proximity": "losses.cosine_similarity",
    "losses.kullback_leibler_divergence": "losses.kl_divergence",
    "backend.image_dim_ordering": "backend.image_data_format",
}
"""Names inside modules that are there."""

_GENERATOR = ("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker", "pickle_safe")
DROPPED = ""
"""What it stood for made no difference to the result, or is what Keras 3 does anyway."""

DECAY = "learning_rate=keras.optimizers.schedules.InverseTimeDecay"
"""Of rate, 1 and decay: rate / (1 + decay * steps), which is what the old argument computed."""

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    **{f"optimizers.{name}": {"lr": "learning_rate", "decay": DECAY} for name in OPTIMIZERS},
    "layers.Layer": {"batch_input_shape": "input_shape"},
    "layers.Dense": {
        "output_dim": "units",
        "init": "kernel_initializer",
        "bias": "use_bias",
        "W_regularizer": "kernel_regularizer",
        "b_regularizer": "bias_regularizer",
        "W_constraint": "kernel_constraint",
        "b_constraint": "bias_constraint",
    },
    "layers.Dropout": {"p": "rate"},
    "layers.GaussianNoise": {"sigma": "stddev"},
    "layers.BatchNormalization": {
        "mode": DROPPED,
        "beta_init": "beta_initializer",
        "gamma_init": "gamma_initializer",
        "fused": DROPPED,
        "virtual_batch_size": DROPPED,
    },
    "layers.PReLU": {"init": "alpha_initializer"},
    "regularizers.L1": {"l": "l1"},
    "regularizers.L2": {"l": "l2"},
    "constraints.MaxNorm": {"m": "max_value"},
    "initializers.VarianceScaling": {"dist": "distribution"},
    "utils.to_categorical": {"y": "x", "nb_classes": "num_classes", "dtype": DROPPED},
    "callbacks.ModelCheckpoint": {"period": DROPPED, "load_weights_on_restart": DROPPED},
    "callbacks.TensorBoard": {"write_grads": DROPPED, "batch_size": DROPPED, "embeddings_layer_names": DROPPED},
    "Model": {"input": "inputs", "output": "outputs"},
    "Model.compile": {
        "sample_weight_mode": DROPPED,
        "target_tensors": DROPPED,
        "class_mode": DROPPED,
        "experimental_run_tf_function": DROPPED,
    },
    "Model.fit": {"nb_epoch": "epochs", "show_accuracy": DROPPED, **dict.fromkeys(_GENERATOR, DROPPED)},
    "Model.evaluate": {"show_accuracy": DROPPED, **dict.fromkeys(_GENERATOR, DROPPED)},
    "Model.predict": dict.fromkeys(_GENERATOR, DROPPED),
    "Model.save": {"save_format": DROPPED},
    "Model.save_weights": {"save_format": DROPPED},
}
"""Arguments of classes, functions and methods, and what they are called now."""

METHODS: Mapping[str, str] = {
    "Model.predict_classes": "model.predict(x).argmax(axis=-1)",
    "Model.predict_proba": "model.predict(x)",
    "Model.fit_generator": "model.fit(generator)",
    "Model.evaluate_generator": "model.evaluate(generator)",
    "Model.predict_generator": "model.predict(generator)",
    "Model.to_yaml": "model.to_json()",
    "Model.metrics_names": "model.evaluate(x, y, return_dict=True)",
    "Optimizer.lr": "optimizer.learning_rate",
    "Layer.input_shape": "layer.input.shape",
    "Layer.output_shape": "layer.output.shape",
}
"""Methods and properties that are gone, and what to write."""

BACKEND: Mapping[str, str] = {
    "get_session": "leave it out: TensorFlow 2 has no sessions",
    "set_session": "leave it out: TensorFlow 2 has no sessions",
    "set_learning_phase": "write model(x, training=True)",
    "learning_phase": "write model(x, training=True)",
    "set_image_dim_ordering": "write keras.backend.set_image_data_format('channels_last')",
    "get_value": "write variable.numpy()",
    "set_value": "write variable.assign(value)",
}
"""Functions of `keras.backend` that have no successor; whatever else is missing there is taken from `tf.keras`."""

METRICS: Mapping[str, str] = {"acc": "accuracy", "val_acc": "val_accuracy"}
"""What Keras called the accuracy before version 2.3, in `history.history`, `logs` and `monitor=`."""

TENSORFLOW: Mapping[str, str] = {
    "set_random_seed": "random.set_seed",
    "random.set_random_seed": "random.set_seed",
    "Session": "compat.v1.Session",
    "InteractiveSession": "compat.v1.InteractiveSession",
    "ConfigProto": "compat.v1.ConfigProto",
    "GPUOptions": "compat.v1.GPUOptions",
    "placeholder": "compat.v1.placeholder",
    "global_variables_initializer": "compat.v1.global_variables_initializer",
    "get_default_graph": "compat.v1.get_default_graph",
    "reset_default_graph": "compat.v1.reset_default_graph",
    "enable_eager_execution": "compat.v1.enable_eager_execution",
    "logging": "compat.v1.logging",
    "truncated_normal": "random.truncated_normal",
    "random_normal": "random.normal",
    "random_uniform": "random.uniform",
    "log": "math.log",
    "train.AdamOptimizer": "keras.optimizers.Adam",
    "train.GradientDescentOptimizer": "keras.optimizers.SGD",
    "train.RMSPropOptimizer": "keras.optimizers.RMSprop",
    "train.AdagradOptimizer": "keras.optimizers.Adagrad",
}
"""Names of TensorFlow 1, relative to `tensorflow`."""

GRAPH_MODE: tuple[str, ...] = (
    "compat.v1.disable_eager_execution",
    "compat.v1.disable_v2_behavior",
    "compat.v1.disable_v2_tensorshape",
)
"""What would take from Keras 3 the ground that it stands on; called, it does nothing."""


NUMPY: Mapping[str, str] = {
    "float": "float",
    "int": "int",
    "bool": "bool",
    "object": "object",
    "str": "str",
    "float_": "np.float64",
    "int0": "np.intp",
    "Inf": "np.inf",
    "Infinity": "np.inf",
    "NaN": "np.nan",
    "NAN": "np.nan",
    "product": "np.prod",
    "cumproduct": "np.cumprod",
    "alltrue": "np.all",
    "sometrue": "np.any",
    "round_": "np.round",
    "in1d": "np.isin",
    "row_stack": "np.vstack",
}
"""Names that NumPy has dropped since 1.20."""
