"""The same code, the same mark: what a model starts from depends on the model, not on what else ran in the notebook."""

from __future__ import annotations

import os
import random
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from grader.evidence.trace import Epoch, Fault, FitBegin, FitEnd
from grader.inside.patches import Patches
from grader.inside.seeding.seeds import Seeds
from tests.inside.running import Ran, run

# ---------------------------------------------------------------- whole notebooks

DATA = """
import keras, numpy as np
from sklearn.model_selection import train_test_split
(images, labels), _ = keras.datasets.mnist.load_data()
x, _, y, _ = train_test_split(images[:3000].reshape(3000, -1), keras.utils.to_categorical(labels[:3000]), test_size=0.7)
def build(activation, *layers, initializer="glorot_uniform"):
    hidden = keras.layers.Dense(8, activation, kernel_initializer=initializer)
    return keras.Sequential([hidden, *layers, keras.layers.Dense(10, "softmax")])
"""


def stage(name: str, network: str, optimizer: str) -> str:
    compiled = f"{name} = {network}\n{name}.compile({optimizer!r}, 'categorical_crossentropy', metrics=['accuracy'])"
    return f"{compiled}\n{name}.fit(x, y, epochs=2, validation_split=0.3, verbose=0)"


STAGES = {
    "naive": stage("naive", "build('sigmoid')", "sgd"),
    "init": stage("init", "build('sigmoid', initializer='he_normal')", "sgd"),
    "activation": stage("activation", "build('relu')", "sgd"),
    "optimizer": stage("optimizer", "build('relu')", "adam"),
    "dropout": stage("dropout", "build('relu', keras.layers.Dropout(0.2))", "adam"),
}
UNRELATED = {
    "draws": """
import random, tensorflow as tf
print(random.random(), np.random.rand(3), tf.random.uniform((2,)), keras.random.normal((2,)))
""",
    "layers": "spare = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5)])",
    "training": """
other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
other.compile("sgd", "mse")
other.fit(np.random.rand(40, 4), np.random.rand(40, 2), verbose=0)
""",
    "session": "keras.backend.clear_session()",
}


def inserted(cells: Sequence[str]) -> list[str]:
    """The cells with something unrelated before every one of them that can stand there."""
    spare = list(UNRELATED.values())
    return [cells[0], *(c for n, cell in enumerate(cells[1:]) for c in (spare[n % len(spare)], cell))]


def accuracies(ran: Ran, stages: Sequence[str]) -> Mapping[str, Any]:
    """All that was recorded of the stages: what they started from, every epoch, what they ended with."""
    assert ran.of(Fault) == []
    begun = [e for e in ran.of(FitBegin) if '"units": 10' in e.architecture]
    assert len(begun) == len(stages)
    return {
        name: (
            begin.seed,
            [e.logs for e in ran.of(Epoch) if e.fit == begin.fit],
            [e.weights for e in ran.of(FitEnd) if e.fit == begin.fit],
        )
        for name, begin in zip(stages, begun, strict=True)
    }


