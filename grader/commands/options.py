"""Options that several commands share, and the limits that follow from them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from grader.intake.receive import LAYOUT_NAMES
from grader.records import Limits

MINUTES = 30.0
MEMORY_GIB = 4.0
QUICK_EPOCHS = 2

RubricOption = Annotated[Path | None, typer.Option("--rubric", help="The rubric; the lab's own if not given.")]
ClassRubric = Annotated[
    Path | None, typer.Option("--rubric", help="The rubric; of a graded class its own, else the lab's, if not given.")
]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="Of the reports, as in de; the rubric's own if not given.")
]
ClassLanguage = Annotated[
    str | None,
    typer.Option("--language", help="Of the reports, as in de; as before, or the rubric's own, if not given."),
]
LayoutOption = Annotated[
    str,
    typer.Option(
        "--layout",
        help=f"How the class is laid out ({', '.join(LAYOUT_NAMES)}); recognised, or as before, if not given.",
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the reports.")]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=0.01, help="Minutes that a submission may take, all its programs together.")
]
MemoryOption = Annotated[float, typer.Option("--memory", min=1.0, help="GiB of memory that one program may use.")]
SandboxOption = Annotated[
    str, typer.Option("--sandbox", help="bubblewrap (isolated), process (NOT isolated), or auto: the best there is.")
]
ExecutorOption = Annotated[
    str, typer.Option("--executor", help="local (this machine) or dask (many; needs the extra 'cluster').")
]
SchedulerOption = Annotated[
    str | None, typer.Option("--scheduler", help="Of a Dask cluster that is there, as in tls://host:8786.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Dask workers to start here, where no scheduler is given.")
]
QuickOption = Annotated[
    bool,
    typer.Option("--quick", help=f"Train {QUICK_EPOCHS} epochs at most, on few rows: structure only, no accuracy."),
]
NoFast = Annotated[
    bool, typer.Option("--no-fast", help="Train as plain Keras does: the same bits, several times slower.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do what would change a graded class without asking; what it is is still said.")
]


def marks_asked(given: float | None) -> float | None:
    """As given to `--fail-under`: told before anything runs where it is no number of marks."""
    if given is not None and not math.isfinite(given):
        raise typer.BadParameter(f"expected a number of marks, as in 5, found {given}.")
    return given


FailUnder = Annotated[
    float | None,
    typer.Option(
        "--fail-under",
        callback=marks_asked,
        help="Exit with 1 if a total is below this; with --quick, if one cannot reach it any more.",
    ),
]


def limits(minutes: float, gib: float, *, quick: bool, fast: bool) -> Limits:
    """What a submission may use."""
    epochs = QUICK_EPOCHS if quick else None
    return Limits(seconds=minutes * 60, memory=int(gib * (1 << 30)), max_epochs=epochs, fast=fast)
