"""What of the host is mounted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.sandbox.view import hidden_folders, host_view, python_paths


def test_never_the_whole_of_a_prefix_because_a_project_may_lie_in_it() -> None:
    assert not {Path(sys.prefix), Path(sys.base_prefix)} & set(python_paths())


def test_an_environment_made_in_a_projects_folder_does_not_bring_the_project_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bin", "lib", "grader", "submissions"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    seen = {p for p in python_paths() if p.is_relative_to(tmp_path)}
    assert seen == {tmp_path / "bin", tmp_path / "lib"}


def test_an_interpreter_that_is_reached_over_a_link_elsewhere_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "python"
    link.symlink_to(Path(sys.executable).resolve())
    monkeypatch.setattr(sys, "executable", str(link))
    arguments = host_view()
    at = arguments.index(str(link))
    assert arguments[at - 2 : at] == ("--symlink", str(link.readlink()))


def test_an_older_copy_of_the_graders_packages_behind_the_one_in_use_is_hidden_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "lib" / "python3.11" / "site-packages" / "grader"
    copy.mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert copy in hidden_folders()
