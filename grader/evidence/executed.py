"""The notebook as it ran here: the student's cells with the outputs of this run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from grader.evidence.trace import AnyEvent, CellEnd
from grader.inside.cell_output import DEEPEST_OUTPUT
from grader.records import Program

OUTPUT_TYPES = frozenset({"stream", "display_data", "execute_result", "error"})
NOT_PRINTABLE = "… and {} characters more, left out by the grader\n"


def executed_notebook(program: Program, events: Iterable[AnyEvent]) -> str:
    """The notebook as nbformat 4 JSON; cells that had no turn have no outputs."""
    ended = {e.index: e for e in events if isinstance(e, CellEnd)}
    cells = [_cell(cell, ended.get(n)) for n, cell in enumerate(_list(program.notebook.get("cells")))]
    return json.dumps({**program.notebook, "cells": cells}, ensure_ascii=False, indent=1)


def _cell(cell: Mapping[str, Any], end: CellEnd | None) -> Mapping[str, Any]:
    if end is None or cell.get("cell_type") != "code":
        return dict(cell)
    outputs = [dict(o) for o in end.outputs if o.get("output_type") in OUTPUT_TYPES and _is_flat(o, DEEPEST_OUTPUT)]
    if end.left_out:
        outputs.append({"output_type": "stream", "name": "stderr", "text": NOT_PRINTABLE.format(end.left_out)})
    return {**cell, "outputs": outputs, "execution_count": end.number}


def _is_flat(value: object, levels: int) -> bool:
    """Whether nothing is nested deeper; a bomb of brackets can be read but not written."""
    match value:
        case dict():
            return levels > 0 and all(_is_flat(v, levels - 1) for v in value.values())
        case list():
            return levels > 0 and all(_is_flat(v, levels - 1) for v in value)
        case _:
            return True


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
