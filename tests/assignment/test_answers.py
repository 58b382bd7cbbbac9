"""Whatever a rubric names as its reference, no program of a student sees what lies in it."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment.answers import answers
from grader.assignment.reference import load_reference
from grader.sandbox.view import masked
from tests.assignment.references import ANSWER, OFFERS, installed, lay

BANDS = "import reference; return reference.load_bands()"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("course_"):
            del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that every program sees, such as the user's own."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def seen(folder: Path, name: str) -> set[str]:
    """What is left to be seen of the folder, as far as it holds anything."""
    hidden = masked(answers(load_reference(name)))
    files = (p for p in folder.rglob("*") if p.is_file() and not {p, *p.parents}.intersection(hidden))
    return {str(p.relative_to(folder)) for p in files if p.suffix != ".pyc" or "course_ref" in p.name}


def test_a_package_with_all_that_lies_in_it_and_with_its_metadata(packages: Path) -> None:
    files = {
        "course_ref/__init__.py": OFFERS,
        "course_ref/solution.ipynb": ANSWER,
        "course_ref/deep/bands.yaml": ANSWER,
    }
    installed(packages, "course_ref", files)
    assert seen(packages, "course_ref") == set()


def test_what_a_distribution_laid_elsewhere(packages: Path) -> None:
    files = {"course_ref/__init__.py": OFFERS, "../share/course/notes.md": ANSWER, "../bin/course-answers": ANSWER}
    installed(packages, "course_ref", files)
    found = answers(load_reference("course_ref"))
    assert {packages.parent / "share/course/notes.md", packages.parent / "bin/course-answers"} <= set(found)


def test_a_single_module_with_its_bytecode(packages: Path) -> None:
    installed(packages, "course_ref", {"course_ref.py": OFFERS})
    py_compile.compile(str(packages / "course_ref.py"), optimize=1)
    assert seen(packages, "course_ref") == set()


def test_a_part_of_a_namespace_without_its_neighbours(packages: Path) -> None:
    installed(packages, "course_lab", {"course_all/ref/__init__.py": OFFERS, "course_all/ref/bands.yaml": ANSWER})
    installed(packages, "course_tools", {"course_all/plots/__init__.py": "useful = 1"})
    left = seen(packages, "course_all.ref")
    assert {f for f in left if "dist-info" not in f} == {"course_all/plots/__init__.py"}
    assert not any(f.startswith("course_lab-") for f in left)


def test_of_a_larger_package_the_part_that_is_the_reference(packages: Path) -> None:
    files = {"course_all/__init__.py": "", "course_all/plots.py": "useful = 1"}
    installed(packages, "course_all", files | {"course_all/ref/__init__.py": OFFERS, "course_all/ref/a.ipynb": ANSWER})
    left = seen(packages, "course_all.ref")
    assert {f for f in left if "dist-info" not in f} == set(files)


def test_of_a_larger_package_the_module_that_is_the_reference_and_the_data_beside_it(packages: Path) -> None:
    files = {"course_all/__init__.py": "", "course_all/plots.py": "useful = 1"}
    installed(packages, "course_all", files | {"course_all/ref.py": OFFERS, "course_all/bands.yaml": ANSWER})
    assert {f for f in seen(packages, "course_all.ref") if "dist-info" not in f} == set(files)


@pytest.mark.parametrize(
    "wrapper",
    [
        "from course_true import *\nfrom course_true import SOLUTION",
        "import course_true as real\n" + "\n".join(
            f"def {name}(*given): return real.{name}(*given)"
            for name in ("load_data", "write_data", "load_bands", "load_runs")
        ),
        OFFERS.replace(BANDS, "import course_true; return course_true.bands()"),
        OFFERS.replace(BANDS, "import importlib; return importlib.import_module('course' + '_true').load_bands()"),
    ],
    ids=["handed on", "called", "imported in a function", "imported by a made-up name"],
)  # fmt: skip
def test_a_package_from_which_another_takes_its_answers(packages: Path, wrapper: str) -> None:
    installed(packages, "course_ref", {"course_ref/__init__.py": wrapper})
    true = {"course_true/__init__.py": OFFERS + "bands = load_bands", "course_true/solution.ipynb": ANSWER}
    installed(packages, "course_true", true)
    load_reference("course_ref").load_bands()
    assert seen(packages, "course_ref") == set()


def test_a_library_that_a_reference_uses_stays(packages: Path) -> None:
    installed(packages, "course_ref", {"course_ref/__init__.py": f"import course_plots, numpy, keras\n{OFFERS}"})
    installed(packages, "course_plots", {"course_plots/__init__.py": "useful = 1"})
    hidden = answers(load_reference("course_ref"))
    assert not [p for p in hidden if "numpy" in p.parts or "keras" in p.parts]
    assert "course_plots/__init__.py" in seen(packages, "course_ref")


def test_a_folder_on_the_path_that_is_no_library_with_all_that_lies_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lay(tmp_path / "lessons", {"course_ref.py": OFFERS, "next-year.ipynb": ANSWER})
    monkeypatch.syspath_prepend(folder)
    assert folder in answers(load_reference("course_ref"))


def test_an_editable_install_by_where_it_really_lies(packages: Path, tmp_path: Path) -> None:
    home = lay(tmp_path / "develop", {"course_ref/__init__.py": OFFERS, "course_ref/bands.yaml": ANSWER})
    (packages / "course_ref").symlink_to(home / "course_ref")
    assert home / "course_ref" in {Path(os.path.realpath(p)) for p in answers(load_reference("course_ref"))}


def test_an_archive_on_the_path_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    archive = tmp_path / "course.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("course_ref/__init__.py", OFFERS)
    monkeypatch.syspath_prepend(archive)
    assert archive in answers(load_reference("course_ref"))


def test_a_folder_in_which_python_lies_is_never_taken_away() -> None:
    assert masked([Path(sys.prefix), Path("/usr"), Path("/"), Path(os.__file__).parent]) == []
