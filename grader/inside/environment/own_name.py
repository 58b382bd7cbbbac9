"""Notebooks that were checked while they were written say `%load_ext grader`: here, that does nothing."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..patches import Entry

NAME = "grader"
SAID = "grader: this is the grader's own run, which checks everything; nothing to do here."


class OwnName(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`import grader`, `%load_ext grader`, `%grader …` and `grader.check(…)` do nothing and stop no cell."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Answers for the one name; before the real package, which is there where nothing is isolated."""
        del path, target
        return importlib.machinery.ModuleSpec(NAME, self, is_package=True) if fullname == NAME else None

    def create_module(self, spec: Any) -> None:
        """An ordinary module."""

    def exec_module(self, module: Any) -> None:
        """Gives it what students call."""
        vars(module).update(check=_check, load_ipython_extension=_load, unload_ipython_extension=_unload)


def stand_in_for_the_grader() -> Iterator[Entry]:
    """From now on; a student's own module of that name goes first."""
    if not Path(f"{NAME}.py").exists() and not Path(NAME).exists():
        yield Entry("sys.meta_path: grader", sys.meta_path, OwnName())


def _check(*_arguments: Any, **_named: Any) -> None:
    print(SAID)  # noqa: T201 (what the student's cell shows)


def _load(shell: Any) -> None:
    shell.register_magic_function(lambda _line: _check(), "line", NAME)


def _unload(_shell: Any) -> None:
    """There is nothing to unload."""
