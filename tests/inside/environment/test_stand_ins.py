"""What stands in for a missing package harms no cell, and is not there for who asks whether the package is."""

import ast
from typing import Any

import pytest

from grader.inside.environment.stand_ins import Nothing
from grader.inside.environment.student_imports import ForgivingImports


def rewritten(cell: str) -> dict[str, Any]:
    """The names of a cell after it ran as the kernel runs it."""
    names: dict[str, Any] = {}
    exec(compile(ForgivingImports(lambda _: None).visit(ast.parse(cell)), "cell", "exec"), names)
    return names


def test_what_a_stand_in_gives_can_be_added_to_text_and_formatted() -> None:
    colour, table = Nothing(), Nothing()
    assert colour + "accuracy" + colour == "accuracy"
    assert table + "\n" == "\n"
    assert f"{table:>10}{table}" == ""


def test_a_class_below_classes_of_stand_ins_can_be_made() -> None:
    first, second = Nothing(), Nothing()

    class Plot(first, second, dict):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.name = name

    assert Plot("mine").name == "mine"
    assert Plot.__mro__[1] is Nothing


@pytest.mark.parametrize("module", ["google.colab", "google.colab.drive", "wandb", "plotly.express"])
@pytest.mark.parametrize(
    "handler", ["except ImportError:", "except:", "except Exception as e:", "except (KeyError, ModuleNotFoundError):"]
)
def test_who_is_prepared_for_a_missing_package_goes_the_way_without(module: str, handler: str) -> None:
    assert rewritten(f"try:\n    import {module}\n    there = True\n{handler}\n    there = False")["there"] is False


@pytest.mark.parametrize(
    "cell",
    [
        "import google.colab",
        "try:\n    import wandb\nfinally:\n    pass",
        "try:\n    import wandb\nexcept KeyError:\n    pass",
        "try:\n    import wandb\n    model.fit(x, y)\nexcept Exception:\n    pass",
        "try:\n    import json\nexcept ImportError:\n    pass",
        "try:\n    from google import protobuf\nexcept ImportError:\n    pass",
    ],
)
def test_any_other_import_stays_an_import(cell: str) -> None:
    tree = ForgivingImports(lambda _: None).visit(ast.parse(cell))
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))
