"""What a program says, raises and finds set is the same in the grader as in Jupyter without it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.evidence.trace import AdvisoryEvent, Compiled, Epoch, Fault, FitBegin, FitEnd
from grader.inside.protocol import NOT_SEEN
from tests.inside.running import Ran, notebook, run

pytestmark = pytest.mark.slow

SETTINGS = """
import tensorflow as tf
cpu = tf.config.list_physical_devices('CPU')[0]
parts = [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()]
tf.config.threading.set_intra_op_parallelism_threads(2)
tf.config.threading.set_inter_op_parallelism_threads(3)
tf.config.set_visible_devices([], 'GPU')
tf.config.set_logical_device_configuration(cpu, parts)
"""
LATER_SETTINGS = """
import keras
tf.config.experimental.set_synchronous_execution(True)
tf.config.threading.set_intra_op_parallelism_threads(4)
print(tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads())
"""
FORKED = """
import multiprocessing, os, sys, subprocess
import numpy as np
x, y = np.random.default_rng(0).random((96, 8), np.float32), np.eye(4)[np.arange(96) % 4]
def network(optimizer='adam', loss='categorical_crossentropy'):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, 'softmax')])
    model.compile(optimizer, loss, metrics=['accuracy'])
    return model
def trains(answers):
    history = network().fit(x, y, epochs=3, verbose=0)
    answers.put(len(history.history['accuracy']))
answers = multiprocessing.get_context('fork').Queue()
children = [multiprocessing.get_context('fork').Process(target=trains, args=(answers,)) for _ in range(2)]
for child in children: child.start()
print([answers.get(timeout=90) for child in children])
for child in children: child.join(60)
print([child.exitcode for child in children])
"""
AFTERWARDS = """
print(len(network().fit(x, y, epochs=2, verbose=0).history['loss']))
print([device.name for device in tf.config.list_logical_devices()])
print(tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads())
tf.config.threading.set_intra_op_parallelism_threads(1)
"""
MIRRORED = """
tf.get_logger().setLevel('ERROR')
with tf.distribute.MirroredStrategy(['/cpu:0']).scope():
    network(keras.optimizers.Adam(0.002))
print('mirrored')
"""
OTHER_PYTHON = """
print(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout)
"""
LIARS = """
def tell(name, work):
    try:
        print(name, work())
    except BaseException as error:
        print(name, type(error).__name__)

def trained(**others):
    return len(network(**others).fit(x, y, verbose=0).history['loss'])

class Shy:
    def __getattribute__(self, name):
        if name.startswith('__'):
            return object.__getattribute__(self, name)
        raise RuntimeError(name)
class Hidden:
    def __getattribute__(self, name): raise SystemExit(name)
class ShyLoss(Shy):
    def __call__(self, truth, answer): return keras.losses.categorical_crossentropy(truth, answer)
class SlyLoss:
    __name__ = 'categorical_crossentropy'
    __class__ = str
    def __eq__(self, other): return True
    def __hash__(self): return 1
    def __bool__(self): raise SystemExit(1)
    def __str__(self): return 'categorical_crossentropy'
    def __call__(self, truth, answer): return keras.losses.mean_squared_error(truth, answer)
class ShyRate(Shy):
    def __call__(self): return 0.25
class NoConfig(keras.optimizers.SGD):
    def get_config(self): sys.exit('no')
    @property
    def weight_decay(self): return None
    @weight_decay.setter
    def weight_decay(self, value): pass
class NoSchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step): return 0.5
    def get_config(self): raise GeneratorExit
class OddLayer(keras.layers.Dense):
    def get_config(self): raise SystemExit(3)
    def __eq__(self, other): return True
    def __hash__(self): return 1
class OddModel(keras.Sequential):
    def __hash__(self): return 1
    def __eq__(self, other): return True
    def get_config(self): raise SystemExit(4)
    def to_json(self, **others): return 'not JSON'
    def get_weights(self): return ['none', object()]
    @property
    def metrics_names(self): raise OSError
class OddArray:
    def __init__(self, values): self.values = values
    def __array__(self, *others, **named): raise MemoryError
    def __len__(self): return len(self.values)

def odd(kind=OddModel):
    model = kind([keras.Input((8,)), keras.layers.Dense(4, 'softmax')])
    model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
    return [len(model.fit(x, y, verbose=0).history['loss']), len(model.evaluate(x, y, verbose=0))]
