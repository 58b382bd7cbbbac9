"""The corpus of real ways to hand in this lab: one file a way, written by ourselves, with what must be found in it.

A case is a text: lines `# key: value` (YAML) that say what is expected, then cells, each after a line `# %%`
(`# %% [markdown]` for text). It is handed to the grader as the notebook, or the module, that a student would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml

CASES = Path(__file__).parent / "cases"
CELL = "# %%"


@dataclass(frozen=True)
class Expected:
    """What must be found; cells are numbered as the grader numbers them."""

    way: str
    stages: Mapping[str, int]
    """Stage to the cell of its run; all other stages must be empty."""
    kind: str = "notebook"
    ending: str = "completed"
    flagged: tuple[str, ...] = ()
    """Stages whose match a person is told to look at."""
    untrained: tuple[str, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)
    """How many more runs are listed for a stage."""
    either: tuple[str, ...] = ()
    """Stages that one run may answer, whichever."""
    any_stage: bool = False
    data: str = "passed"
    """Outcome of the criterion on the data set."""
    advisories: tuple[str, ...] = ()
    """Parts of what the student is told."""
    whole: int = 0
    """Seconds that it takes without quick mode, where it is run so."""


@dataclass(frozen=True)
class Case:
    """One way of being real."""

    name: str
    expected: Expected
    cells: tuple[tuple[str, str], ...]
    """Kind (code or markdown) and source."""

    def write(self, folder: Path) -> None:
        """As the student's folder with the one file in it."""
        folder.mkdir()
        if self.expected.kind == "module":
            (source,) = (text for _, text in self.cells)
            (folder / "lab.py").write_bytes(source.replace("\n", "\r\n").encode())
            return
        made: Mapping[str, Any] = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
        cells = [made[kind](text, id=f"cell-{n}") for n, (kind, text) in enumerate(self.cells)]
        (folder / "lab.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")


def read(path: Path) -> Case:
    """The case in a file."""
    head, *parts = f"\n{path.read_text(encoding='utf-8')}".split(f"\n{CELL}")
    way, *lines = (line.removeprefix("# ") for line in head.strip().splitlines())
    facts = {"way": way.removeprefix("way: "), **yaml.safe_load("\n".join(lines))}
    lists = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
    cells = []
    for part in parts:
        title, _, source = part.partition("\n")
        cells.append(("markdown" if "markdown" in title else "code", source.strip("\n")))
    return Case(path.stem, Expected(**lists), tuple(cells))


def corpus() -> tuple[Case, ...]:
    """All cases by name."""
    return tuple(read(path) for path in sorted(CASES.glob("*.nb")))
