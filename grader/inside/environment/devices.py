"""GPUs and TPUs, which are not here: whoever takes the first of none is told so in the error."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex

from ..patches import Change

LISTS = ("list_physical_devices", "list_logical_devices")
OWNERS = ("config", "config.experimental")


class NoDevices(list[Any]):
    """An empty list, as a machine without such devices gives it."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        """Raises IndexError in words by which the grader knows that the machine lacks it, not the work."""
        try:
            return super().__getitem__(index)
        except IndexError:
            raise IndexError(f"list index out of range: there is no {self._kind} here") from None


def name_missing_devices(tensorflow: Any) -> Iterator[Change]:
    """`gpus[0]` fails here as on every machine without one, and says why."""
    for path in OWNERS:
        owner = functools.reduce(getattr, path.split("."), tensorflow)
        for name in LISTS:
            yield Change(f"tensorflow.{path}.{name}", owner, name, _named(getattr(owner, name)))


def _named(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    @functools.wraps(original)
    def listed(device_type: str | None = None) -> list[Any]:
        found = original(device_type)
        return found if found or device_type is None else NoDevices(device_type)

    return listed
