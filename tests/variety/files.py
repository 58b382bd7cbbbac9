"""Labs as files, a notebook or a script each, and what is expected of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.honest import data, show
from tests.honest import files as honest
from tests.variety import words
from tests.variety.judge import Fit, Verdict, judged
from tests.variety.layouts import Cell, arranged
from tests.variety.plan import Plan, planned
from tests.variety.student import Student

EXPECTED = "expected.json"
TEXTUAL = {"headings", "prints", "plots", "keys"}
"""Hints by the words of a run; the others are by its part of names."""


@dataclass(frozen=True)
class HandedIn:
    """One program, the trainings in it, and the expert's verdict."""

    student: str
    program: str
    content: bytes
    fits: tuple[Fit, ...]
    verdict: Verdict
    habits: dict[str, Any]

    def expected(self) -> dict[str, Any]:
        return {
            "file": self.program,
            **self.habits,
            "fits": len(self.fits),
            "stages": self.verdict.told(self.program),
            "extras": self.verdict.spare(self.fits),
            "ambiguous": bool(self.verdict.reasons),
            "reasons": self.verdict.reasons,
        }


def write_class(folder: Path, numbers: Iterable[int], seed: int, rows: int, epochs: int) -> None:
    """Writes the students' folders, and beside them what is expected of each."""
    expected = {}
    for number in numbers:
        done = handed_in(number, seed, rows, epochs)
        own = folder / done.student
        own.mkdir(parents=True, exist_ok=True)
        (own / done.program).write_bytes(done.content)
        expected[done.student] = done.expected()
    whole = {"seed": seed, "rows": rows, "epochs": epochs, "students": expected}
    (folder / EXPECTED).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def handed_in(number: int, seed: int, rows: int, epochs: int) -> HandedIn:
    """The student of a number: the same in classes of every size."""
    s = Student(Random(f"variety/{seed}/{number}"), count=epochs, rows=rows)
    plan = planned(s)
    words.said(s, plan)
    cells = [replace(c, source=s.named(c.source)) for c in _cells(s, plan) if c.source.strip()]
    if not s.script:
        cells = _merged(s, cells if s.markdown else _commented(cells))
    name = s.rng.choice(honest.NAMES)
    program = f"{name}.py" if s.script else f"{name}.ipynb"
    fits = tuple(_fits(s, [c for c in cells if c.code]))
    numbers_only = s.style == "handout's number" and s.hint in TEXTUAL
    verdict = judged(fits, numbers_only=numbers_only)
    content = _script(s, cells) if s.script else honest._notebook(s, cells)
    return HandedIn(f"student_{number:03d}", program, content, fits, verdict, _habits(s, plan))


def _habits(s: Student, plan: Plan) -> dict[str, Any]:
    worded = s.hint in TEXTUAL or (s.hint == "variables" and s.style == "own number")
    return {
        "form": "script" if s.script else "notebook",
        "language": s.speaks,
        "layout": s.layout,
        "hint": s.hint,
        "style": s.style if worded else "names in code" if s.hint != "none" else "none",
        "departures": plan.departures,
        "missing": plan.missing,
        "choices": plan.choices + ["names of the stage before"] * s.stale + ["summary at the top"] * s.summary,
    }


def _cells(s: Student, plan: Plan) -> list[Cell]:
    """The whole lab."""
    constant = f"{s.epochs} = {s.count}" if s.constant else ""
    first = "\n".join(t for t in (data.imports(s), data.seeds(s), constant) if t)
    cut = f"<X_train>, <y_train> = <X_train>[:{s.rows}], <y_train>[:{s.rows}]"
    steps = [data.loaded(s), data.looked_at(s), cut, *data.prepared(s)]
    cells = [Cell(words.summary(s), code=False)] if s.summary else []
    cells += [Cell(first), *(Cell(step) for step in steps)]
    cells += [Cell(show.curves_function(s))] * (s.plot == "function")
    once = s.plot == "once" and s.plotted and s.layout not in {"table", "builders"}
    cells.append(Cell("\n".join(["histories = {}"] * once + ["results = {}"] * s.keeps)))
    cells += arranged(s, plan.runs)
    cells += [Cell(show.all_curves(s))] * once
    return [*cells, Cell(words.conclusion(s), code=False)] if s.concludes else cells


def _commented(cells: Sequence[Cell]) -> list[Cell]:
    """Text as a comment at the top of the next code cell."""
    done: list[Cell] = []
    above = ""
    for cell in cells:
        if cell.code:
            done.append(replace(cell, source=above + cell.source))
            above = ""
        else:
            above += f"# {cell.source}\n"
    return [*done, Cell(above.rstrip())] if above else done


def _merged(s: Student, cells: Sequence[Cell]) -> list[Cell]:
    """Neighbouring code cells put together now and then, in some notebooks all of them."""
    share = s.rng.choice([0, 0, 0.3, 0.6, 0.6, 1])
    done: list[Cell] = []
    for cell in cells:
        if done and done[-1].code and cell.code and s.often(share):
            last = done[-1]
            done[-1] = replace(last, source=f"{last.source}\n\n{cell.source}", runs=last.runs + cell.runs)
        elif cell.heads:
            done.append(replace(cell, source=s.pick("## {}", "## {}", "# {}", "### {}", "**{}**").format(cell.source)))
        else:
            done.append(cell)
    return done


def _fits(s: Student, cells: Sequence[Cell]) -> Iterable[Fit]:
    """The trainings in their order; a script is one cell."""
    ordinal = 0
    for number, cell in enumerate(cells, 1):
        for run in cell.runs:
            for rate in run.rates or (run.rate,) * run.times:
                ordinal += 1
                yield Fit(ordinal, 1 if s.script else number, replace(run, rate=rate))


def _script(s: Student, cells: Sequence[Cell]) -> bytes:
    parts = []
    for cell in cells:
        text = cell.source if cell.code else _banner(s, cell) if cell.heads else f"# {cell.source}"
        parts.append(text)
    whole = "\n\n".join(parts) + "\n"
    return (whole.replace("\n", "\r\n") if s.often(0.2) else whole).encode()


def _banner(s: Student, cell: Cell) -> str:
    match s.banner:
        case "cell":
            return f"# %% {cell.source}"
        case "banner":
            return s.pick("# ----- {} -----", "# ===== {} =====", "#*** {} ***#").format(cell.source)
        case "box":
            return f"{'#' * 40}\n# {cell.source}\n{'#' * 40}"
        case "string":
            return s.pick('"""{}"""', "'''\n{}\n'''").format(cell.source)
        case "markdown cell":
            return f"# %% [markdown]\n# ## {cell.source}\n\n# %%"
        case _:
            return f"# {cell.source}"
