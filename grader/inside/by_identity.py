"""What is remembered of a student's objects while they live: by which they are, never by what they say of themselves.

A class of one's own may define `__eq__` without `__hash__`, or say that it equals everything; both are legal Keras.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
GONE: tuple[Any, Any] = (lambda: None, None)


class ByIdentity(Generic[T]):
    """A value for each object; gone with it."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, T]] = {}

    def __contains__(self, thing: Any) -> bool:
        """Whether something is remembered of this very object."""
        return self._kept.get(id(thing), GONE)[0]() is thing

    def __getitem__(self, thing: Any) -> T:
        """What is remembered of it."""
        if thing not in self:
            raise KeyError(id(thing))
        return self._kept[id(thing)][1]

    def __setitem__(self, thing: Any, value: T) -> None:
        """Remembers it, in the place of what was remembered before."""
        key, kept = id(thing), self._kept

        def gone(reference: Any) -> None:
            # Its place may have been taken by another by now.
            if kept.get(key, (None,))[0] is reference:
                del kept[key]

        kept[key] = weakref.ref(thing, gone), value

    def get(self, thing: Any, otherwise: T | None = None) -> T | None:
        """What is remembered of it, or `otherwise`."""
        reference, value = self._kept.get(id(thing), GONE)
        return value if reference() is thing else otherwise

    def add(self, things: Iterable[Any], value: T) -> None:
        """The same of each."""
        for thing in things:
            self[thing] = value

    def clear(self) -> None:
        """Remembers nothing."""
        self._kept.clear()
