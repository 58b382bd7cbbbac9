"""Labs as files: notebooks of several kinds, scripts, two files, a module of the student's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import nbformat

from tests.honest.lab import Cell, Lab, written
from tests.honest.student import Student

NAMES = ("lab", "lab2", "Assignment2", "MLP_MNIST", "mlp", "assessment 2", "Untitled", "final", "Lab2_final(1)")
EXPECTED = "expected.json"
BEGINNING = re.compile(r"(#.*\n)*(\w+ = [\w.]*Sequential\(|def |inputs = )")
SPLIT = {"written out", "numbered", "redefined"}


@dataclass
class HandedIn:
    """The files of one student, and what a person who knows how they were made expects of them."""

    student: str
    files: dict[str, bytes] = field(default_factory=dict)
    stages: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Stage to file and code cell, both as the grader counts."""
    failing: list[tuple[str, int]] = field(default_factory=list)
    departures: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    def expected(self) -> dict[str, Any]:
        return {
            "files": sorted(self.files),
            "departures": self.departures,
            "choices": self.choices,
            "stages": self.stages,
            "failing_cells": self.failing,
        }


def write_class(folder: Path, size: int, seed: int, epochs: int) -> None:
    """Writes the students' folders, and beside them what is expected of each."""
    expected = {}
    for handed_in in class_of(size, seed, epochs):
        own = folder / handed_in.student
        own.mkdir(parents=True, exist_ok=True)
        for name, content in handed_in.files.items():
            (own / name).write_bytes(content)
        expected[handed_in.student] = handed_in.expected()
    whole = {"seed": seed, "epochs": epochs, "students": expected}
    (folder / EXPECTED).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def class_of(size: int, seed: int, epochs: int) -> Iterable[HandedIn]:
    """The students of a seed: a larger class begins with the same ones."""
    for number in range(1, size + 1):
        rng = Random(f"{seed}/{number}")
        yield handed_in(f"student_{number:03d}", written(rng, epochs))


def handed_in(name: str, lab: Lab) -> HandedIn:
    """What a student hands in."""
    s = lab.student
    done = HandedIn(name, departures=lab.plan.departures, choices=lab.plan.choices)
    cells = lab.cells
    own = [c for c in cells if c.source.startswith(f"def {s.names['plot']}(") and "\n\n" not in c.source]
    if own and s.often(0.2):
        module = s.pick("plots", "my_functions", "plotting")
        done.files[f"{module}.py"] = _text(f"import matplotlib.pyplot as plt\n\n\n{own[0].source}\n")
        new = Cell(f"from {module} import {s.names['plot']}", setup=True)
        cells = tuple(new if c is own[0] else c for c in cells)
    trained = [n for n, c in enumerate(cells) if c.stages]
    half = trained[len(trained) // 2 - 1] + 1 if trained else 0
    if s.layout in SPLIT and len(trained) > 4 and any(map(_begins, cells[half:])) and s.often(0.05):
        middle = next(n for n in range(half, len(cells)) if _begins(cells[n]))
        setup = tuple(c for c in cells[:middle] if c.setup)
        _put(done, s, "part1", cells[:middle])
        _put(done, s, "part2", setup + cells[middle:])
        done.choices.append("two files")
    else:
        _put(done, s, s.rng.choice(NAMES), cells)
    return done


def _begins(cell: Cell) -> bool:
    """Whether a stage begins with the cell: nothing after it needs what is before it, apart from the setup."""
    return not cell.code or BEGINNING.match(cell.source) is not None


def _put(done: HandedIn, s: Student, stem: str, cells: Sequence[Cell]) -> None:
    name = f"{stem}.py" if s.script else f"{stem}.ipynb"
    code = [c for c in cells if c.code]
    done.files[name] = _script(s, code) if s.script else _notebook(s, cells)
    for number, cell in enumerate(code, 1):
        done.stages |= dict.fromkeys(cell.stages, (name, 1 if s.script else number))
        done.failing += [(name, number)] * cell.fails


def _script(s: Student, cells: Sequence[Cell]) -> bytes:
    between = s.pick("\n\n", "\n\n", "\n", "\n\n# %%\n")
    text = between.join(c.source for c in cells) + "\n"
    return _text(text.replace("\n", "\r\n") if s.often(0.28) else text)


def _text(text: str) -> bytes:
    return text.encode()


def _notebook(s: Student, cells: Sequence[Cell]) -> bytes:
    """A notebook as Jupyter, Colab or VS Code writes it, with its outputs cleared."""
    minor = s.rng.choice([0, 2, 4, 5])
    counts = _counts(s, sum(c.code for c in cells))
    rows = []
    for n, cell in enumerate(cells):
        row: dict[str, Any] = {"cell_type": "code" if cell.code else "markdown", "metadata": {}}
        row |= {"id": f"{s.rng.getrandbits(32):08x}"} if minor == 5 else {}
        lines = cell.source.splitlines(keepends=True)
        row["source"] = lines if s.often(0.97) else cell.source
        if cell.code:
            row |= {"outputs": [], "execution_count": counts[sum(c.code for c in cells[:n])]}
        rows.append(row)
    whole = {"cells": rows, "metadata": _metadata(s), "nbformat": 4, "nbformat_minor": minor}
    nbformat.validate(nbformat.from_dict(whole))
    return (json.dumps(whole, indent=1, ensure_ascii=s.often(0.5)) + "\n").encode()


def _counts(s: Student, size: int) -> Sequence[int | None]:
    """Execution counts: in order, with gaps, jumbled, or none."""
    match s.of(order=35, gaps=25, jumbled=25, none=15):
        case "order":
            return list(range(1, size + 1))
        case "gaps":
            return sorted(s.rng.sample(range(1, 3 * size + 9), size))
        case "jumbled":
            return s.rng.sample(range(1, 2 * size + 9), size)
        case _:
            return [None] * size


def _metadata(s: Student) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": s.rng.choice(["Python 3", "Python 3 (ipykernel)", "base"])}
    language: dict[str, Any] = {"name": "python"}
    if s.often(0.5):
        colab: dict[str, Any] = {"provenance": [], "toc_visible": True}
        colab |= {"gpuType": "T4"} if s.often(0.4) else {}
        return {"colab": colab, "kernelspec": kernel, "language_info": language}
    version = s.rng.choice(["3.8.10", "3.9.13", "3.10.12", "3.11.5", "3.12.3"])
    return {"kernelspec": kernel, "language_info": language | {"version": version, "file_extension": ".py"}}
