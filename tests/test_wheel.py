"""The wheel alone is the grader: data set, reference, bands, rubric and templates are inside."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PEEK = """
import importlib.util, pathlib, sys
for name in ("grader", "reference", "rubrics"):
    spec = importlib.util.find_spec(name)
    folders = list(spec.submodule_search_locations) if spec else []
    print(name, [str(p) for f in folders for p in pathlib.Path(f).iterdir()])
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT], check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The grader command of a new environment that has the wheel and, by path, the libraries of this one."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([venv / "bin" / "pip", "install", "-q", "--no-deps", wheel], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pth = venv / "lib" / version / "site-packages" / "libraries.pth"
    pth.write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin" / "grader"


def test_the_wheel_carries_everything_a_grade_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "grader/py.typed",
        "grader/inside/run_cells.py",
        "grader/inside/recording/record.py",
        "grader/notebook/templates/preview.html",
        "grader/commands/course_files/check.yml",
        "grader/i18n/locale/de/LC_MESSAGES/grader.po",
        "reference/worksheet.ipynb",
        "grader/reports/templates/student.html",
        "reference/bands.yaml",
        "reference/solution.ipynb",
        "reference/mnist/train-images-idx3-ubyte.gz",
        "reference/mnist/LICENSE.md",
        "rubrics/mlp-regularization.yaml",
    ):
        assert needed in names
    assert not any(n.startswith(("tests/", "submissions/")) for n in names)


def test_the_installed_grader_works_from_any_folder_and_shows_students_nothing_of_itself(
    installed: Path, tmp_path: Path
) -> None:
    student = tmp_path / "class" / "ada"
    student.mkdir(parents=True)
    (student / "lab.py").write_text(PEEK)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([installed, "grade", "class"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    grade = json.loads((tmp_path / "reports" / "ada" / "grade.json").read_text())
    assert grade["faults"] == []
    assert grade["ending"] == "completed"
    executed = json.loads((tmp_path / "reports" / "ada" / "files" / "lab.executed.ipynb").read_text())
    printed = "".join(o.get("text", "") for c in executed["cells"] for o in c.get("outputs", []))
    assert "rubrics []" in printed
    assert "reference []" in printed
    assert "grader []" in printed
