"""Makes the old names of `old_names` work, so that the handout (Keras 2.2) runs as printed; each use is an advisory."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from ..patches import Change, Patches, Replacement
from .old_calls import accept_old_arguments, add_old_methods, backend_functions, silence
from .old_entries import Kind, Old
from .old_files import accept_old_files
from .old_history import Advise, answer_in_callbacks
from .old_modules import TF_KERAS, find_old_modules, public_path
from .old_names import BACKEND, GRAPH_MODE, NAMES, TENSORFLOW
from .old_values import accept_old_values
from .symbolic import take_tensorflow

TUTORIALS = ("contrib.learn", "examples.tutorials.mnist")
"""What `environment/data_sources` makes of packages of TensorFlow 1: the MNIST of its tutorials."""


def answer_old_keras(keras: Any, advise: Advise, patches: Patches) -> Iterator[Replacement]:
    """Makes removed modules, names, arguments and methods work, through `keras` and `tensorflow.keras` alike.

    `patches` takes what a public module of Keras that is loaded later needs.
    """
    answer = functools.partial(_answer_old_names, advise=advise)
    yield find_old_modules(advise, lambda module: patches.install(answer(module)))
    for name, module in list(sys.modules.items()):
        if public_path(name) is not None:
            yield from answer(module)
    yield from accept_old_arguments(keras, advise)
    yield from accept_old_files(keras, advise)
    yield from answer_in_callbacks(keras, advise)
    yield from add_old_methods(keras, advise)
    yield from accept_old_values(keras, advise)


def answer_old_tensorflow(keras: Any, tf: Any, advise: Advise) -> Iterator[Replacement]:
    """The names of TensorFlow 1 that this lab's notebooks use, and no way back into its graphs."""
    yield take_tensorflow(keras, tf, advise)
    theirs = {path.split(".")[0]: functools.partial(_with_parts, path) for path in TUTORIALS}
    yield from _answer("tensorflow.*.__getattr__", tf, theirs)
    for old, new in TENSORFLOW.items():
        owner, name = _place(tf, old)
        if owner is not None and not hasattr(owner, name):
            told = functools.partial(_told, tf, new, _old(Kind.TENSORFLOW, old), advise)
            yield from _answer("tensorflow.*.__getattr__", owner, {name: told})
    for path in GRAPH_MODE:
        owner, name = _place(tf, path)
        if owner is not None:
            tell = functools.partial(advise, _old(Kind.GRAPH_MODE, path))
            yield from silence("tensorflow.compat.v1.disable_*", getattr(owner, name), tell)


def _with_parts(path: str) -> Any:
    """A package of TensorFlow 1, after the module below it has been made."""
    importlib.import_module(f"tensorflow.{path}")
    return sys.modules[f"tensorflow.{path.split('.', maxsplit=1)[0]}"]


def _old(kind: Kind, old: str, new: str = "") -> str:
    return Old(kind, old, new or TENSORFLOW.get(old, "")).advisory


def _told(root: Any, path: str, message: str, advise: Advise) -> Any:
    advise(message)
    return functools.reduce(getattr, path.split("."), root)


def _place(root: Any, path: str) -> tuple[Any, str]:
    """The module that holds a dotted path's last name, None where there is no such module."""
    *modules, name = path.split(".")
    try:
        return functools.reduce(getattr, modules, root), name
    except AttributeError:
        return None, name


def _answer_old_names(module: ModuleType, *, advise: Advise) -> Iterator[Change]:
    """What a public module of Keras no longer has is looked for under today's name."""
    path = public_path(module.__name__) or ""
    names: dict[str, Callable[[], Any]] = {
        old.rpartition(".")[2]: functools.partial(_renamed, old, new, advise)
        for old, new in NAMES.items()
        if old.rpartition(".")[0] == path
    }
    if path == "optimizers.legacy":
        # There, but each is a function that raises.
        for name in names.keys() & vars(module).keys():
            yield Change("keras.optimizers.legacy.*", module, name)
    if path == "backend":
        # What `tf.keras` has kept of these does not know today's variables.
        for name in BACKEND.keys() & vars(module).keys():
            yield Change("keras.backend.*", module, name)
        names |= backend_functions(advise)
    otherwise = functools.partial(_elsewhere, module.__name__, path, advise=advise)
    yield from _answer("keras.*.__getattr__", module, names, otherwise)


def _renamed(old: str, new: str, advise: Advise) -> Any:
    advise(_old(Kind.NAME, old, new))
    module, _, name = new.rpartition(".")
    return getattr(importlib.import_module(f"keras.{module}"), name)


def _elsewhere(module: str, path: str, name: str, advise: Advise) -> Any:
    """An old module as an attribute (`keras.utils.np_utils`), or a name that only `tf.keras` has kept."""
    with contextlib.suppress(ImportError):
        return importlib.import_module(f"{module}.{name}")
    kept: Mapping[str, Any] = {}
    with contextlib.suppress(ImportError):
        kept = vars(importlib.import_module(f"{TF_KERAS}.{path}".rstrip(".")))
    if name not in kept:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    advise(f"keras.{path}.{name} was removed in Keras 3; tf.keras.{path}.{name} is there still")
    return kept[name]


def _answer(
    target: str,
    module: ModuleType,
    names: Mapping[str, Callable[[], Any]],
    otherwise: Callable[[str], Any] | None = None,
) -> Iterator[Change]:
    """The module's `__getattr__` (PEP 562), which Python asks for what is not there, and asks whom it asked before."""
    before = vars(module).get("__getattr__")

    def missing(name: str) -> Any:
        if name in names:
            return names[name]()
        if before is not None:
            return before(name)
        if otherwise is None or name.startswith("__"):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return otherwise(name)

    if inspect.ismodule(module):
        # Past TensorFlow's own modules, which do something else when an attribute is set.
        yield Change(target, vars(module), "__getattr__", missing)
