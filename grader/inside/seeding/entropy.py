"""In place of the system's chance: what a program draws from it follows from the running cell's own code.

`RandomState()`, `default_rng()`, `Generator(PCG64())`, `SeedSequence()`, `random.Random()`, `SystemRandom`, `secrets`,
`uuid4` and `tf.random.Generator.from_non_deterministic_state()` all begin there. No stream that the student seeded is
touched for it. Other threads and child processes, which draw in no fixed order, keep the system's.
"""

from __future__ import annotations

import functools
import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..patches import Change


class Entropy:
    """Bytes that follow from a seed and from how many were drawn since; `changes` puts them in place, once."""

    def __init__(self) -> None:
        self._seed = 0
        self._drawn = 0
        self._process = os.getpid()

    def begin(self, seed: int) -> None:
        """Anew, from this seed."""
        self._seed, self._drawn = seed, 0

    def draw(self, size: int) -> bytes:
        """So many bytes; no two draws after the same `begin` are alike."""
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed} {self._drawn}".encode()).digest(size)

    def changes(self, tensorflow: Any) -> Iterator[Change]:
        """From now on; none where they are made already."""
        if getattr(os.urandom, "follows", None) is self:
            return
        system = os.urandom
        yield Change("os.urandom", os, "urandom", self._urandom(system))
        # `random` took the function by this name when it was imported.
        yield Change("random._urandom", random, "_urandom", self._urandom(system))
        yield Change("random.Random.seed", random.Random, "seed", self._seeding(random.Random.seed))
        generator = tensorflow.random.Generator
        original = generator.from_non_deterministic_state

        def from_state(cls: Any, alg: Any = None) -> Any:
            if not self._ours():
                return original(alg)
            return cls.from_seed(int.from_bytes(self.draw(7), "big"), alg=alg)

        name = "from_non_deterministic_state"
        ours = classmethod(functools.wraps(original)(from_state))
        yield Change(f"tensorflow.random.Generator.{name}", generator, name, ours)

    def _ours(self) -> bool:
        return threading.current_thread() is threading.main_thread() and os.getpid() == self._process

    def _urandom(self, original: Callable[[int], bytes]) -> Callable[[int], bytes]:
        @functools.wraps(original)
        def urandom(size: int, /) -> bytes:
            return self.draw(size) if self._ours() and isinstance(size, int) and size >= 0 else original(size)

        urandom.follows = self  # type: ignore[attr-defined]
        return urandom

    def _seeding(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def seed(generator: Any, a: Any = None, version: int = 2) -> None:
            original(generator, int.from_bytes(self.draw(32), "big") if a is None and self._ours() else a, version)

        return seed


ENTROPY = Entropy()
"""Of this process: what it replaces is there once."""
