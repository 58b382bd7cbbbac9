"""Imports, and the digits from loading to labels."""

from __future__ import annotations

from tests.honest.student import Student

LAYERS = "Dense, Activation, BatchNormalization, Dropout, Input, Flatten, ReLU, ELU, LeakyReLU, Rescaling"
IMPORTS = {
    "keras": [
        "from keras.models import Sequential{model}",
        "from keras.layers import {layers}",
        "from keras.optimizers import SGD, Adam, RMSprop, Nadam, Adagrad",
        "from keras import initializers, callbacks",
        "from keras.utils import to_categorical",
        "from keras.datasets import mnist",
    ],
    "keras.layers": [
        "import keras",
        "from keras import layers",
        "from keras.utils import to_categorical",
        "from keras.datasets import mnist",
    ],
    "tf from": [
        "import tensorflow as tf",
        "from tensorflow.keras.models import Sequential{model}",
        "from tensorflow.keras.layers import {layers}",
        "from tensorflow.keras.optimizers import SGD, Adam, RMSprop, Nadam, Adagrad",
        "from tensorflow.keras import initializers, callbacks",
        "from tensorflow.keras.utils import to_categorical",
        "from tensorflow.keras.datasets import mnist",
    ],
    "tf.keras": [
        "import tensorflow as tf",
        "from tensorflow.keras.utils import to_categorical",
        "from tensorflow.keras.datasets import mnist",
    ],
    "old": [
        "from keras.models import Sequential{model}",
        "from keras.layers import {layers}",
        "from keras.layers.core import Dense, Dropout, Activation",
        "from keras.optimizers import SGD, Adam, RMSprop, Nadam, Adagrad",
        "from keras import initializers, callbacks",
        "from keras.utils.np_utils import to_categorical",
        "from keras.datasets import mnist",
    ],
}
UNUSED = (
    "import os",
    "import time",
    "import random",
    "import math",
    "from keras.layers import Conv2D, MaxPooling2D",
    "from sklearn.linear_model import LogisticRegression",
    "from sklearn.preprocessing import LabelEncoder",
    "import sys",
    "from tqdm import tqdm",
    "from collections import Counter",
)
IDX = """\
import gzip
def read_images(name):
    with gzip.open(name, 'rb') as f:
        return np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
def read_labels(name):
    with gzip.open(name, 'rb') as f:
        return np.frombuffer(f.read(), np.uint8, offset=8)
<X_train>, <y_train> = read_images('{at}train-images-idx3-ubyte.gz'), read_labels('{at}train-labels-idx1-ubyte.gz')
<X_test>, <y_test> = read_images('{at}t10k-images-idx3-ubyte.gz'), read_labels('{at}t10k-labels-idx1-ubyte.gz')"""
OPENML = """\
from sklearn.datasets import fetch_openml
digits = fetch_openml('mnist_784', version=1, as_frame=False)
<X_train>, <X_test> = digits.data[:60000], digits.data[60000:]
<y_train>, <y_test> = digits.target[:60000].astype(int), digits.target[60000:].astype(int)"""
NPZ = """\
with np.load('mnist.npz') as f:
    <X_train>, <y_train> = f['x_train'], f['y_train']
    <X_test>, <y_test> = f['x_test'], f['y_test']"""


def imports(s: Student) -> str:
    """What a notebook begins with."""
    model = ", Model" if s.form == "functional" else ""
    lines = [line.format(model=model, layers=LAYERS) for line in IMPORTS[s.api]]
    lines += ["import numpy as np", "import matplotlib.pyplot as plt", "import pandas as pd", "import seaborn as sns"]
    lines.append("from sklearn.model_selection import train_test_split")
    if s.score != "evaluate":
        lines.append("from sklearn.metrics import accuracy_score, classification_report")
    lines += s.some(UNUSED, 0, 3) if s.often(0.4) else []
    if s.often(0.5):
        s.rng.shuffle(lines)
    else:
        lines.sort(key=lambda line: "keras" in line or "tensorflow" in line, reverse=s.often(0.5))
    if s.often(0.15):
        lines += ["import warnings", "warnings.filterwarnings('ignore')"]
    return "\n".join(lines)


def seeds(s: Student) -> str:
    """Seeds, or nothing."""
    seed = s.rng.choice([7, 42, 42, 0, 1, 123, 2024])
    several = f"import random\nrandom.seed({seed})\nnp.random.seed({seed})"
    own = f"tf.random.set_seed({seed})" if s.tensorflow else f"import keras\nkeras.utils.set_random_seed({seed})"
    return s.rng.choice([f"np.random.seed({seed})", own, f"{several}\n{own}"]) if s.often(0.35) else ""


