"""Serves the MNIST data set without a network: through `load_data` and as files in the working directory."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..patches import Change
from ..protocol import Load
from ..trace import Trace
from .other_images import FASHION, turned_file

OTHERS = ("cifar10", "cifar100", "imdb", "reuters", "boston_housing", "california_housing")


def lay_out(folder: Path) -> None:
    """Puts the files of `folder` into the working directory, where they do not stand already."""
    for file in folder.iterdir():
        target = Path(file.name)
        if not target.exists():
            target.symlink_to(file)


def serve(folder: Path, trace: Trace, cell: Callable[[], int], advise: Callable[[str], None]) -> Iterator[Change]:
    """Answers Keras's loaders from the files of `folder`.

    Keras's `load_data` asks `get_file` for a path; every alias of the loader (`keras`, `tensorflow.keras`) shares
    the module in which that name is looked up, so that replacing it there serves them all, whatever `path` they name.
    """

    def mnist_file(*_args: Any, **_kwargs: Any) -> str:
        with trace.guarded("load_data"):
            shapes = _shapes(folder / "mnist.npz")
            trace.write(Load(t="load", cell=cell(), dataset="mnist", source="load_data", shapes=shapes))
        return str(folder / "mnist.npz")

    def in_place_of_fashion(fname: str, *_args: Any, **_kwargs: Any) -> str:
        """A file of the same form: what was built for Fashion-MNIST runs on it, and its networks are seen."""
        if fname.startswith("train-images"):
            trace.write(Load(t="load", cell=cell(), dataset="fashion-mnist", source="load_data", shapes=[]))
            advise(FASHION)
        return str(turned_file(folder / fname))

    yield _answering("mnist", mnist_file)
    yield _answering("fashion_mnist", in_place_of_fashion)
    for name in OTHERS:
        yield _answering(name, _refusal(name, trace, cell))


def _shapes(path: Path) -> list[tuple[int, ...]]:
    """From the headers alone: the student's own code is about to read the 55 MB behind them."""
    with zipfile.ZipFile(path) as archive:
        return [_shape(archive, name) for name in ("x_train", "y_train", "x_test", "y_test")]


def _shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with archive.open(f"{name}.npy") as member:
        np.lib.format.read_magic(member)
        shape: tuple[int, ...] = np.lib.format.read_array_header_1_0(member)[0]
        return shape


def _answering(name: str, get_file: Callable[..., str]) -> Change:
    module = importlib.import_module(f"keras.src.datasets.{name}")
    return Change("keras.src.datasets.*.get_file", module, "get_file", get_file)


def _refusal(name: str, trace: Trace, cell: Callable[[], int]) -> Callable[..., str]:
    title = name.replace("_", "-")

    def refuse(*_args: Any, **_kwargs: Any) -> str:
        trace.write(Load(t="load", cell=cell(), dataset=title, source="load_data", shapes=[]))
        raise FileNotFoundError(
            f"this lab asks for MNIST; the data set {title} is not available here. Load keras.datasets.mnist instead."
        )

    return refuse
