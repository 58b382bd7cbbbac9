"""A small class that `grader grade` has graded, with evidence that earns marks put in the place of what was run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.assignment.rubric import bundled
from grader.cli import app
from grader.workspace.evidence_file import read_evidence, write_evidence
from tests.builders import evidence, perfect_runs

STRICT = ("{check: dropout_rate, rate: 0.2}", "{check: dropout_rate, rate: 0.5}")
"""The lab's rubric asks for another dropout rate than everybody had."""


def run(*words: object) -> str:
    ran = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


@dataclass(frozen=True)
class Graded:
    """What was handed in, and the reports of it."""

    submissions: Path
    reports: Path

    def rubric(self, name: str, *changes: tuple[str, str]) -> Path:
        """The lab's rubric with these texts replaced; one that is empty stands for the beginning of the file."""
        text = bundled().read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new) if old else f"{new}{text}"
        path = self.submissions.parent / name
        path.write_text(text, encoding="utf-8")
        return path

    def everything(self) -> dict[str, bytes]:
        """Every file of the reports that can be seen."""
        files = (p for p in sorted(self.reports.rglob("*")) if p.is_file() and not p.name.startswith("."))
        return {p.relative_to(self.reports).as_posix(): p.read_bytes() for p in files}


def earn_marks(reports: Path) -> None:
    """Ada did everything; Ben never trained the dropout stage."""
    for student, left_out in (("ada", None), ("ben", "dropout")):
        real = read_evidence((reports / student / "evidence.json").read_text(encoding="utf-8"))
        facts = evidence(run for stage, run in perfect_runs().items() if stage != left_out)
        kept = replace(facts, submission=real.submission, executions=real.executions, environment=real.environment)
        write_evidence(reports / student, replace(kept, limits=real.limits, version=real.version))


@pytest.fixture(scope="session")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("graded")
    for student in ("ada", "ben"):
        (home / "class" / student).mkdir(parents=True)
        (home / "class" / student / "lab.py").write_text(f"print('{student}')\n")
    run("grade", home / "class", "--out", home / "reports")
    earn_marks(home / "reports")
    run("regrade", home / "reports")
    return home


@pytest.fixture
def graded(graded_once: Path, tmp_path: Path) -> Graded:
    home = Path(shutil.copytree(graded_once, tmp_path / "home"))
    return Graded(home / "class", home / "reports")


@pytest.fixture
def without_manifest(graded: Graded) -> Callable[[], Graded]:
    """As a grader before manifests left its reports."""

    def take_away() -> Graded:
        for name in ("manifest.json", "rubric.yaml"):
            (graded.reports / name).unlink()
        return graded

    return take_away