def loaded(s: Student) -> str:
    """Where the digits come from."""
    match s.source:
        case "idx":
            return IDX.format(at=s.pick("", "data/", "/content/drive/MyDrive/mnist/"))
        case "openml":
            return OPENML
        case "npz":
            return NPZ
        case _:
            where = "tf.keras.datasets." if s.tensorflow and s.often(0.4) else ""
            return f"(<X_train>, <y_train>), (<X_test>, <y_test>) = {where}mnist.load_data()"


def looked_at(s: Student) -> str:
    """A look at the digits."""
    n = s.rng.randint(0, 200)
    image = f"<X_train>[{n}].reshape(28, 28)" if s.source == "openml" else f"<X_train>[{n}]"
    shade = s.pick("", "", ", cmap='gray'")
    return "\n".join(
        s.some(
            [
                f"plt.imshow({image}{shade})\nplt.show()\nprint('Label:', <y_train>[{n}])",
                "print(<X_train>.shape, <y_train>.shape, <X_test>.shape, <y_test>.shape)",
                "print('Train:', <X_train>.shape)\nprint('Test:', <X_test>.shape)",
                "print(np.unique(<y_train>, return_counts=True))",
            ],
            0,
            2,
        )
    )


def prepared(s: Student) -> list[str]:
    """From images to what is fitted, as steps."""
    steps = [_flat(s), _part(s)] if s.often(0.75) else [_part(s), _flat(s)]
    steps += [_scaled(s), _labels(s)]
    if s.validation == "apart":
        steps.append(
            "<X_train>, X_val, <y_train>, y_val = train_test_split(<X_train>, <y_train>, test_size=0.3, random_state=1)"
        )
    if s.often(0.5):
        steps.append("print(<X_train>.shape, <X_test>.shape, <y_train>.shape, <y_test>.shape)")
    return [step for step in steps if step]


def _flat(s: Student) -> str:
    if s.flatten_layer or s.source == "openml":
        return ""
    shape = s.pick("({v}.shape[0], -1)", "(-1, 784)", "(len({v}), 28*28)", "({v}.shape[0], 784)")
    return "\n".join(f"{v} = {v}.reshape({shape.format(v=v)})" for v in ("<X_train>", "<X_test>"))


def _part(s: Student) -> str:
    state = s.pick("7", "7", "7", "42")
    both = "<X_train>, <y_train>"
    match s.subset:
        case "split":
            size = s.pick("test_size=0.67", "test_size=0.67", "train_size=0.33", "test_size = 0.67")
            rest = s.pick("<X_train>, _, <y_train>, _", "<X_train>, X_rest, <y_train>, y_rest")
            return f"{rest} = train_test_split({both}, {size}, random_state={state})"
        case "stratified":
            return (
                f"<X_train>, _, <y_train>, _ = train_test_split({both}, "
                f"test_size=0.67, random_state={state}, stratify=<y_train>)"
            )
        case "slice":
            count = s.pick("19800", "20000", "int(len(<X_train>) * 0.33)")
            return f"n = {count}\n<X_train> = <X_train>[:n]\n<y_train> = <y_train>[:n]"
        case "permutation":
            return (
                "idx = np.random.permutation(len(<X_train>))[:19800]\n"
                "<X_train>, <y_train> = <X_train>[idx], <y_train>[idx]"
            )
        case _:
            return ""


def _scaled(s: Student) -> str:
    match s.scale:
        case "255":
            by = s.pick("{v} = {v} / 255.0", "{v} = {v} / 255", "{v} = {v}.astype('float32') / 255", "{v} = {v}/255.")
            return "\n".join(by.format(v=v) for v in ("<X_train>", "<X_test>"))
        case "mean":
            return (
                "mean, std = <X_train>.mean(), <X_train>.std()\n"
                "<X_train> = (<X_train> - mean) / std\n<X_test> = (<X_test> - mean) / std"
            )
        case "standard":
            return (
                "from sklearn.preprocessing import StandardScaler\nscaler = StandardScaler()\n"
                "<X_train> = scaler.fit_transform(<X_train>)\n<X_test> = scaler.transform(<X_test>)"
            )
        case _:
            return ""


def _labels(s: Student) -> str:
    if s.sparse:
        return ""
    rare = s.of(usual=92, eye=4, dummies=2, binarizer=2)
    if rare == "binarizer":
        return (
            "from sklearn.preprocessing import LabelBinarizer\nlb = LabelBinarizer()\n"
            "<y_train> = lb.fit_transform(<y_train>)\n<y_test> = lb.transform(<y_test>)"
        )
    hot = {"eye": "np.eye(10)[{v}]", "dummies": "pd.get_dummies({v}).values.astype('float32')"}.get(
        rare, s.pick("to_categorical({v})", "to_categorical({v})", "to_categorical({v}, 10)")
    )
    return "\n".join(f"{v} = {hot.format(v=v)}" for v in ("<y_train>", "<y_test>"))
