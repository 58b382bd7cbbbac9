"""The stream that `keras.random` draws from where a program names no seed; Keras makes it at its first use.

So do we: to make its state a variable starts TensorFlow, after which threads and devices can no longer be set.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR, SeedGenerator


class Later(SeedGenerator):  # type: ignore[misc]
    """Keras's own, whose state is made when it is first asked for."""

    def __init__(self, seed: int) -> None:
        """`seed`: as of Keras's own, which must not be called: it makes the state."""
        self._seed = seed

    @cached_property
    def _own(self) -> Any:
        return SeedGenerator(self._seed)

    def __getattr__(self, name: str) -> Any:
        """All that Keras's own has: its state, name and backend."""
        if name in {"_own", "_seed"}:
            raise AttributeError(name)
        return getattr(self._own, name)


def begin_anew(seed: int) -> None:
    """From now on the stream is that of this seed, whether it is there already or not."""
    there = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    if there is None or (isinstance(there, Later) and "_own" not in vars(there)):
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, Later(seed))
    else:
        there.state.assign([seed, 0])
