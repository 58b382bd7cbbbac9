"""Old Keras names, so that the handout (Keras 2.2) runs as printed; each use becomes an advisory."""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

Advise = Callable[[str], None]

MODULES: Mapping[str, str] = {
    "utils.np_utils": "utils",
    "layers.core": "layers",
    "layers.normalization": "layers",
    "layers.advanced_activations": "layers",
    "layers.embeddings": "layers",
    "optimizers.legacy": "optimizers",
}
"""Modules that Keras 3 has dropped, and where their names live now."""

METRICS: Mapping[str, str] = {"acc": "accuracy", "val_acc": "val_accuracy"}
METRICS_BACK: Mapping[str, str] = {new: old for old, new in METRICS.items()}


class OldHistory(dict[str, Any]):
    """`history.history` which also answers to the names that Keras gave the accuracy before version 2.3."""

    def __init__(self, values: Mapping[str, Any], advise: Advise) -> None:
        super().__init__(values)
        self._advise = advise

    def __missing__(self, key: str) -> Any:
        """The other spelling of the metric, if that is there."""
        other = METRICS.get(key) or METRICS_BACK.get(key, "")
        if other not in self:
            raise KeyError(key)
        self._advise(f"history.history[{key!r}] is {other!r} in this Keras; write history.history[{other!r}] instead")
        return self[other]

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are plain dictionaries."""
        return (dict, (dict(self),))


def install_old_names(keras: Any, advise: Advise) -> None:
    """Makes removed modules importable (through `keras` and `tensorflow.keras`) and removed arguments accepted."""
    sys.meta_path.insert(0, _OldModules(advise))
    for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "AdamW"):
        _accept_old_arguments(getattr(keras.optimizers, name), advise)


class _OldModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A finder for the modules of MODULES; each is today's module under its old name."""

    def __init__(self, advise: Advise) -> None:
        self._advise = advise

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Answers for `keras.<old>` and `tensorflow.keras.<old>` only."""
        del path, target
        for root in ("tensorflow.keras.", "tensorflow.python.keras.", "keras."):
            if fullname.startswith(root) and fullname.removeprefix(root) in MODULES:
                return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        """A module with the names of the one that replaced it."""
        root, _, old = spec.name.partition("keras.")
        new = f"keras.{MODULES[old]}"
        self._advise(f"{spec.name} was removed in Keras 3; import from {root}{new} instead")
        module = types.ModuleType(spec.name)
        module.__dict__.update({k: v for k, v in vars(importlib.import_module(new)).items() if not k.startswith("__")})
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: the names are in place."""


def _accept_old_arguments(optimizer: type, advise: Advise) -> None:
    """Lets an optimizer take `lr` and `decay`; the class stays the same object for everybody who has it."""
    original = optimizer.__init__  # type: ignore[misc]
    known = inspect.signature(original).parameters

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        name = optimizer.__name__
        if "lr" in kwargs and "lr" not in known:
            kwargs["learning_rate"] = kwargs.pop("lr")
            advise(f"{name}(lr=…) was removed in Keras 3; write {name}(learning_rate=…) instead")
        if "decay" in kwargs and "decay" not in known:
            decay = kwargs.pop("decay")
            advise(
                f"{name}(decay={decay!r}) was removed in Keras 3 and is left out here; "
                "write a learning-rate schedule instead"
            )
        original(self, *args, **kwargs)

    optimizer.__init__ = init  # type: ignore[misc]
