"""Old names of NumPy and scikit-learn that old notebooks of this lab use beside Keras."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from ..patches import Change
from .old_entries import Kind, Old
from .old_names import NUMPY

Advise = Callable[[str], None]


def answer_old_numpy(numpy: ModuleType, advise: Advise) -> Iterator[Change]:
    """`np.float`, `np.Inf` and their like, which NumPy has dropped."""
    before: Any = vars(numpy).get("__getattr__")
    gone: Mapping[str, str] = {name: new for name, new in NUMPY.items() if name not in vars(numpy)}

    def missing(name: str) -> Any:
        if name in gone:
            new = gone[name]
            advise(Old(Kind.NUMPY, name, new).advisory)
            builtin = {"float": float, "int": int, "bool": bool, "object": object, "str": str}
            return builtin.get(new) or functools.reduce(getattr, new.split(".")[1:], numpy)
        if before is None:
            raise AttributeError(f"module 'numpy' has no attribute {name!r}")
        return before(name)

    yield Change("numpy.__getattr__", numpy, "__getattr__", missing)


def take_old_sparse(preprocessing: Any, advise: Advise) -> Iterator[Change]:
    """`OneHotEncoder(sparse=False)`; to be called when `sklearn.preprocessing` has been imported."""
    encoder = preprocessing.OneHotEncoder
    original = encoder.__init__

    @functools.wraps(original)
    def init(self: Any, *arguments: Any, **named: Any) -> None:
        if "sparse" in named:
            advise("OneHotEncoder(sparse=…) was renamed; write OneHotEncoder(sparse_output=…) instead")
            named["sparse_output"] = named.pop("sparse")
        original(self, *arguments, **named)

    yield Change("sklearn.preprocessing.OneHotEncoder.__init__", encoder, "__init__", init)
