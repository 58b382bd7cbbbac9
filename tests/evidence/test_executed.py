"""The executed notebook shows the student's cells with the outputs of this run, whatever these were."""

import json
from typing import Any

import pytest

from grader.evidence.executed import executed_notebook
from grader.evidence.trace import CellEnd
from grader.records import FileKind, Program

CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Lab"},
    {"cell_type": "code", "id": "b", "metadata": {}, "source": "1", "outputs": [], "execution_count": None},
    {"cell_type": "code", "id": "c", "metadata": {}, "source": "2", "outputs": [], "execution_count": None},
]
PROGRAM = Program(
    "lab.ipynb",
    FileKind.NOTEBOOK,
    ("1", "2"),
    ("# Lab\n", ""),
    ((), ()),
    {"nbformat": 4, "metadata": {}, "cells": CELLS},
)
RESULT = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1}


def ended(number: int, index: int, **changes: Any) -> CellEnd:
    given = {"t": "cell", "number": number, "index": index, "status": "ok", "seconds": 0.1, "outputs": [RESULT]}
    return CellEnd.model_validate(given | changes)


def cells(*events: CellEnd) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(executed_notebook(PROGRAM, events))["cells"]
    return found


def test_a_cell_that_ran_has_its_outputs_and_its_number() -> None:
    assert cells(ended(1, 1))[1]["outputs"] == [RESULT]
    assert cells(ended(1, 1))[1]["execution_count"] == 1


def test_a_cell_that_had_no_turn_stays_without_outputs() -> None:
    assert cells(ended(1, 1))[2] == CELLS[2]


def test_an_output_for_a_markdown_cell_is_not_shown() -> None:
    assert cells(ended(1, 0))[0] == CELLS[0]


def test_an_output_of_no_known_type_is_not_shown() -> None:
    assert cells(ended(1, 1, outputs=[{"output_type": "widget"}, {}]))[1]["outputs"] == []


def test_the_cut_is_told_where_output_was_left_out() -> None:
    shown = cells(ended(1, 1, left_out=70))[1]["outputs"]
    assert "70 characters more, left out" in shown[-1]["text"]


@pytest.mark.parametrize("levels", [60, 300, 900])
def test_an_output_nested_too_deep_to_be_written_is_not_shown(levels: int) -> None:
    bomb: Any = []
    for _ in range(levels):
        bomb = [bomb]
    assert cells(ended(1, 1, outputs=[RESULT | {"data": bomb}, RESULT]))[1]["outputs"] == [RESULT]
