"""What the grader imports is what it asks to be installed: each package by its name, once, with its reason."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "pyproject.toml"
OURS = frozenset({"grader", "reference", "tests", "inside"})
TOGETHER = {"dask": "distributed"}
"""Released together, in one version."""
NOT_IMPORTED = frozenset({"pandas", "seaborn", "prettytable", "tqdm", "scikeras", "pillow"})
"""For students, or brought by another package: their reasons say so."""


def written() -> Mapping[str, list[str]]:
    """The lists of packages, `main` and the extras."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return {"main": project["dependencies"], **project["optional-dependencies"]}


def names(listed: list[str]) -> list[str]:
    return [canonicalize_name(Requirement(one).name) for one in listed]


def imported(folder: str) -> Iterator[tuple[str, str]]:
    """Every module that is not Python's own and not ours, with the file that imports it."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError:  # submissions that are broken on purpose
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=aliases):
                    found = [alias.name for alias in aliases]
                case ast.ImportFrom(module=str(module), level=0):
                    found = [module]
                case _:
                    continue
            for name in found:
                top = name.split(".", 1)[0]
                if top not in sys.stdlib_module_names | OURS:
                    yield top, str(path.relative_to(ROOT))


installed = cache(packages_distributions)


def distributions(module: str) -> set[str]:
    """The packages that bring a module, by the names under which they are asked for."""
    return {canonicalize_name(TOGETHER.get(name, name)) for name in installed().get(module, [module])}


def unnamed(folder: str, packages: set[str]) -> list[str]:
    found = {f"{file} imports {module}" for module, file in imported(folder) if not packages & distributions(module)}
    return sorted(found)


@pytest.mark.parametrize("folder", ["grader", "reference"])
def test_every_package_that_is_imported_is_asked_for_by_name(folder: str) -> None:
    assert unnamed(folder, {*names(written()["main"]), *names(written()["cluster"])}) == []


def test_only_the_cluster_needs_what_the_extra_for_clusters_brings() -> None:
    needed = {entry.split(" imports ")[0] for entry in unnamed("grader", set(names(written()["main"])))}
    assert [file for file in needed if not file.startswith("grader/executors/")] == []


@pytest.mark.parametrize("extra", sorted(written()))
def test_no_package_is_asked_for_twice(extra: str) -> None:
    found = names(written()[extra])
    assert sorted(set(found)) == sorted(found)


def test_every_package_that_is_asked_for_has_its_reason_in_one_line() -> None:
    text = PROJECT.read_text(encoding="utf-8")
    block = text.split("\ndependencies = [\n", 1)[1].split("\n]", 1)[0]
    assert [line for line in block.splitlines() if not re.fullmatch(r'\s+"[^"]+", # \S.*', line)] == []


def test_what_is_asked_for_and_not_imported_is_for_students_or_comes_anyway() -> None:
    used = {
        name for folder in ("grader", "reference") for module, _ in imported(folder) for name in distributions(module)
    }
    assert set(names(written()["main"])) - used <= NOT_IMPORTED


def test_what_runs_beside_the_students_code_names_the_grader_nowhere() -> None:
    """There it is a package of its own: even its own modules are not found by their names here."""
    for path in sorted((ROOT / "grader" / "inside").rglob("*.py")):
        parsed = ast.parse(path.read_text(encoding="utf-8"))
        absolute = [n.module or "" for n in ast.walk(parsed) if isinstance(n, ast.ImportFrom) and not n.level]
        absolute += [a.name for n in ast.walk(parsed) if isinstance(n, ast.Import) for a in n.names]
        assert not {name.partition(".")[0] for name in absolute} & {"grader", "reference"}, path.name
