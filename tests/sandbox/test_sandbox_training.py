"""What the sandbox is for: a notebook kernel and a Keras training run inside it."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Runner

KERNEL = """
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
notebook = new_notebook(cells=[new_code_cell("print(6 * 7)"), new_code_cell("1 / 0"), new_code_cell("print('on')")])
client = NotebookClient(notebook, allow_errors=True, kernel_name="python3", startup_timeout=60)
client.create_kernel_manager()
client.km.transport = "{transport}"
client.execute()
for cell in notebook.cells:
    say([o.get("text", o.get("ename")) for o in cell.outputs])
"""
FIT = """
import keras, numpy as np
keras.utils.set_random_seed(0)
x, y = np.random.rand(2000, 784).astype("float32"), np.random.randint(0, 10, 2000)
model = keras.Sequential([keras.layers.Dense(50, "relu"), keras.layers.BatchNormalization(), keras.layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
history = model.fit(x, y, validation_split=0.3, epochs=1, verbose=0)
say(sorted(history.history), model.predict(x[:5], verbose=0).shape)
import matplotlib.pyplot as plt
plt.plot(history.history["loss"]); plt.savefig("plot.png")
model.save("model.keras")
say(os.path.getsize("plot.png") > 0, os.path.getsize("model.keras") > 0)
"""


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_a_notebook_kernel_runs_inside(confined: Runner, transport: str) -> None:
    ran = confined(KERNEL.format(transport=transport), seconds=60.0)
    assert ran.said == ["['42\\n']", "['ZeroDivisionError']", "['on\\n']"], ran.stop.stderr


@pytest.mark.slow
def test_keras_trains_plots_and_saves_inside(confined: Runner) -> None:
    confined.environment = {"MPLBACKEND": "Agg"}
    ran = confined(FIT, seconds=180.0)
    assert ran.said == ["['accuracy', 'loss', 'val_accuracy', 'val_loss'] (5, 10)", "True True"], ran.stop.stderr
    assert ran.stop.peak_memory > 200 << 20
