"""Modules that are missing here and whose absence does no harm: they draw, print, log or talk to Colab."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from ..patches import Entry
from ..protocol import NOT_INSTALLED

Advise = Callable[[str], None]

_QUIET = (
    "plotly bokeh altair holoviews livelossplot scikitplot visualkeras ann_visualizer wandb mlflow "
    "comet_ml graphviz pydot pydotplus pydot_ng keras_sequential_ascii keras_tqdm plot_keras_history "
    "missingno jupyterthemes kaggle gdown opendatasets termcolor colorama emoji tabulate "
    "texttable netron nnviz imageio hiplot tensorboardX eli5 shap lime yellowbrick chart_studio cufflinks "
    "mpld3 watermark"
)
QUIET = frozenset(_QUIET.split())
"""Packages that no result depends on; what they are asked for is nothing."""
COLAB = "google.colab"
WHY = f"{NOT_INSTALLED} and not needed: what it would draw, print or log is left out"


class Nothing:
    """Whatever is done with it, nothing happens; what it decorates stays what it was."""

    stands_in = True

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        pass

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """A class below it is a class of Nothing, too: once, however many of its bases are."""
        first = next(base for base in bases if isinstance(base, Nothing))
        return (Nothing,) if first is self else ()

    def __call__(self, *arguments: Any, **_named: Any) -> Any:
        """Itself; a function or class that it decorates."""
        decorated = len(arguments) == 1 and isinstance(arguments[0], types.FunctionType | type)
        return arguments[0] if decorated else self

    def __getattr__(self, name: str) -> Any:
        """Itself, but for the names that Python looks for."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _key: Any) -> Self:
        return self

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def __str__(self) -> str:
        return ""

    def __format__(self, _spec: str) -> str:
        return ""

    def __add__(self, other: Any) -> Any:
        """The other: `Fore.GREEN + "text"` is the text."""
        return other

    __radd__ = __add__


def is_quiet(name: str) -> bool:
    """Whether a module by this name would be stood in for with nothing in it."""
    return name.split(".", maxsplit=1)[0] in QUIET or f"{name}.".startswith(f"{COLAB}.")


class _Module(types.ModuleType):
    """Any name in it is Nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The last finder: asked only for what nobody else has."""

    def __init__(self, advise: Advise, made: Mapping[str, Callable[[], Mapping[str, Any]]]) -> None:
        self._advise = advise
        self._made = {COLAB: _colab, **made}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Answers for the modules listed here, and for all below and above them."""
        del path, target
        if is_quiet(fullname) or any(f"{name}.".startswith(f"{fullname}.") for name in self._made):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        """What was made for it, or Nothing."""
        if spec.name in QUIET:
            self._advise(f"{spec.name} {WHY}")
        module = _Module(spec.name)
        vars(module).update(self._made.get(spec.name, dict)())
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run. In Colab, say what stands in for it."""
        if module.__name__ == COLAB:
            self._advise("google.colab is only there in Colab: files are looked for beside the notebook instead")


def stand_in(advise: Advise, made: Mapping[str, Callable[[], Mapping[str, Any]]]) -> Entry:
    """From now on missing modules that are not needed are there; `made` says what some of them hold."""
    return Entry("sys.meta_path: stand-ins", sys.meta_path, StandIns(advise, made), first=False)


def _colab() -> Mapping[str, Any]:
    files = types.SimpleNamespace(upload=lambda *_a, **_k: {}, download=lambda *_a, **_k: None, view=lambda *_a: None)
    drive = types.SimpleNamespace(mount=lambda *_a, **_k: None, flush_and_unmount=lambda *_a, **_k: None)
    for name, part in {"files": files, "drive": drive}.items():
        module = types.ModuleType(f"{COLAB}.{name}")
        vars(module).update(vars(part))
        sys.modules[module.__name__] = module
    return {"files": sys.modules[f"{COLAB}.files"], "drive": sys.modules[f"{COLAB}.drive"]}