@pytest.fixture(scope="module")
def plain_order(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Mapping[str, Any]:
    ran = run(tmp_path_factory.mktemp("plain"), mnist, [DATA, *STAGES.values()])
    return accuracies(ran, list(STAGES))


@pytest.mark.slow
def test_unrelated_cells_and_another_order_change_no_bit_of_any_stage(
    plain_order: Mapping[str, Any], tmp_path: Path, mnist: Path
) -> None:
    backwards = dict(reversed(STAGES.items()))
    again = run(tmp_path, mnist, inserted([f"# the data\n{DATA}", *backwards.values()]))
    assert accuracies(again, list(backwards)) == plain_order


@pytest.mark.slow
def test_a_script_trains_to_the_same_weights_whatever_stands_between_its_stages(tmp_path: Path, mnist: Path) -> None:
    found = []
    split = DATA.replace("test_size=0.7", "test_size=0.7, random_state=7")
    cells = [split, STAGES["dropout"], STAGES["naive"]]
    for name, lines in (("one", cells), ("two", inserted(cells))):
        (tmp_path / name).mkdir()
        ran = run(tmp_path / name, mnist, ["\n".join(lines)], name="lab.py")
        found.append(accuracies(ran, ["dropout", "naive"]))
    assert found[0] == found[1]


@pytest.mark.slow
def test_the_stages_start_from_different_seeds(plain_order: Mapping[str, Any]) -> None:
    assert len({seed for seed, *_ in plain_order.values()}) == len(STAGES)


SEEDED = """
import keras, numpy as np
keras.utils.set_random_seed(5)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(2)])
model.compile("adam", "mse")
model.fit(np.ones((50, 4)), np.ones((50, 2)), epochs=3, verbose=0)
print([w.tolist() for w in model.get_weights()])
"""


@pytest.mark.slow
def test_a_notebook_that_seeds_trains_as_plain_keras_does_from_that_seed(
    tmp_path: Path, mnist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(tmp_path, mnist, [UNRELATED["layers"].join(["import keras\n", ""]), SEEDED])
    exec(SEEDED, {})
    assert ran.printed(2) == capsys.readouterr().out
    assert [e.seed for e in ran.of(FitBegin)] == [None]


UNSEEDED = {
    "RandomState": "np.random.RandomState().rand()",
    "default_rng": "np.random.default_rng().random()",
    "Generator": "np.random.Generator(np.random.PCG64()).random()",
    "other generators": "[np.random.Generator(kind()).random() for kind in OTHERS]",
    "SeedSequence": "np.random.SeedSequence().entropy",
    "a state seeded with nothing": "np.random.RandomState(3).seed()",
    "Random": "random.Random().random()",
    "Random seeded with nothing": "[r.seed(), r.random()]",
    "a class of one's own": "Own().random()",
    "SystemRandom": "random.SystemRandom().random()",
    "secrets": "secrets.token_hex(8)",
    "urandom": "os.urandom(8)",
    "uuid4": "uuid.uuid4()",
    "hash": "hash('a word')",
    "a set": "list({'one', 'two', 'three', 'four', 'five', 'six'})",
    "TensorFlow": "tf.random.Generator.from_non_deterministic_state().uniform((2,)).numpy()",
    "TensorFlow's global one": "tf.random.get_global_generator().uniform((2,)).numpy()",
    "Keras": "keras.random.normal((2,), seed=keras.random.SeedGenerator()).numpy()",
    "scikit-learn": "train_test_split(np.arange(20))[0]",
    "a forest": "RandomForestClassifier(5).fit(X, Z).predict_proba(X[:2])",
    "a shuffled fold": "next(KFold(2, shuffle=True).split(X))[0]",
    "pandas": "pd.DataFrame({'a': range(20)}).sample(3).a.tolist()",
    "scipy": "scipy.stats.norm.rvs(size=2)",
    "a data set": "[int(n) for n in tf.data.Dataset.range(20).shuffle(20).take(4)]",
    "a temporary name": "os.path.basename(tempfile.mktemp())",
}
SETUP = """
import os, random, secrets, tempfile, uuid
import keras, numpy as np, pandas as pd, scipy.stats, tensorflow as tf
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, train_test_split
class Own(random.Random): pass
OTHERS = np.random.MT19937, np.random.Philox, np.random.SFC64
r = random.Random(4)
X, Z = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
"""


@pytest.mark.slow
def test_a_notebook_that_seeds_nothing_draws_the_same_in_every_run(tmp_path: Path, mnist: Path) -> None:
    cells = [SETUP, *(f"print({draw}, {draw})" for draw in UNSEEDED.values())]
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        ran = run(tmp_path / name, mnist, cells)
        assert ran.of(Fault) == []
        found.append({kind: ran.printed(n) for n, kind in enumerate(UNSEEDED, 2)})
    assert [kind for kind in UNSEEDED if not found[0][kind]] == []
    assert {kind: found[0][kind] for kind in UNSEEDED} == found[1]


# ---------------------------------------------------------------- one model


@pytest.fixture
def seeds(patches: Patches) -> Seeds:
    """As in a kernel; what it replaces is put back after the test."""
    made = Seeds(keras)
    patches.install(made.changes())
    return made


def network(*layers: Any, optimizer: str = "sgd", inputs: int = 6) -> Any:
    model = keras.Sequential([keras.Input((inputs,)), *(layers or [keras.layers.Dense(3)])])
    model.compile(optimizer, "mse")
    return model


def start(model: Any) -> list[bytes]:
    """All that a training starts from: weights and the state of the noise."""
    return [np.asarray(v.value).tobytes() for v in model.variables]


def seeded(seeds: Seeds, *layers: Any, **compiled: Any) -> tuple[int | None, list[bytes]]:
    model = network(*layers, **compiled)
    return seeds.compiled(model), start(model)


def noisy() -> list[Any]:
    return [keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(3, name=f"layer{random.random()}")]


def test_names_and_earlier_layers_make_no_difference(seeds: Seeds) -> None:
    one = seeded(seeds, *noisy())
    [keras.layers.Dense(1) for _ in range(3)]
    assert seeded(Seeds(keras), *noisy()) == one


def test_members_of_an_ensemble_differ(seeds: Seeds) -> None:
    found = [seeded(seeds, *noisy()) for _ in range(3)]
    assert len({seed for seed, _ in found}) == 3
    assert len({weights[0] for _, weights in found}) == 3


def test_two_layers_of_one_kind_start_differently(seeds: Seeds) -> None:
    model = network(keras.layers.Dense(6), keras.layers.Dense(6))
    seeds.compiled(model)
    assert not np.array_equal(*(layer.kernel for layer in model.layers))


def test_the_same_layers_compiled_otherwise_are_another_make_up(seeds: Seeds) -> None:
    assert seeded(seeds, optimizer="sgd")[0] != seeded(seeds, optimizer="adam")[0]
    assert seeded(seeds, optimizer="adam")[0] != seeded(Seeds(keras), optimizer="adam")[0]


def test_compiling_again_in_the_same_way_changes_nothing(seeds: Seeds) -> None:
    model = network()
    first = seeds.compiled(model), start(model)
    model.compile("sgd", "mse")
    assert (seeds.compiled(model), start(model)) == first


def test_seeds_that_the_student_gave_to_a_layer_are_kept(seeds: Seeds) -> None:
    layers = keras.layers.Dense(3, kernel_initializer=keras.initializers.HeNormal(4)), keras.layers.Dropout(0.5, seed=9)
    model = network(*layers)
    before = start(model)
    assert seeds.compiled(model) is not None
    assert start(model) == before


def test_weights_that_the_student_set_are_kept(seeds: Seeds) -> None:
    model = network()
    model.set_weights([np.full((6, 3), 0.25), np.zeros(3)])
    before = start(model)
    seeds.compiled(model)
    assert start(model) == before


def test_a_frozen_layer_of_a_trained_model_keeps_its_weights_in_the_next_model(seeds: Seeds) -> None:
    frozen = keras.layers.Dense(4, trainable=False)
    first = network(frozen, keras.layers.Dense(3))
    seeds.compiled(first)
    seeds.before_fit(first)
    kept = np.array(frozen.kernel)
    second = network(frozen, keras.layers.Dense(2))
    seeds.compiled(second)
    assert np.array_equal(frozen.kernel, kept)


def test_what_a_model_has_answered_stays_its_answer(seeds: Seeds) -> None:
    model = network()
    seeds.used(model)
    before = start(model)
    seeds.compiled(model)
    assert start(model) == before


def test_an_initializer_shared_by_layers_still_gives_them_the_same_numbers(seeds: Seeds) -> None:
    he = keras.initializers.HeNormal()
    model = network(*(keras.layers.Dense(6, kernel_initializer=he) for _ in range(2)))
    seeds.compiled(model)
    assert np.array_equal(*(layer.kernel for layer in model.layers))


def test_a_model_that_learns_its_input_later_starts_as_one_that_knows_it(seeds: Seeds) -> None:
    found = []
    for seeds_of_its_own in (seeds, Seeds(keras)):
        model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5)])
        model.compile("sgd", "mse")
        seeds_of_its_own.compiled(model)
        random.random()
        model.build((None, 6))
        found.append(start(model))
    assert found[0] == found[1]


