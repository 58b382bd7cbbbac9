"""What a notebook expects around it is stood in for where that does no harm, and named where it is needed."""

from pathlib import Path

import pytest

from grader.evidence.trace import AdvisoryEvent, Fault, Load
from tests.inside.running import Ran, run

CELLS = {
    "imports": """
from sklearn.preprocessing import StandardScaler, Imputer
import my_helpers as H, torch
from my_helpers import draw
import plotly.graph_objs as go
import numpy as np, sklearn.nothing
from sklearn.externals import joblib
from sklearn.cross_validation import train_test_split
print(StandardScaler.__name__, go.Figure().show(), train_test_split.__module__, joblib.__name__)
""",
    "use of a helper": "H.draw(1)",
    "use of a name": "Imputer()",
    "the packages are there still": "import sklearn; print(sklearn.preprocessing.StandardScaler is StandardScaler)",
    "a try of the student's own": """
try:
    import cupy
except ImportError:
    print('without')
""",
    "colab": """
from google.colab import drive, files
drive.mount('/content/drive', force_remount=True)
uploaded = files.upload()
import os; os.chdir('/content/drive/My Drive')
%cd /content/drive
print(uploaded, os.path.basename(os.getcwd()))
""",
    "magics": """
%tensorflow_version 1.x
%matplotlib notebook
%load_ext tensorboard
%config InlineBackend.figure_format = 'retina'
!pip install keras==2.2 && echo installed
!wget http://yann.lecun.com/x.gz
!echo there
%pip install foo
print('end')
""",
    "a cell magic": "%%shell_of_colab\nz = 5\nprint(z)",
    "time": "%%time\nz = 6\nprint(z)",
    "line time": "%time q = z + 1\nprint(q)",
    "screen": """
import matplotlib; matplotlib.use('TkAgg')
import matplotlib.pyplot as plt
plt.switch_backend('Qt5Agg'); plt.style.use('seaborn-whitegrid'); plt.style.use('ggplot')
plt.plot([1, 2]); plt.show()
""",
    "old numpy": "print(np.float(3), np.NaN, np.in1d([1], [1]), np.nothing if hasattr(np, 'nothing') else 'none')",
    "one hot": "from sklearn.preprocessing import OneHotEncoder; print(OneHotEncoder(sparse=False).sparse_output)",
    "openml": """
from sklearn.datasets import fetch_openml, load_digits
bunch = fetch_openml('mnist_784', version=1, cache=False)
print(type(bunch.data).__name__, bunch['data'].shape, bunch.target.iloc[:3].tolist())
X, y = fetch_openml('mnist_784', version=1, return_X_y=True, as_frame=False)
print(type(X).__name__, X.dtype, y[:3].tolist())
del bunch, X, y
""",
    "another openml": "fetch_openml('adult')",
    "mldata": """
from sklearn.datasets import fetch_mldata
old = fetch_mldata('MNIST original'); print(old.data.shape, old.target[[0, 59999, 60000, 69999]].tolist()); del old
""",
    "files": """
import gzip, struct, urllib.request
with np.load('/content/drive/My Drive/mnist.npz') as f: print(f['x_test'].shape)
with open('../input/t10k-labels.idx1-ubyte', 'rb') as f:
    print(struct.unpack('>II', f.read(8)), np.fromfile(f, dtype=np.uint8)[:3])
print(len(gzip.open(r'C:\\mnist\\t10k-labels-idx1-ubyte.gz').read()))
urllib.request.urlretrieve('https://example.org/mnist.npz', 'fetched.npz'); print(np.load('fetched.npz')['y_test'][:3])
import idx2numpy; print(idx2numpy.convert_from_file('t10k-labels-idx1-ubyte.gz')[:3])
""",
    "keras's downloads": """
import keras, tensorflow as tf
site = 'https://storage.googleapis.com/tensorflow/tf-keras-datasets/'
digest = '731c5ac602752760c8e48fbffcf8c3b876d9c2b2ceca5b3ea1bd9cb3d5c5c4b1'
with np.load(keras.utils.get_file('mnist.npz', site + 'mnist.npz', file_hash=digest)) as f: print(f['y_test'][:3])
named = tf.keras.utils.get_file(fname='digits.npz', origin=site + 'mnist.npz', cache_dir='.', cache_subdir='data')
with np.load(named) as f: print(f['x_train'].shape)
site = 'http://yann.lecun.com/exdb/mnist/'
packed = keras.utils.get_file(origin=site + 't10k-labels-idx1-ubyte.gz')
print(np.frombuffer(gzip.open(packed).read(), np.uint8, offset=8)[:3])
""",
    "python's downloads": """
import io, requests
from urllib.request import Request, urlopen
with urlopen(Request('https://example.org/mnist.npz?raw=1')) as f: print(np.load(io.BytesIO(f.read()))['y_test'][:3])
got = requests.get('https://example.org/data/t10k-labels-idx1-ubyte.gz', timeout=5)
got.raise_for_status(); print(got.ok, np.frombuffer(gzip.decompress(got.content), np.uint8, offset=8)[:3])
""",
    "colab's tables": """
import pandas as pd
small = pd.read_csv('/content/sample_data/mnist_train_small.csv', header=None)
test = pd.read_csv('sample_data/mnist_test.csv', header=None)
print(small.shape, small[0][:3].tolist(), test.shape, test[0][:3].tolist())
(x, y), (x_test, _) = keras.datasets.mnist.load_data()
print((small.values[:, 1:] == x[:20000].reshape(-1, 784)).all(), (test.values[:, 1:] == x_test.reshape(-1, 784)).all())
""",
    "tensorboard": """
log = keras.callbacks.TensorBoard(log_dir='logs', histogram_freq=1)
class Logs(keras.callbacks.TensorBoard):
    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, {**logs, 'lr': self.model.optimizer.learning_rate.numpy()})
with tf.summary.create_file_writer('logs').as_default(): tf.summary.scalar('lr', 0.1, step=1)
small = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
small.compile('sgd', 'mse')
small.fit(np.ones((8, 4)), np.ones((8, 2)), epochs=2, verbose=0, callbacks=[log, Logs()])
print(small.history.epoch)
""",
    "tutorials of TensorFlow 1": """
from tensorflow.contrib.learn.python.learn.datasets.mnist import read_data_sets
first = read_data_sets('MNIST_data', one_hot=True)
second = tf.contrib.learn.datasets.load_dataset('mnist')
third = tf.examples.tutorials.mnist.input_data.read_data_sets('MNIST_data')
print(first.train.labels.shape, second.test.images.shape, third.validation.labels[:3])
""",
    "a picture of a network": """
from IPython.display import Image, display
keras.utils.plot_model(small, to_file='small.png', show_shapes=True)
display(Image('small.png'))
print(plt.imread('small.png').shape)
""",
    "old ways to write": """
h = x_in = keras.Input(shape=(784))
for _ in range(2): h = tf.nn.relu(keras.layers.Dense(4, activation='ELU')(h))
old = keras.Model(x_in, tf.nn.softmax(keras.layers.Dense(10)(h)))
old.compile(keras.optimizers.SGD(lr=1), 'categorical_crossentropy'); old.save('old.h5', save_format='h5')
old.save_weights('old_weights', save_format='tf'); old.load_weights('old_weights')
print([type(layer).__name__ for layer in old.layers], len(keras.models.model_from_yaml(old.to_yaml()).layers))
""",
    "no GPU": "gpus = tf.config.list_physical_devices('GPU'); print(gpus, len(gpus), gpus == [])",
    "the first GPU": """
tf.config.experimental.set_memory_growth(gpus[0], True)
tf.config.set_visible_devices(gpus[0], 'GPU')
tf.config.set_logical_device_configuration(gpus[0], [tf.config.LogicalDeviceConfiguration(memory_limit=1024)])
with tf.device(gpus[0].name): print(float(tf.add(1.0, 2.0)), tf.config.experimental.get_device_details(gpus[-1]))
""",
    "another download": "keras.utils.get_file('cats.zip', 'https://example.org/cats.zip')",
    "another file": "open('grades.csv')",
    "writing": "print(open('mine.txt', 'w').write('abc'))",
    "keyboard": "print(repr(input('Name? ')))",
}
NUMBERS = {name: number for number, name in enumerate(CELLS, 1)}
PRINTED = {
    "imports": "StandardScaler  sklearn.model_selection._split joblib\n",
    "the packages are there still": "True\n",
    "a try of the student's own": "without\n",
    "magics": "there\r\nend\n",
    "a cell magic": "5\n",
    "old numpy": "3.0 nan [ True] none\n",
    "one hot": "False\n",
    "openml": "DataFrame (70000, 784) ['5', '0', '4']\nndarray int64 ['5', '0', '4']\n",
    "mldata": "(70000, 784) [0.0, 9.0, 0.0, 9.0]\n",
    "files": "(10000, 28, 28)\n(2049, 10000) [7 2 1]\n10008\n[7 2 1]\n[7 2 1]\n",
    "python's downloads": "[7 2 1]\nTrue [7 2 1]\n",
    "colab's tables": "(20000, 785) [5, 0, 4] (10000, 785) [7, 2, 1]\nTrue True\n",
    "tensorboard": "[0, 1]\n",
    "tutorials of TensorFlow 1": "(55000, 10) (10000, 784) [5 0 4]\n",
    # The first line is Keras's own.
    "a picture of a network": "You must install pydot (`pip install pydot`) for `plot_model` to work.\n(1, 1)\n",
    "old ways to write": "['InputLayer', 'Dense', 'Activation', 'Dense', 'Activation', 'Dense', 'Activation'] 7\n",
    "no GPU": "[] 0 True\n",
    "the first GPU": "3.0 {}\n",
    "writing": "3\n",
    "keyboard": "Name? \n''\n",
}
RAISED = {
    "use of a helper": "ModuleNotFoundError: needs my_helpers: no file of that name was handed in",
    "use of a name": "ModuleNotFoundError: sklearn.preprocessing has no Imputer in the installed version",
    "another openml": "FileNotFoundError: this lab asks for MNIST; the data set adult is not available here",
    "another download": "Exception: URL fetch failure on https://example.org/cats.zip",
    "another file": "FileNotFoundError: [Errno 2] No such file or directory: 'grades.csv'",
}
TOLD = [
    "needs my_helpers: no file of that name was handed in",
    "needs the package torch, which is not installed here",
    "there is no GPU here: what is set for it is left out",
    "needs the module sklearn.nothing, which is not there in the installed version of sklearn",
    "plotly is not installed here and not needed",
    "sklearn.externals.joblib is today's joblib",
    "google.colab is only there in Colab",
    "the folder /content/drive/My Drive is not here",
    "%tensorflow_version 1.x was left out",
    "%matplotlib notebook needs a screen",
    "%load_ext tensorboard was left out",
    "!pip was not run: there is no network here",
    "!wget was not run",
    "%pip was not run",
    "%%shell_of_colab was left out",
    "matplotlib.use('TkAgg') was left out",
    "plt.switch_backend('Qt5Agg') was left out",
    "plt.style.use('seaborn-whitegrid') was renamed in Matplotlib 3.8",
    "np.float was removed from NumPy; write float instead",
    "OneHotEncoder(sparse=…) was renamed",
    "sklearn.datasets.fetch_mldata is gone",
    "/content/drive/My Drive/mnist.npz is not here",
    "needs grades.csv, which was not handed in",
    "TensorBoard is not installed here and not needed",
    "input() has nobody to answer it here",
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    return run(tmp_path_factory.mktemp("prepared"), mnist, list(CELLS.values()))


@pytest.mark.parametrize("name", sorted(CELLS.keys() - RAISED.keys()))
def test_the_cell_runs_to_its_end(name: str, prepared: Ran) -> None:
    assert (prepared.cell(NUMBERS[name]).status, prepared.cell(NUMBERS[name]).error) == ("ok", "")


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_the_cell_prints_what_it_would_elsewhere(name: str, prepared: Ran) -> None:
    assert prepared.printed(NUMBERS[name]) == PRINTED[name]


@pytest.mark.parametrize("name", sorted(RAISED))
def test_what_is_needed_is_named_where_it_is_used(name: str, prepared: Ran) -> None:
    assert prepared.cell(NUMBERS[name]).error.startswith(RAISED[name])


@pytest.mark.parametrize("words", TOLD)
def test_what_was_stood_in_for_is_told_once(words: str, prepared: Ran) -> None:
    told = [e.message for e in prepared.of(AdvisoryEvent)]
    assert [t.startswith(words) for t in told].count(True) == 1, told


def test_loads_through_other_libraries_are_recorded(prepared: Ran) -> None:
    loads = [(e.dataset, e.source) for e in prepared.of(Load)]
    openml, mldata, idx = ("mnist", "fetch_openml"), ("mnist", "fetch_mldata"), ("mnist", "t10k-labels-idx1-ubyte.gz")
    tutorials = [("mnist", "input_data")] * 3
    assert loads == [openml, openml, ("adult", "fetch_openml"), mldata, idx, ("mnist", "load_data"), *tutorials]


def test_nothing_of_it_is_a_fault(prepared: Ran) -> None:
    assert prepared.of(Fault) == []
