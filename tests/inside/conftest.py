"""One real run of one notebook that does a bit of everything: a kernel takes long to start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.inside.patches import Patches
from reference import data
from tests.inside.running import Ran, run

RANDOM = """
import random, numpy as np, tensorflow as tf
print(random.random(), np.random.rand(), float(tf.random.uniform(())), keras.random.uniform(()).numpy())
"""
FIT = "model.fit(np.zeros((200, 4)), np.zeros((200, 2)), verbose=0"
TOUR = {
    "imports": "import keras",
    "random numbers": RANDOM,
    "does not parse": "def broken(:\n    pass",
    "after what does not parse": "print('after')",
    # -------------------------------------------------- old names
    "np_utils": """
from keras.utils.np_utils import to_categorical
from keras.utils import np_utils
import keras.utils.np_utils
from tensorflow.keras.utils import np_utils as of_tensorflow
print(to_categorical([1], 3).tolist(), np_utils.to_categorical([1], 3).shape, end=" ")
print(of_tensorflow.to_categorical([2], 3).shape)
print(keras.utils.np_utils.to_categorical([0], 2).tolist())
""",
    "np_utils again": "from keras.utils.np_utils import to_categorical",
    "old layers": """
from keras.layers.core import Dense, Activation, Dropout
from keras.layers.normalization import BatchNormalization
from keras.layers.advanced_activations import LeakyReLU
print(Dense is keras.layers.Dense, LeakyReLU is keras.layers.LeakyReLU)
""",
    "old arguments": """
from tensorflow.keras.optimizers import Adam
sgd = keras.optimizers.SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True)
print(round(float(sgd.learning_rate), 6), sgd.momentum, round(float(Adam(lr=0.002).learning_rate), 6))
keras.optimizers.SGD(lr=0.5)
""",
    "wrong argument": "keras.optimizers.SGD(rate=0.1)",
    "a model": """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", "mse", metrics=["accuracy"])
""",
    "old history": f"""
h = {FIT}, epochs=2)
print(h.history['acc'] == h.history['accuracy'], len(h.history['acc']), sorted(h.history))
""",
    "unknown history": "h.history['nothing']",
    "missing history": "h.history['val_acc']",
    "history as a table": """
import pandas as pd
print(list(pd.DataFrame(h.history)), dict(h.history).keys() == h.history.keys())
""",
    "new history": f"""
model.compile("sgd", "mse", metrics=["acc"])
h = {FIT})
print(h.history['accuracy'] == h.history['acc'])
""",
    # -------------------------------------------------- the data set
    "load_data": """
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
print(x.shape, y.shape, x_test.shape, y_test.shape, x.dtype, int(x[7].sum()))
""",
    "load_data of tf.keras with a path": """
(x2, _), _ = tf.keras.datasets.mnist.load_data(path="/content/drive/mnist.npz")
from tensorflow.keras.datasets import mnist
(x3, _), _ = mnist.load_data("somewhere.npz")
print((x2 == x).all(), (x3 == x).all())
""",
    "files": """
import gzip, os
print(sorted(f for f in os.listdir() if not f.startswith(".")))
print(len(gzip.open("t10k-labels-idx1-ubyte.gz").read()), np.load("mnist.npz")["x_test"].shape)
""",
    "fashion": "keras.datasets.fashion_mnist.load_data()",
    "cifar": "tf.keras.datasets.cifar10.load_data()",
    # -------------------------------------------------- figures
    "pyplot": """
%matplotlib inline
import matplotlib.pyplot as plt
plt.plot([0.25, float('nan')]); plt.plot([1, 2], [3, 4], [5, 6], [7, 8]); plt.show()
""",
    "axes": "fig, ax = plt.subplots(); ax.plot(np.float32([0.125, 0.5]), label='accuracy')",
    "pandas": "pd.DataFrame({'accuracy': [0.1, 0.2], 'val_accuracy': [0.3, 0.4]}).plot()",
    "seaborn": "import seaborn as sns; sns.lineplot(x=[0, 1], y=[0.6, 0.7])",
    "points": """
plt.scatter(range(3), np.float32([0.5, 0.25, 0.75])); plt.scatter(np.zeros(2000), np.zeros(2000))
pd.DataFrame({'e': [0, 1], 'a': [0.1, 0.2]}).plot.scatter('e', 'a')
""",
    "bars": """
plt.bar(range(2), [0.5, 0.25]); plt.errorbar([0, 1], [0.1, 0.2], yerr=0.1); plt.show()
pd.DataFrame({'a': [0.3, 0.4]}).plot.bar()
""",
    "a line that grows": """
grown, = plt.plot([], [])
grown.set_data([0, 1], [0.5, 0.625]); grown.set_ydata([0.5, 0.75]); plt.show()
""",
    "categories": "plt.plot(['a', 'b'], ['p', 'q']); plt.show()",
    "dates": "import datetime; plt.plot([1], [datetime.date(2024, 8, 14)]); plt.show()",
    "an empty figure": "plt.figure(); plt.plot([]); plt.imshow(x[7])",
    # -------------------------------------------------- errors
    "raises": "print('before'); 1 / 0; print('behind')",
    "a long message": "raise ValueError('y' * 5_000_000)",
    "input": "input('Your name? ')",
    "sys.exit": "import sys; sys.exit(3)",
    "after sys.exit": "print('still here')",
    "only a comment": "# nothing here",
    # -------------------------------------------------- output
    "a million letters": "print('x' * 1_000_000)",
    "many prints": "for n in range(30_000): print('line', n)",
    "warnings": "import warnings; warnings.warn('careful'); print('on')",
    "shell": "!echo hello",
    # -------------------------------------------------- what fit refuses
    "epochs of None": f"{FIT}, epochs=None)",
    "epochs of text": f"{FIT}, epochs='ten')",
    "batch of text": f"{FIT}, batch_size='ten')",
    "a split of text": f"{FIT}, validation_split='half')",
    "no features": "model.fit(np.zeros((200, 0)), np.zeros((200, 2)), verbose=0)",
    "an unknown argument": f"{FIT}, nonsense=3)",
    "a metric of many values": f"""
model.compile("sgd", "mse", metrics=[keras.metrics.F1Score()])
{FIT})
model.evaluate(np.zeros((200, 4)), np.zeros((200, 2)), verbose=0)
""",
    "warnings are errors": """
np.seterr(all="raise"); warnings.simplefilter("error")
model.predict(np.full((200, 4), np.inf, np.float32), verbose=0)
warnings.resetwarnings(); np.seterr(all="warn")
""",
    "the grader's own name": """
%load_ext grader
%reload_ext grader
import grader
%grader check
grader.check(model, stage="dropout")
print("went on")
""",
    "who": "print(__name__, '__file__' in globals())",
}
NUMBERS = {name: number for number, name in enumerate(TOUR, 1)}


@pytest.fixture
def patches() -> Iterator[Patches]:
    """What is installed through it is undone after the test."""
    made = Patches()
    yield made
    made.undo()


@pytest.fixture(scope="session")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set as it is mounted into a sandbox."""
    folder = tmp_path_factory.mktemp("mnist")
    data.write_folder(folder)
    return folder


@pytest.fixture(scope="session")
def tour(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    return run(tmp_path_factory.mktemp("tour"), mnist, list(TOUR.values()))
