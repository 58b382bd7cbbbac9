"""A program that asks for Fashion-MNIST is looked at, and never measured on MNIST as if it had asked for that."""

import pytest

from grader.records import Evidence
from grader.workspace.evidence_file import read_evidence
from tests.graded import Graded, grade_folder

PROGRAM = """
import gzip
import numpy as np
import keras
from keras.datasets import fashion_mnist

(X, y), (X_test, y_test) = fashion_mnist.load_data()


def from_openml():
    from sklearn.datasets import fetch_openml
    return fetch_openml("Fashion-MNIST", as_frame=False).data[:60000]


def from_tensorflow_datasets():
    import tensorflow_datasets as tfds
    return tfds.load("fashion_mnist", split="train", batch_size=-1)["image"].numpy()


def from_files():
    with gzip.open("../input/fashionmnist/train-images-idx3-ubyte.gz") as stream:
        return np.frombuffer(stream.read(), np.uint8, offset=16)


def from_the_instructions_of_2017():
    from tensorflow.examples.tutorials.mnist import input_data
    return input_data.read_data_sets("data/fashion", source_url="http://fashion-mnist.example.org/").train.images * 255


def downloaded():
    from urllib.request import urlretrieve
    name = "train-images-idx3-ubyte.gz"
    urlretrieve("http://fashion-mnist.example.org/" + name, name)
    with gzip.open(name) as stream:
        return np.frombuffer(stream.read(), np.uint8, offset=16)


def train(images, scale=255.0):
    images = np.asarray(images).reshape(-1, 784)[:600] / scale
    hidden = [keras.layers.Dense(50, "relu") for _ in range(4)]
    model = keras.Sequential([keras.Input((784,)), *hidden, keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(0.001), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, keras.utils.to_categorical(y[:600]), epochs=1, verbose=0)
    model.evaluate(X_test.reshape(-1, 784) / scale, keras.utils.to_categorical(y_test), verbose=0)


train(X)
train(X, 1.0)
train(from_openml())
train(from_tensorflow_datasets())
train(from_files())
train(from_the_instructions_of_2017())
train(downloaded())
train(X.reshape(60000, 784)[:, ::-1])
"""
ROUTES = (
    "load_data",
    "load_data, not scaled",
    "OpenML",
    "tensorflow_datasets",
    "files of its own",
    "2017",
    "downloaded",
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("fashion")
    (folder / "class" / "ada").mkdir(parents=True)
    (folder / "class" / "ada" / "lab.py").write_text(PROGRAM)
    return grade_folder(folder / "class", folder / "reports")["ada"]


@pytest.fixture(scope="module")
def evidence(graded: Graded) -> Evidence:
    return read_evidence((graded.folder / "evidence.json").read_text())


@pytest.mark.parametrize("route", ROUTES)
def test_what_it_trains_on_is_never_taken_for_mnist_whatever_it_was_loaded_with(route: str, evidence: Evidence) -> None:
    assert _trained_on(evidence)[ROUTES.index(route)] == "fashion-mnist"


def test_only_what_is_turned_back_by_the_program_is_mnist_again(evidence: Evidence) -> None:
    assert _trained_on(evidence)[-1] == "mnist"


def test_the_program_is_told_once_what_it_was_given(evidence: Evidence) -> None:
    told = [a.message for a in evidence.advisories if "Fashion-MNIST is not here" in a.message]
    assert len(told) == 1


def test_its_structure_is_judged_and_its_accuracy_and_its_evaluation_are_nobodys_zero(graded: Graded) -> None:
    found = {c["id"]: c["outcome"] for c in graded.grade["criteria"]}
    assert found["activation.nonlinearity"] == "passed"
    assert {found["activation.accuracy"], found["evaluation.test_images"]} == {"not assessed"}
    assert graded.grade["needs_review"]


def _trained_on(evidence: Evidence) -> list[str]:
    return [run.fit.images.dataset if run.fit and run.fit.images else "" for run in evidence.runs]
