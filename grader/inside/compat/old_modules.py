"""Finds the modules that Keras has dropped, each as today's module under its old name."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable
from typing import Any

from ..patches import Entry
from .old_entries import Kind, Old
from .old_names import MODULES

ROOTS = ("tensorflow.keras", "keras._tf_keras.keras", "keras")
"""Where students find Keras; each has modules of its own that hold the same classes."""
TF_KERAS = "keras._tf_keras.keras"
"""What `tf.keras` is: Keras with names that it keeps for old programs."""
WRAPPERS = "wrappers.scikit_learn"
Advise = Callable[[str], None]


def public_path(name: str) -> str | None:
    """The path of a public Keras module below its root, empty for the root; None for any other module."""
    for root in ROOTS:
        if name == root:
            return ""
        if name.startswith(f"{root}."):
            path = name.removeprefix(f"{root}.")
            return None if path.split(".")[0] in {"src", "_tf_keras"} else path
    return None


def find_old_modules(advise: Advise, arrived: Callable[[types.ModuleType], None]) -> Entry:
    """From now on old modules are found; `arrived` is told of each public Keras module that is loaded later."""
    return Entry("sys.meta_path: old modules", sys.meta_path, _OldModules(advise, arrived))


class _OldModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A finder for the modules of `old_names.MODULES`, below every root."""

    def __init__(self, advise: Advise, arrived: Callable[[types.ModuleType], None]) -> None:
        self._advise = advise
        self._arrived = arrived

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Answers for what Keras has dropped, and listens in on what it has."""
        path = public_path(fullname)
        if path is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None and path in MODULES:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if spec is not None and spec.loader is not None:
            vars(spec.loader)["exec_module"] = self._listening(spec.loader.exec_module)
        return spec

    def create_module(self, spec: Any) -> types.ModuleType:
        """A module with the names of the one that replaced it."""
        path = public_path(spec.name) or ""
        self._advise(Old(Kind.MODULE, path, MODULES[path]).advisory.replace("keras.", f"{_root(spec.name)}."))
        module = types.ModuleType(spec.name)
        today = importlib.import_module(f"{TF_KERAS}.{MODULES[path]}")
        # Also what only `tf.keras` has kept; then today's, which is complete.
        for source in (today, importlib.import_module(f"keras.{MODULES[path]}")):
            vars(module).update({k: v for k, v in vars(source).items() if not k.startswith("__")})
        if path == WRAPPERS:
            from . import wrappers

            vars(module).update(KerasClassifier=wrappers.KerasClassifier, KerasRegressor=wrappers.KerasRegressor)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: the names are in place; it answers to old names as the one that replaced it."""
        name = module.__name__
        today = sys.modules.get(f"keras.{MODULES[public_path(name) or '']}")
        if today is not None and "__getattr__" in vars(today):
            vars(module)["__getattr__"] = vars(today)["__getattr__"]

    def _listening(self, exec_module: Callable[[types.ModuleType], None]) -> Callable[[types.ModuleType], None]:
        def execute(module: types.ModuleType) -> None:
            exec_module(module)
            self._arrived(module)

        return execute


def _root(name: str) -> str:
    return "tensorflow.keras" if name.startswith("tensorflow.") else "keras"
