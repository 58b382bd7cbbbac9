"""Every check that is written can be named in a rubric."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from grader import checks
from grader.checks.base import Check
from grader.checks.registry import CHECKS


def written(base: type[Check]) -> Iterator[type[Check]]:
    """All that can be used, of whatever depth."""
    for one in base.__subclasses__():
        if one.__module__.startswith("grader.checks") and not inspect.isabstract(one):
            yield one
        yield from written(one)


def test_a_check_that_is_in_no_table_would_be_known_to_nobody() -> None:
    for module in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"grader.checks.{module.name}")
    assert {one for one in written(Check) if "name" in vars(one)} == set(CHECKS.values())
