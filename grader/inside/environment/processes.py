"""Processes that a program starts: the recorder goes along into a fork, and of all others it is told that they were.

A Python that is begun anew has nothing of ours in it; what it trains is not seen.
"""

from __future__ import annotations

import functools
import multiprocessing
import multiprocessing.process
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

from ..patches import Change
from ..protocol import NOT_SEEN

HARMLESS = r"(?:-m\s+(?:pip|ensurepip|venv)\b|--version|-V\b)"
PYTHON = re.compile(rf"(?:^|[\s/\"';&|])(?:i?python[\d.]*|papermill|nbconvert)(?!\S)(?!\s+{HARMLESS})")


def watch_processes(advise: Callable[[str], None]) -> Iterator[Change]:
    """From now on; whatever is started is started as always."""
    base: Any = multiprocessing.process.BaseProcess
    start, begin, system = base.start, subprocess.Popen.__init__, os.system

    @functools.wraps(start)
    def started(self: Any) -> Any:
        if (getattr(self, "_start_method", None) or multiprocessing.get_start_method()) != "fork":
            advise(NOT_SEEN)
        return start(self)

    @functools.wraps(begin)
    def begun(self: Any, args: Any, *others: Any, **named: Any) -> None:
        tell_python(args, advise)
        begin(self, args, *others, **named)

    @functools.wraps(system)
    def run(command: Any) -> int:
        tell_python(command, advise)
        return system(command)

    yield Change("multiprocessing.process.BaseProcess.start", base, "start", started)
    yield Change("subprocess.Popen.__init__", subprocess.Popen, "__init__", begun)
    yield Change("os.system", os, "system", run)


def tell_python(command: Any, advise: Callable[[str], None]) -> None:
    """Where a command begins another Python."""
    words = command if isinstance(command, list | tuple) else [command]
    if PYTHON.search(" ".join(map(str, words[:20]))):
        advise(NOT_SEEN)
