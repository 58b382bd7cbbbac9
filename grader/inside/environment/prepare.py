"""Prepares a kernel: before the student's first line it has what notebooks of five generations expect to find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..compat.old_science import answer_old_numpy, take_old_sparse
from ..patches import Change, Patches, Replacement
from ..protocol import Load
from ..trace import Trace
from .data_files import Files
from .data_sources import Sources
from .downloads import Downloads
from .first_import import when_imported
from .processes import watch_processes
from .stand_ins import stand_in
from .student_imports import forgive_imports
from .surroundings import adapt_shell, count_in_text, draw_inline, take_old_styles
from .trackers import TRACKERS

Advise = Callable[[str], None]
IMAGE_FILES = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))


def prepare_environment(
    shell: Any, folder: Path, trace: Trace, cell: Callable[[], int], advise: Advise, patches: Patches
) -> Iterator[Replacement]:
    """All that does not need Keras; each library is looked at when it arrives, and not imported for it."""

    def loaded(dataset: str, source: str) -> None:
        shapes = IMAGE_FILES if dataset == "mnist" else ()
        trace.write(Load(t="load", cell=cell(), dataset=dataset, source=source, shapes=shapes))

    files = Files(folder, advise, loaded)
    sources = Sources(folder, advise, loaded)
    yield from adapt_shell(shell, advise)
    yield from forgive_imports(shell, advise)
    yield stand_in(advise, {**sources.modules(), **TRACKERS, "idx2numpy": lambda: {"convert_from_file": files.idx}})
    yield from files.serve(shell)
    downloads = Downloads(files)
    yield from downloads.changes()
    yield from watch_processes(advise)
    yield from answer_old_numpy(np, advise)
    arrivals: Mapping[str, Callable[[Any], Iterable[Change]]] = {
        "matplotlib": partial(draw_inline, advise=advise),
        "matplotlib.pyplot": partial(take_old_styles, advise=advise),
        "keras.src.utils.file_utils": downloads.into_keras,
        "requests": downloads.into_requests,
        "tqdm": count_in_text,
        "tqdm.notebook": count_in_text,
        "sklearn.datasets": sources.into_sklearn,
        "sklearn.preprocessing": partial(take_old_sparse, advise=advise),
    }
    for name, changes in arrivals.items():
        yield from _on_arrival(name, changes, trace, patches)


def _on_arrival(
    name: str, changes: Callable[[Any], Iterable[Change]], trace: Trace, patches: Patches
) -> Iterator[Replacement]:
    """At once if it is there already."""

    def arrived() -> None:
        with trace.guarded(f"the import of {name}"):
            patches.install(changes(sys.modules[name]))

    if name in sys.modules:
        arrived()
    else:
        yield when_imported(frozenset({name}), arrived)