def test_networks_of_any_kind_have_a_seed(seeds: Seeds) -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = keras.Sequential([keras.layers.Dense(2), keras.layers.Lambda(lambda x: x * 2)])

        def call(self, x: Any) -> Any:
            return self.inner(x)

    inputs = keras.Input((6,))
    functional = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.concatenate([inputs, inputs])))
    for model in Own(), functional:
        model.compile(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)), "mse")
        assert seeds.compiled(model)


# ---------------------------------------------------------------- cells


def draws() -> list[Any]:
    return [
        random.random(),
        np.random.rand(),
        np.random.default_rng().random(),
        float(tf.random.uniform(())),
        float(keras.random.uniform(())),
    ]


def drawn(seeds: Seeds, *cells: str) -> list[list[Any]]:
    found = []
    for cell in cells:
        seeds.next_cell(cell)
        found.append(draws())
    return found


def test_a_cell_draws_the_same_whatever_ran_before_it(seeds: Seeds) -> None:
    (alone,) = drawn(seeds, "x = 1")
    assert drawn(Seeds(keras), "y = 2", "x=1  # a comment", "z = (")[1] == alone


def test_two_cells_draw_differently_even_if_they_say_the_same(seeds: Seeds) -> None:
    found = drawn(seeds, "x = 1", "y = 2", "x = 1", "%magic", "!pip")
    assert all(len(set(numbers)) == 5 for numbers in zip(*found, strict=True))