def odd_layer():
    layer = OddLayer(4, activation='softmax')
    vars(layer)['kernel_initializer_of_mine'] = Hidden()
    return odd(lambda parts: keras.Sequential([parts[0], layer]))
"""
SPELLINGS: Mapping[str, str] = {
    "a loss that shows nothing": "trained(loss=ShyLoss())",
    "a loss that lies": "trained(loss=SlyLoss())",
    "a rate that is called": "trained(optimizer=keras.optimizers.SGD(lambda: 0.125))",
    "a rate that shows nothing": "trained(optimizer=keras.optimizers.SGD(ShyRate()))",
    "a schedule of one's own": "trained(optimizer=keras.optimizers.SGD(NoSchedule()))",
    "an optimizer without a configuration": "trained(optimizer=NoConfig(0.5))",
    "a model that equals all others": "odd()",
    "a layer that equals all others": "odd_layer()",
    "images that are no array": "network().fit(OddArray(x), y, verbose=0)",
    "a number of epochs that is none": "network().fit(x, y, epochs=Shy(), verbose=0)",
}
ENDS = "import sys; print('here'); sys.exit(3)"
CELLS = (
    SETTINGS, LATER_SETTINGS, FORKED, AFTERWARDS, MIRRORED, OTHER_PYTHON,
    LIARS + "\n".join(f"tell({name!r}, lambda: {code})" for name, code in SPELLINGS.items()), ENDS,
)  # fmt: skip
FORKS, MIRROR, OTHER, TOLD, LAST = 3, 5, 6, 7, 8


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    return run(tmp_path_factory.mktemp("felt"), mnist, CELLS)


@pytest.fixture(scope="module")
def plain() -> list[tuple[str, str]]:
    """What each cell printed in Jupyter alone, and what it raised."""
    made = nbformat.from_dict(json.loads(json.dumps(notebook(CELLS))))
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
    # In plain Jupyter TensorFlow's own log is output, too, and comes from where it was imported: nobody grades it.
    NotebookClient(made, timeout=600, kernel_name="python3", allow_errors=True).execute(env={**os.environ, **quiet})
    return [_said(cell.outputs) for cell in made.cells]


def _said(outputs: object) -> tuple[str, str]:
    assert isinstance(outputs, list | tuple)
    printed = "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")
    return printed, "".join(f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error")


def test_every_cell_prints_and_raises_what_it_does_in_plain_jupyter(here: Ran, plain: list[tuple[str, str]]) -> None:
    assert [_said(here.cell(number + 1).outputs) for number in range(len(CELLS))] == plain


def test_nothing_that_a_students_object_does_is_a_failure_of_the_recorder(here: Ran) -> None:
    assert here.of(Fault) == []


def test_what_is_trained_in_a_fork_is_recorded_as_a_training_of_its_own(here: Ran) -> None:
    forked = [e.fit for e in here.of(FitBegin) if e.cell == FORKS]
    assert len(set(forked)) == 2
    assert sorted(e.fit for e in here.of(Epoch) if e.fit in forked) == sorted(forked * 3)
    assert {e.fit for e in here.of(FitEnd)} >= set(forked)


def test_of_another_python_it_is_told_that_what_it_trains_is_not_seen(here: Ran) -> None:
    assert [e.cell for e in here.of(AdvisoryEvent) if e.message == NOT_SEEN] == [OTHER]


def test_the_rate_of_an_optimizer_that_is_mirrored_is_read(here: Ran) -> None:
    (compiled,) = (e.compile for e in here.of(Compiled) if e.cell == MIRROR)
    assert compiled.learning_rate == pytest.approx(0.002)
    assert not compiled.rate_unknown


def test_a_rate_that_cannot_be_read_is_unknown_and_no_loss_passes_for_one_of_keras(here: Ran) -> None:
    facts = [e.compile for e in here.of(FitBegin) if e.cell == TOLD]
    # Three that are called or schedules of one's own, and the optimizer that refuses its configuration has a number.
    assert [f.rate_unknown for f in facts[2:6]] == [True, True, True, False]
    assert all("categorical" not in f.loss or "of one's own" in f.loss for f in facts[:2])
