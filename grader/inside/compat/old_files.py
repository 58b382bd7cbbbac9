"""Saving and loading under file names that Keras 3 refuses, for the time of one program."""

from __future__ import annotations

import base64
import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..patches import Change
from .old_calls import everywhere
from .old_history import Advise

WHOLE = (".keras", ".h5", ".hdf5")
WEIGHTS = (".weights.h5",)
EMPTY = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==")
"""A picture of one white point: what shows the file of a drawing that is left out must find one."""


def accept_old_files(keras: Any, advise: Advise) -> Iterator[Change]:
    """`save('model')`, `save_weights('best.hdf5')` and `ModelCheckpoint` add the ending; loading finds it again."""
    model, checkpoint = keras.Model, keras.callbacks.ModelCheckpoint
    for name, endings in (("save", WHOLE), ("save_weights", WEIGHTS)):
        yield _wrapped(model, name, functools.partial(_with_ending, endings=endings, advise=advise))
    yield _wrapped(model, "load_weights", _as_saved)
    original = checkpoint.__init__

    @functools.wraps(original)
    def init(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> None:
        only_weights = kwargs.get("save_weights_only", bool(args[3:4] and args[3]))
        filepath = _with_ending(filepath, endings=WEIGHTS if only_weights else WHOLE[:2], advise=advise)
        original(self, filepath, *args, **kwargs)

    yield Change("keras.callbacks.ModelCheckpoint.__init__", checkpoint, "__init__", init)
    load = keras.models.load_model

    @functools.wraps(load)
    def load_model(filepath: Any, *args: Any, **kwargs: Any) -> Any:
        return load(_as_saved(filepath), *args, **kwargs)

    yield from everywhere("keras.models.load_model", load, load_model)
    yield from _drawing_nothing(keras, advise)


def _drawing_nothing(keras: Any, advise: Advise) -> Iterator[Change]:
    """`plot_model` and `model_to_dot` without graphviz: no picture, where Keras raises."""
    picture = SimpleNamespace(create=lambda *_a, **_k: EMPTY, write=lambda *_a, **_k: None)
    for original, answer in ((keras.utils.model_to_dot, picture), (keras.utils.plot_model, None)):
        yield from everywhere(f"keras.utils.{original.__name__}", original, _or_nothing(original, answer, advise))


def _or_nothing(original: Callable[..., Any], answer: Any, advise: Advise) -> Callable[..., Any]:
    @functools.wraps(original)
    def drawing(*args: Any, **kwargs: Any) -> Any:
        file = _file(inspect.signature(original), args, kwargs)
        with contextlib.suppress(ImportError):
            drawn = original(*args, **kwargs)
            # In a notebook it prints that it cannot draw, and goes on.
            if drawn is not None or file is None or file.exists():
                return drawn
        advise(f"{original.__name__} needs pydot and graphviz, which are not installed here: the picture is left out")
        if file is not None:
            with contextlib.suppress(OSError):
                file.write_bytes(EMPTY if file.suffix == ".svg" else DOT)
        return answer

    return drawing


def _file(signature: inspect.Signature, args: Any, kwargs: Any) -> Path | None:
    """Where the drawing is to be written."""
    with contextlib.suppress(TypeError):
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        file = given.arguments.get("to_file")
        return Path(file) if isinstance(file, str | Path) else None
    return None


def _wrapped(owner: Any, name: str, path: Callable[[Any], Any]) -> Change:
    owner = next(c for c in owner.__mro__ if name in vars(c))
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        return original(self, path(filepath), *args, **kwargs)

    return Change(f"keras.Model.{name}", owner, name, method)


def _with_ending(filepath: Any, *, endings: tuple[str, ...], advise: Advise) -> Any:
    """The path with an ending that Keras takes; what is no path is left to Keras."""
    text = str(filepath)
    if not isinstance(filepath, str | Path) or text.endswith(endings):
        return filepath
    advise(f"Keras 3 saves to files that end in {endings[0]}; write {text + endings[0]!r} instead of {text!r}")
    return text + endings[0]


def _as_saved(filepath: Any) -> Any:
    """The path under which this program saved what it now asks for."""
    if not isinstance(filepath, str | Path) or Path(filepath).exists():
        return filepath
    named = (f"{filepath}{ending}" for ending in (*WEIGHTS, *WHOLE))
    return next((path for path in named if Path(path).exists()), filepath)