LIBRARIES = {
    "random": (lambda: random.seed(3), random.random),
    "numpy": (lambda: np.random.seed(3), np.random.rand),
    "tensorflow": (lambda: tf.random.set_seed(3), lambda: float(tf.random.uniform(()))),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_that_the_student_seeded_goes_on_from_cell_to_cell_and_the_others_do_not(
    name: str, seeds: Seeds
) -> None:
    seed, draw = LIBRARIES[name]
    seed()
    expected = [draw(), draw()]
    seeds.next_cell("x = 1")
    seed()
    found = [draw()]
    others = [draw_other() for other, (_, draw_other) in LIBRARIES.items() if other != name]
    seeds.next_cell("x = 1")
    assert [*found, draw()] == expected
    assert all(draw_other() not in others for other, (_, draw_other) in LIBRARIES.items() if other != name)


def chances() -> list[Any]:
    return [
        np.random.RandomState().rand(),
        np.random.default_rng().random(),
        np.random.Generator(np.random.PCG64()).random(),
        random.Random().random(),
        random.SystemRandom().random(),
        uuid.uuid4(),
        float(tf.random.Generator.from_non_deterministic_state().uniform(())),
    ]


def test_what_is_drawn_from_the_system_follows_from_the_cell_and_differs_within_it(seeds: Seeds) -> None:
    seeds.next_cell("x = 1")
    first, second = chances(), chances()
    assert all(a != b for a, b in zip(first, second, strict=True))
    Seeds(keras).next_cell("y = 2")
    assert all(a != b for a, b in zip(first, chances(), strict=True))
    Seeds(keras).next_cell("x = 1")
    assert [chances(), chances()] == [first, second]


def test_what_the_student_seeded_is_not_touched_by_what_is_not_seeded(seeds: Seeds) -> None:
    seeds.next_cell("x = 1")
    found = []
    for between in (list, chances):
        random.seed(3)
        np.random.seed(3)
        tf.random.set_seed(3)
        between()
        found.append([random.random(), np.random.rand(), float(tf.random.uniform(()))])
    assert found[0] == found[1]
    assert found[0][:2] == [random.Random(3).random(), np.random.RandomState(3).rand()]


def test_generators_that_the_student_seeded_draw_what_plain_python_draws(seeds: Seeds) -> None:
    seeds.next_cell("x = 1")
    assert random.Random(5).random() == 0.6229016948897019
    assert np.random.default_rng(5).random() == 0.8050029237453802
    assert random.Random("text").random() == random.Random("text").random()


def test_another_thread_has_the_system_s_own_chance(seeds: Seeds) -> None:
    def drawn() -> bytes:
        found: list[bytes] = []
        seeds.next_cell("x = 1")
        thread = threading.Thread(target=lambda: found.append(os.urandom(8) + uuid.uuid4().bytes))
        thread.start()
        thread.join()
        return found[0]

    first = drawn()
    assert drawn() != first


def test_a_child_process_has_the_system_s_own_chance(seeds: Seeds) -> None:
    seeds.next_cell("x = 1")
    found = []
    for _ in range(2):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, os.urandom(8))
            os._exit(0)
        os.waitpid(child, 0)
        found.append(os.read(read, 8))
        os.close(read)
        os.close(write)
    assert found[0] != found[1]


def test_seeding_with_nothing_is_no_seeding(seeds: Seeds) -> None:
    seeds.next_cell("x = 1")
    random.seed()
    np.random.seed()
    first = [random.random(), np.random.rand()]
    random.seed(None)
    np.random.seed(seed=None)
    assert [random.random(), np.random.rand()] == first
    assert seeded(seeds)[0] is not None
