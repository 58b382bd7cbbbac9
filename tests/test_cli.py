"""The command line itself: the table of commands, and what an error of usage ends with."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tests.commands.running import grader


def test_its_version_is_the_packages(tmp_path: Path) -> None:
    ran = grader("--version", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, f"grader {version('mlp-lab-grader')}\n")


def test_an_unknown_option_is_the_users_to_mend(tmp_path: Path) -> None:
    assert grader("grade", tmp_path, "--colour", cwd=tmp_path).returncode == 2
