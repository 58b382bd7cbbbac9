"""The variables that a confined program sees; nothing of the grader's own environment is among them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from grader.records import Limits
from grader.sandbox.base import Job

RUN_VARIABLE = "GRADER_RUN"
"""Marks every process of a run, so that one that has slipped away is still known."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are, as the confined program sees it."""

    home: PurePath
    temporary: PurePath
    imports: tuple[PurePath, ...]
    """Folders to import from, the parent of the package `inside` first."""
    mounts: Mapping[str, PurePath] = field(default_factory=dict)


def environment(job: Job, places: Places, run: str, trace: int) -> dict[str, str]:
    """All variables of the confined program; `trace` is the descriptor it writes its trace to."""
    mounts = {f"GRADER_{name.upper().replace('-', '_')}": str(path) for name, path in places.mounts.items()}
    own = {RUN_VARIABLE: run, "GRADER_TRACE_FD": str(trace)}
    return _person(places) | _python(places) | _threads(job.limits) | dict(job.environment) | mounts | own


def _person(places: Places) -> dict[str, str]:
    home, temporary = places.home, str(places.temporary)
    return {
        "HOME": str(home),
        "TMPDIR": temporary,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "MPLCONFIGDIR": str(home / ".matplotlib"),
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_DATA_DIR": str(home / ".jupyter-data"),
        # Short, because the kernel's sockets lie in it and their paths may have 107 bytes.
        "JUPYTER_RUNTIME_DIR": str(home / ".run"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "KERAS_HOME": str(home / ".keras"),
    }


def _python(places: Places) -> dict[str, str]:
    return {
        "PYTHONPATH": ":".join(map(str, places.imports)),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def _threads(limits: Limits) -> dict[str, str]:
    threads = str(limits.threads)
    return {
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
    }
