"""The entries of `old_names` one by one, each with what a student is told who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .old_names import (
    ARGUMENTS,
    BACKEND,
    DROPPED,
    GRAPH_MODE,
    METHODS,
    METRICS,
    MODULES,
    NAMES,
    NUMPY,
    PREFIXES,
    TENSORFLOW,
)
from .old_uses import ACTIVATIONS, SHAPES, SYMBOLIC, VALUES


class Kind(StrEnum):
    """What kind of thing is called otherwise."""

    MODULE = "module"
    PACKAGE = "package"
    NAME = "name"
    ARGUMENT = "argument"
    METHOD = "method"
    BACKEND = "backend"
    METRIC = "metric"
    TENSORFLOW = "tensorflow"
    GRAPH_MODE = "graph mode"
    NUMPY = "numpy"
    ACTIVATION = "activation"
    SHAPE = "shape"
    VALUE = "value"
    SYMBOLIC = "tensorflow between layers"


@dataclass(frozen=True, slots=True)
class Old:
    """One entry: what students write, and what it is today (DROPPED where it is nothing)."""

    kind: Kind
    old: str
    new: str

    @property
    def advisory(self) -> str:  # noqa: C901, PLR0912 (one case a kind)
        """What a student is told who wrote it; `keras.` stands for however they had imported it."""
        match self.kind:
            case Kind.MODULE:
                return f"keras.{self.old} was removed in Keras 3; import from keras.{self.new} instead"
            case Kind.PACKAGE:
                return f"{self.old} is today's {self.new}; import from there instead"
            case Kind.NAME:
                return f"keras.{self.old} was removed in Keras 3; write keras.{self.new} instead"
            case Kind.ARGUMENT:
                return self._argument()
            case Kind.METHOD:
                return f"{self.old} was removed in Keras 3; write {self.new} instead"
            case Kind.BACKEND:
                return f"keras.backend.{self.old} was removed in Keras 3; {self.new}"
            case Kind.METRIC:
                return f"{self.old!r} is called {self.new!r} in this Keras; write {self.new!r} instead"
            case Kind.TENSORFLOW:
                return f"tf.{self.old} was removed in TensorFlow 2; write tf.{self.new} instead"
            case Kind.GRAPH_MODE:
                return f"tf.{self.old}() does nothing here: Keras 3 needs TensorFlow 2 as it is; leave it out"
            case Kind.NUMPY:
                return f"np.{self.old} was removed from NumPy; write {self.new} instead"
            case Kind.ACTIVATION:
                return f"{self.old!r} is the name of a layer; write activation={self.new!r}"
            case Kind.SHAPE:
                name = self.old.rpartition(".")[2]
                return f"{name}({self.new}=(784)) is a number in parentheses; write {self.new}=(784,)"
            case Kind.VALUE:
                return f"{self.new}: Keras 3 takes nothing else"
            case Kind.SYMBOLIC:
                return f"tf.{self.old} between layers was removed in Keras 3; write keras.{self.new} instead"

    def _argument(self) -> str:
        path, _, argument = self.old.rpartition(".")
        name = path if path.startswith("Model.") else path.rpartition(".")[2]
        if self.new == DROPPED:
            return f"{name}({argument}=…) was removed in Keras 3 and is left out here; leave it out"
        new = f"{self.new}(…)" if "=" in self.new else f"{self.new}=…"
        return f"{name}({argument}=…) was removed in Keras 3; write {name}({new}) instead"


def table() -> Iterator[Old]:
    """All entries."""
    pairs: Mapping[Kind, Mapping[str, str]] = {
        Kind.MODULE: MODULES,
        Kind.PACKAGE: PREFIXES,
        Kind.NAME: NAMES,
        Kind.ARGUMENT: {f"{path}.{old}": new for path, names in ARGUMENTS.items() for old, new in names.items()},
        Kind.METHOD: METHODS,
        Kind.BACKEND: BACKEND,
        Kind.METRIC: METRICS,
        Kind.TENSORFLOW: TENSORFLOW,
        Kind.NUMPY: NUMPY,
        Kind.ACTIVATION: ACTIVATIONS,
        Kind.SHAPE: SHAPES,
        Kind.VALUE: VALUES,
        Kind.SYMBOLIC: SYMBOLIC,
        Kind.GRAPH_MODE: dict.fromkeys(GRAPH_MODE, DROPPED),
    }
    for kind, entries in pairs.items():
        yield from (Old(kind, old, new) for old, new in entries.items())
