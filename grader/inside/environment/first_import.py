"""Does something when a package is imported for the first time, so that who never imports it does not wait for it."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

from ..patches import Entry


def when_imported(names: frozenset[str], then: Callable[[], None]) -> Entry:
    """What calls `then` once, as soon as the first of these packages has been imported whole."""
    return Entry("sys.meta_path: arrivals", sys.meta_path, _FirstImport(names, then))


class _FirstImport(importlib.abc.MetaPathFinder):
    """Finds nothing itself: it lends the package's own loader a second step."""

    def __init__(self, names: frozenset[str], then: Callable[[], None]) -> None:
        self._names = names
        self._then = then

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The package's own spec; from here on the other packages of `names` are imported as always."""
        del path, target
        if fullname not in self._names:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            sys.meta_path.insert(0, self)
            return None
        spec.loader = _AndThen(spec.loader, self)
        return spec

    def imported(self) -> None:
        """The package is there."""
        self._then()

    def failed(self) -> None:
        """The package raised while it was imported; the student's code may try again."""
        sys.meta_path.insert(0, self)


class _AndThen(importlib.abc.Loader):
    def __init__(self, own: Any, waiting: _FirstImport) -> None:
        self._own = own
        self._waiting = waiting

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        """As the package's own loader makes it."""
        made: types.ModuleType | None = self._own.create_module(spec)
        return made

    def exec_module(self, module: types.ModuleType) -> None:
        """Runs the package, which then has its own loader back for whoever asks it for files."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        module.__loader__ = self._own
        try:
            self._own.exec_module(module)
        except BaseException:
            self._waiting.failed()
            raise
        self._waiting.imported()
