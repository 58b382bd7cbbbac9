"""The order of the whole suite: what takes long begins first, so that no core waits for the other at the end."""

import pytest
from hypothesis import HealthCheck, settings

from grader.executors.capacity import allowed_cores

# By default an example that takes more than 0.2 s fails, as do ten that are slow to draw: on a busy machine, by chance.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, each file whole and in its own order."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: for nearly half of their time tests wait for something."""
    return allowed_cores() * 3 // 2
