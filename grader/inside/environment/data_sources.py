"""MNIST through other libraries than Keras: OpenML, the tutorials of TensorFlow 1, tensorflow_datasets."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..patches import Change
from .other_images import FASHION, is_fashion, turned

Advise = Callable[[str], None]
Loaded = Callable[[str, str], None]
"""Told the data set and the source of each load."""

MNIST = frozenset({"mnist_784", "mnist", "mnist original", "mnist_original"})
MNIST_NUMBER, FASHION_NUMBER = 554, 40_996
"""OpenML's numbers of the two data sets."""
CONTRIB = "tensorflow.contrib.learn.python.learn.datasets.mnist"
"""Where TensorFlow 1 kept what its tutorials import."""
VALIDATION = 5_000
"""Training images that the tutorials of TensorFlow 1 put aside."""
LARGEST = 255


class Sources:
    """The data set of `folder` in the forms in which other libraries give it."""

    def __init__(self, folder: Path, advise: Advise, loaded: Loaded) -> None:
        self._folder = folder
        self._advise = advise
        self._loaded = loaded

    def _arrays(self, *, fashion: bool = False) -> tuple[Any, Any, Any, Any]:
        with np.load(self._folder / "mnist.npz") as stored:
            x_train, y_train, x_test, y_test = (stored[name] for name in ("x_train", "y_train", "x_test", "y_test"))
        if not fashion:
            return x_train, y_train, x_test, y_test
        self._advise(FASHION)
        return turned(x_train), y_train, turned(x_test), y_test

    # ------------------------------------------------------------ scikit-learn

    def into_sklearn(self, datasets: Any) -> Iterator[Change]:
        """`fetch_openml` without a network, and `fetch_mldata`, which is gone; to be called when it is imported."""
        original = datasets.fetch_openml

        @functools.wraps(original)
        def fetch_openml(name: Any = None, **named: Any) -> Any:
            fashion = is_fashion(name) or named.get("data_id") == FASHION_NUMBER
            if fashion or str(name).lower() in MNIST or named.get("data_id") == MNIST_NUMBER:
                return self._openml(fashion=fashion, **named)
            self._loaded(str(name or named.get("data_id")), "fetch_openml")
            raise FileNotFoundError(f"this lab asks for MNIST; the data set {name} is not available here")

        yield Change("sklearn.datasets.fetch_openml", datasets, "fetch_openml", fetch_openml)
        yield Change("sklearn.datasets.fetch_mldata", datasets, "fetch_mldata", self._mldata)

    def _openml(
        self,
        *,
        fashion: bool,
        return_X_y: bool = False,  # noqa: N803 (theirs)
        as_frame: Any = "auto",
        **_dropped: Any,
    ) -> Any:
        from sklearn.utils import Bunch

        name = "fashion-mnist" if fashion else "mnist"
        self._loaded(name, "fetch_openml")
        x_train, y_train, x_test, y_test = self._arrays(fashion=fashion)
        data: Any = np.concatenate([x_train, x_test]).reshape(-1, x_train[0].size).astype(np.int64)
        target: Any = np.concatenate([y_train, y_test]).astype(str).astype(object)
        frame = None
        if as_frame:
            import pandas as pd

            data = pd.DataFrame(data, columns=[f"pixel{n}" for n in range(1, data.shape[1] + 1)])
            target = pd.Series(target, name="class", dtype="category")
            frame = data.assign(**{"class": target}) if as_frame is True else None
        if return_X_y:
            return data, target
        return Bunch(
            data=data, target=target, frame=frame, DESCR=name.upper(), feature_names=[], target_names=["class"]
        )

    def _mldata(self, _name: str = "MNIST original", **_dropped: Any) -> Any:
        """Sorted by class, training images first, as the site that is gone had it."""
        from sklearn.utils import Bunch

        self._advise("sklearn.datasets.fetch_mldata is gone; write fetch_openml('mnist_784') instead")
        self._loaded("mnist", "fetch_mldata")
        x_train, y_train, x_test, y_test = self._arrays()
        order = np.argsort(y_train, kind="stable"), np.argsort(y_test, kind="stable")
        data = np.concatenate([x_train[order[0]], x_test[order[1]]]).reshape(-1, x_train[0].size)
        target = np.concatenate([y_train[order[0]], y_test[order[1]]]).astype(float)
        return Bunch(data=data, target=target)

    # ------------------------------------------------------------ TensorFlow 1

    def modules(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """What is made for modules that are not installed."""
        return {
            "tensorflow.examples.tutorials.mnist": self._tutorials,
            "tensorflow.examples.tutorials.mnist.input_data": self._input_data,
            "tensorflow.contrib.learn": self._contrib,
            CONTRIB: self._input_data,
            "tensorflow_datasets": lambda: {"load": self._tensorflow_datasets, "as_numpy": _as_numpy},
        }

    def _tutorials(self) -> Mapping[str, Any]:
        return {"input_data": types.SimpleNamespace(**self._input_data())}

    def _contrib(self) -> Mapping[str, Any]:
        found = self._input_data()
        load = functools.partial(self._load_dataset, found["read_data_sets"])
        datasets = types.SimpleNamespace(mnist=types.SimpleNamespace(**found), load_dataset=load)
        return {"datasets": datasets}

    def _load_dataset(self, read: Callable[..., Any], name: str = "mnist", **named: Any) -> Any:
        if str(name).lower() in MNIST:
            return read(**named)
        self._loaded(str(name), "input_data")
        raise FileNotFoundError(f"this lab asks for MNIST; the data set {name} is not available here")

    def _input_data(self) -> Mapping[str, Any]:
        self._advise(
            "tensorflow.examples was removed in TensorFlow 2; write keras.datasets.mnist.load_data() instead "
            "(its 60,000 training images are not cut to 55,000, and its pixels not divided by 255)"
        )
        return {"read_data_sets": self._read_data_sets}

    def _read_data_sets(self, *folder: Any, one_hot: bool = False, reshape: bool = True, **named: Any) -> Any:
        # Fashion-MNIST's own instructions: the same function with another folder and another address.
        fashion = any(map(is_fashion, (*folder, *named.values())))
        self._loaded("fashion-mnist" if fashion else "mnist", "input_data")
        x_train, y_train, x_test, y_test = self._arrays(fashion=fashion)

        def part(images: Any, labels: Any) -> Any:
            scaled = images.astype(np.float32) / LARGEST
            flat = scaled.reshape(len(images), -1) if reshape else scaled[..., None]
            return Part(flat, np.eye(10)[labels] if one_hot else labels)

        return types.SimpleNamespace(
            train=part(x_train[VALIDATION:], y_train[VALIDATION:]),
            validation=part(x_train[:VALIDATION], y_train[:VALIDATION]),
            test=part(x_test, y_test),
        )

    # ------------------------------------------------------------ tensorflow_datasets

    def _tensorflow_datasets(self, name: str, *, split: Any = None, with_info: bool = False, **named: Any) -> Any:
        fashion = is_fashion(name)
        if not fashion and name.partition(":")[0] != "mnist":
            self._loaded(name, "tensorflow_datasets")
            raise FileNotFoundError(f"this lab asks for MNIST; the data set {name} is not available here")
        self._loaded("fashion-mnist" if fashion else "mnist", "tensorflow_datasets")
        x_train, y_train, x_test, y_test = self._arrays(fashion=fashion)
        parts = {"train": (x_train, y_train), "test": (x_test, y_test)}

        def one(which: str) -> Any:
            return _dataset(*_cut(parts, which), named.get("as_supervised", False), named.get("batch_size"))

        if split is None:
            found: Any = {which: one(which) for which in parts}
        else:
            found = [one(which) for which in split] if isinstance(split, list | tuple) else one(split)
        splits = {k: types.SimpleNamespace(num_examples=len(v[0])) for k, v in parts.items()}
        return (found, types.SimpleNamespace(name=name, splits=splits, features={})) if with_info else found


class Part:
    """Images and labels with the tutorials' `next_batch`."""

    def __init__(self, images: Any, labels: Any) -> None:
        self.images, self.labels = images, labels
        self.num_examples = len(images)
        self._next = 0

    def next_batch(self, size: int, **_dropped: Any) -> tuple[Any, Any]:
        """The next rows; from the beginning again where they end."""
        if self._next + size > self.num_examples:
            self._next = 0
        rows = slice(self._next, self._next + size)
        self._next += size
        return self.images[rows], self.labels[rows]


def _cut(parts: Mapping[str, tuple[Any, Any]], which: str) -> tuple[Any, Any]:
    """`train`, `train[:80%]`, `test[100:]`, as tensorflow_datasets writes it."""
    name, _, bounds = str(which).partition("[")
    images, labels = parts[name]

    def row(text: str, otherwise: int) -> int:
        if not text:
            return otherwise
        return int(len(images) * float(text[:-1]) / 100) if text.endswith("%") else int(text)

    first, _, last = bounds.rstrip("]").partition(":")
    rows = slice(row(first, 0), row(last, len(images)))
    return images[rows, ..., None], labels[rows].astype(np.int64)


def _dataset(images: Any, labels: Any, as_supervised: bool, batch_size: int | None) -> Any:
    import tensorflow as tf

    content: Any = (images, labels) if as_supervised else {"image": images, "label": labels}
    if batch_size == -1:
        return tf.nest.map_structure(tf.convert_to_tensor, content)
    made = tf.data.Dataset.from_tensor_slices(content)
    return made.batch(batch_size) if batch_size else made


def _as_numpy(value: Any) -> Any:
    import tensorflow as tf

    return value.as_numpy_iterator() if isinstance(value, tf.data.Dataset) else tf.nest.map_structure(np.asarray, value)
