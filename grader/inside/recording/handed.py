"""What a `fit` is handed: arrays as they are, and the rows of what yields batches, as far as they have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from .arrays import ArrayRecorder
from .numbers import whole
from .streams import Streams

STREAMS = {"x": "steps_per_epoch", "validation_data": "validation_steps"}
"""Where `fit` takes what yields batches, and how many of them are one pass."""


class Rows(TypedDict):
    """As events name it."""

    x: str
    y: str
    validation_x: str
    batch_size: int | None


class Handed:
    """Made before a `fit` begins; what yields batches may be exchanged for what hands on the same."""

    def __init__(self, streams: Streams, arrays: ArrayRecorder, given: dict[str, Any]) -> None:
        self._arrays = arrays
        found = {name: streams.look_into(given, name, steps) for name, steps in STREAMS.items()}
        self._seen = {name: seen for name, seen in found.items() if seen is not None}

    def at_the_beginning(self, given: Mapping[str, Any]) -> Rows:
        """All that is known before the first step."""
        validation = given.get("validation_data")
        pair = validation if isinstance(validation, list | tuple) and len(validation) > 1 else (None, None)
        return self._rows(given.get("x"), given.get("y"), pair[0], whole(given.get("batch_size")))

    def at_the_end(self) -> Rows:
        """What could be known only then."""
        if self._seen:
            return self._rows(None, None, None, 0)
        return Rows(x="", y="", validation_x="", batch_size=None)

    def yields(self, name: str) -> bool:
        """Whether what stands under that name comes batch by batch; one pass is looked at, and no more."""
        return name in self._seen

    def _rows(self, x: Any, y: Any, validation: Any, size: int) -> Rows:
        rows, held_out = self._seen.get("x"), self._seen.get("validation_data")
        return Rows(
            x=self._arrays.describe(rows.x if rows else x),
            y=self._arrays.describe(rows.y if rows else y),
            validation_x=self._arrays.describe(held_out.x if held_out else validation),
            batch_size=(rows.batch_size if rows else size) or None,
        )
