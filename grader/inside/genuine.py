"""Which classes and functions are Keras's own: by identity, as they were before the student's first line.

A name proves nothing: a class can be called `Dense`, an object can carry a `get_config` of its own or say of itself
that it is of another class, and a method of Keras can be replaced. What only looks like Keras's is told by
`Genuine.posing`; what is called otherwise is the student's own, and says so by its name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

import numpy as np

METHODS = ("get_config", "to_json", "call", "__call__", "update_step")
"""By which an object describes itself and does its work; on Keras's own classes none of ours replaces one."""
MODULES = "keras.src."
WRAPPING = "tensorflow.python."
PARTS = ("activation", "initializer")
"""Endings of the attributes of a layer that are described with it."""
OTHER_NAMES = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax"}
"""What functions of TensorFlow call themselves."""
Method = tuple[Any, CodeType | None]


class Genuine:
    """Made before the student's first line."""

    def __init__(self, keras: Any) -> None:
        self._keras = keras
        self._classes: Mapping[type, Mapping[str, Method]] = {c: _methods(c) for c in _classes()}
        modules = (keras.activations, keras.losses, keras.initializers)
        functions = {f for m in modules for f in vars(m).values() if isinstance(f, FunctionType)}
        self._functions = {f: f.__code__ for f in functions}
        self._serialize = _method(keras.src.saving.serialization_lib.serialize_keras_object)
        self._to_json = keras.Model.to_json
        self._get_weights = keras.Model.get_weights
        self._flatten_layers = keras.Model._flatten_layers  # noqa: SLF001 (the public `layers` stops at nested models)
        self._activations = {_plain(n): f for n, f in vars(keras.activations).items() if isinstance(f, FunctionType)}
        schedule = keras.optimizers.schedules.LearningRateSchedule
        described = (keras.Operation, keras.Initializer, keras.Loss, keras.optimizers.Optimizer, schedule)
        of_classes = {c.__name__ for c in self._classes if issubclass(c, described)}
        public = {n for m in modules for n, v in vars(m).items() if isinstance(v, type | FunctionType)}
        self._names = {_plain(n) for n in of_classes | public | {f.__name__ for f in functions} | set(OTHER_NAMES)}

    def json_of(self, model: Any) -> str:
        """Keras's description of a model, by Keras's own method, whatever the model has in its place."""
        return str(self._to_json(model))

    def weights_of(self, model: Any) -> list[Any]:
        """The same of its weights."""
        return list(self._get_weights(model))

    def bare(self, model: Any) -> str:
        """The same without how it was compiled."""
        config = self._keras.src.saving.serialization_lib.serialize_dict(self.config_of(model))
        return json.dumps({"module": "keras", "class_name": type(model).__name__, "config": config})

    def config_of(self, thing: Any) -> Any:
        """The configuration of an object: by the method of its class where that is Keras's own."""
        read, _ = self._classes.get(type(thing), {}).get("get_config", (None, None))
        return read(thing) if read else thing.get_config()

    def described(self, thing: Any) -> Any:
        """Keras's description of a layer or an initializer of its own."""
        return self._serialize[0](thing)

    def does_as_it_is_called(self, thing: Any) -> bool:
        """Whether a function goes by the name of an activation of Keras's, and computes just that."""
        if not isinstance(thing, FunctionType):
            return False
        name = next((n for n in self._names_of(thing) if _plain(n) in self._names), "")
        return bool(name) and self._does_the_same(thing, name)

    def is_own(self, thing: Any) -> bool:
        """Whether Keras wrote the very class or function, and it still does what it did."""
        if isinstance(thing, FunctionType):
            return self._functions.get(thing) is thing.__code__
        known = self._classes.get(type(thing))
        if known is None or vars(thing).keys() & set(METHODS):
            return False
        wrapped = vars(thing).get("fn")
        return _methods(type(thing)) == known and (wrapped is None or self.is_own(wrapped))

    def is_class_of_keras(self, kind: type) -> bool:
        """Whether Keras wrote the very class, and it still does what it did."""
        known = self._classes.get(kind)
        return known is not None and _methods(kind) == known

    def posing(self, thing: Any) -> str:
        """The name of something of Keras's that an object goes by without being it; empty for all others."""
        if thing is None or issubclass(type(thing), str) or self.is_own(thing):
            return ""
        name = next((n for n in self._names_of(thing) if _plain(n) in self._names), "")
        return "" if name and isinstance(thing, FunctionType) and self._does_the_same(thing, name) else name

    def describes_as_before(self) -> bool:
        """Whether what describes all that is Keras's is what it was."""
        return _method(self._keras.src.saving.serialization_lib.serialize_keras_object) == self._serialize

    def posing_in(self, model: Any) -> str:
        """The same for a model and all that it is made of."""
        if not self.describes_as_before():
            return "serialize_keras_object"
        return next((name for thing in self._parts(model) if (name := self.posing(thing))), "")

    def _parts(self, model: Any) -> Iterator[Any]:
        yield model
        layers = list(self._flatten_layers(model, include_self=False))
        operations = getattr(model, "_operations", None)
        for layer in [*layers, *(operations if isinstance(operations, list) else ())]:
            yield layer
            yield from (value for name, value in vars(layer).items() if name.endswith(PARTS))

    def _names_of(self, thing: Any) -> list[str]:
        """All by which Keras may call it in a description."""
        kinds = [thing] if isinstance(thing, FunctionType) else [type(thing), thing.__class__]
        registered = [self._keras.saving.get_registered_name(one).rpartition(">")[2] for one in kinds]
        public = [str(self._keras.src.api_export.get_name_from_symbol(one)).rpartition(".")[2] for one in kinds]
        return [*(one.__name__ for one in kinds), *registered, *public, *_said(thing)]

    def _does_the_same(self, function: Any, name: str) -> bool:
        """Whether a function that is called as an activation of Keras's computes what that does."""
        of_keras = self._activations.get(_plain(OTHER_NAMES.get(name, name)))
        if of_keras is None:
            return False
        values = np.linspace(-8, 8, 40, dtype=np.float32).reshape(4, 10)
        given = self._keras.ops.convert_to_tensor(values)
        try:
            return bool(np.allclose(np.asarray(function(given)), np.asarray(of_keras(given)), atol=1e-5))
        except Exception:  # noqa: BLE001 (a student's function may fail here in any way)
            return False


def genuine(keras: Any) -> Genuine:
    """The one of this process, made at the first call."""
    if not _MADE:
        _MADE.append(Genuine(keras))
    return _MADE[0]


_MADE: list[Genuine] = []


def _classes() -> Iterator[type]:
    """All that Keras's modules hold."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith(MODULES):
            for value in list(vars(module).values()):
                if isinstance(value, type) and str(value.__module__).startswith(MODULES):
                    yield value


def _said(thing: Any) -> Iterator[str]:
    """What an object calls itself, as a function would; classes of TensorFlow's wrap Keras's functions and say so."""
    name = None if isinstance(thing, FunctionType) else getattr(thing, "__name__", None)
    if isinstance(name, str) and not type(thing).__module__.startswith(WRAPPING):
        yield name


def _methods(kind: type) -> dict[str, Method]:
    """As they are found on the class, with the code behind each, which can be exchanged too."""
    found = {n: next((vars(c)[n] for c in kind.__mro__ if n in vars(c)), None) for n in METHODS}
    return {name: _method(value) for name, value in found.items()}


def _plain(name: str) -> str:
    """Names are compared as they may be written: `HeNormal` and `he_normal` are one."""
    return name.replace("_", "").lower()


def _method(value: Any) -> Method:
    return value, getattr(value, "__code__", None)
