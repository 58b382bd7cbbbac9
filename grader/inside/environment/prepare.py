"""Prepares a kernel: before the student's first line it has what notebooks of five generations expect to find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..compat.old_science import answer_old_numpy, take_old_sparse
from ..protocol import Load
from ..trace import Trace
from .data_files import Files
from .data_sources import Sources
from .first_import import when_imported
from .stand_ins import stand_in
from .student_imports import forgive_imports
from .surroundings import adapt_shell, count_in_text, draw_inline, take_old_styles

Advise = Callable[[str], None]
IMAGE_FILES = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))


def prepare_environment(shell: Any, folder: Path, trace: Trace, cell: Callable[[], int], advise: Advise) -> None:
    """All that does not need Keras; each library is looked at when it arrives, and not imported for it."""

    def loaded(dataset: str, source: str) -> None:
        shapes = IMAGE_FILES if dataset == "mnist" else ()
        trace.write(Load(t="load", cell=cell(), dataset=dataset, source=source, shapes=shapes))

    files = Files(folder, advise, loaded)
    sources = Sources(folder, advise, loaded)
    adapt_shell(shell, advise)
    forgive_imports(shell, advise)
    stand_in(advise, {**sources.modules(), "idx2numpy": lambda: {"convert_from_file": files.idx}})
    files.serve(shell)
    answer_old_numpy(np, advise)
    arrivals: Mapping[str, Callable[[Any], None]] = {
        "matplotlib": partial(draw_inline, advise=advise),
        "matplotlib.pyplot": partial(take_old_styles, advise=advise),
        "tqdm": count_in_text,
        "tqdm.notebook": count_in_text,
        "sklearn.datasets": sources.into_sklearn,
        "sklearn.preprocessing": partial(take_old_sparse, advise=advise),
    }
    for name, then in arrivals.items():
        _on_arrival(name, then, trace)


def _on_arrival(name: str, then: Callable[[Any], None], trace: Trace) -> None:
    """At once if it is there already."""

    def arrived() -> None:
        with trace.guarded(f"the import of {name}"):
            then(sys.modules[name])

    if name in sys.modules:
        arrived()
    else:
        when_imported(frozenset({name}), arrived)
