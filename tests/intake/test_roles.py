"""Which files are run: every one is a program, is needed by a program that runs, or is an older copy of one."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake.copies import Candidate
from grader.intake.imports import Files, reachable, wanted
from grader.intake.roles import roles
from grader.records import FileKind

RUN = {FileKind.NOTEBOOK, FileKind.MODULE}


def sorted_out(files: Mapping[str, str]) -> dict[str, str]:
    return {f.name: str(f.kind) for f in roles(candidates(files))}


def candidates(files: Mapping[str, str]) -> list[Candidate]:
    kinds = {n: FileKind.NOTEBOOK if n.endswith(".ipynb") else FileKind.MODULE for n in files}
    return [Candidate(name, kinds[name], code, 0.0) for name, code in files.items()]


# ---------------------------------------------------------------- scripts that import each other


def test_two_scripts_that_import_each_other_beside_a_third_are_run_as_well() -> None:
    files = {"one.py": "import two\nx = 1", "three.py": "z = 3", "two.py": "import one\ny = 2"}
    assert set(sorted_out(files).values()) == {"module"}


def test_of_scripts_that_import_each_other_the_one_with_a_main_guard_is_the_program() -> None:
    files = {
        "nets.py": "from train import EPOCHS\ndef net(): ...\nmodel.fit(x)",
        "other.py": "model.fit(x)",
        "train.py": 'import nets\nEPOCHS = 100\nif __name__ == "__main__":\n    nets.net().fit(x)',
    }
    assert sorted_out(files) == {"nets.py": "helper", "other.py": "module", "train.py": "module"}


def test_of_scripts_that_import_each_other_without_a_guard_the_one_that_trains_is_the_program() -> None:
    files = {"nets.py": "import train\ndef net(): ...", "other.py": "1", "train.py": "import nets\nnets.net().fit(x)"}
    assert sorted_out(files) == {"nets.py": "helper", "other.py": "module", "train.py": "module"}


def test_scripts_that_import_each_other_and_that_a_third_imports_are_its_helpers() -> None:
    files = {"lab.py": "import one", "one.py": "import two\nm.fit(x)", "two.py": "import one\nm.fit(x)"}
    assert sorted_out(files) == {"lab.py": "module", "one.py": "helper", "two.py": "helper"}


def test_a_ring_of_three_beside_a_fourth_is_run_too() -> None:
    ring = {"a.py": "import b", "b.py": "import c", "c.py": "import a\nmodel.fit(x)", "d.py": "print()"}
    assert sorted_out(ring) == {"a.py": "helper", "b.py": "helper", "c.py": "module", "d.py": "module"}


def test_a_script_that_imports_itself_is_a_program() -> None:
    assert sorted_out({"lab.py": "import lab", "other.py": "1"}) == {"lab.py": "module", "other.py": "module"}


# ---------------------------------------------------------------- found as Python would find it


def test_a_module_beside_its_importer_is_meant_and_not_one_of_its_name_elsewhere() -> None:
    files = {"week1/data.py": "model.fit(x)", "week2/data.py": "x = 1", "week2/lab.py": "import data"}
    assert sorted_out(files) == {"week1/data.py": "module", "week2/data.py": "helper", "week2/lab.py": "module"}


def test_a_package_beside_a_program_in_a_folder_is_found() -> None:
    files = {"lab/main.py": "from tools.data import load", "lab/tools/__init__.py": "", "lab/tools/data.py": "1"}
    assert sorted_out(files) == {
        "lab/main.py": "module",
        "lab/tools/__init__.py": "helper",
        "lab/tools/data.py": "helper",
    }


def test_a_module_in_a_folder_that_the_program_adds_to_its_path_is_found() -> None:
    files = {"lab.py": "import sys; sys.path.append('src')\nimport nets", "src/nets.py": "def net(): ..."}
    assert sorted_out(files) == {"lab.py": "module", "src/nets.py": "helper"}


def test_a_module_of_a_package_imports_from_around_it_and_with_dots_from_within() -> None:
    files = {
        "lab.py": "import tools.nets",
        "common.py": "1",
        "tools/__init__.py": "",
        "tools/common.py": "2",
        "tools/nets.py": "import common",
    }
    assert sorted_out(files)["tools/common.py"] == "module"
    files["tools/nets.py"] = "from . import common"
    assert (sorted_out(files)["tools/common.py"], sorted_out(files)["common.py"]) == ("helper", "module")


def test_a_file_elsewhere_with_the_name_of_a_library_is_not_what_an_import_means() -> None:
    assert sorted_out({"lab.py": "import random, keras", "old/random.py": "m.fit(x)", "old/keras.py": "m.fit()"}) == {
        "lab.py": "module",
        "old/random.py": "module",
        "old/keras.py": "module",
    }


@pytest.mark.parametrize(
    "code",
    [
        "%run ../common/prepare.ipynb",
        "%run -i '../common/prepare.ipynb'",
        "get_ipython().run_line_magic('run', '-i ../common/prepare.ipynb')",
        "%run prepare.ipynb",
    ],
)
def test_a_notebook_that_another_runs_by_its_path_is_its_helper(code: str) -> None:
    files = {"common/prepare.ipynb": "x = 1", "labs/lab.ipynb": code}
    assert sorted_out(files) == {"common/prepare.ipynb": "helper", "labs/lab.ipynb": "notebook"}


def test_a_module_imported_by_a_call_is_a_helper() -> None:
    for code in ("import_module('nets')", 'x = __import__("nets")', "runpy.run_path('nets.py')"):
        assert sorted_out({"lab.py": code, "nets.py": "1"})["nets.py"] == "helper"


# ---------------------------------------------------------------- what belongs to nobody


def test_what_only_an_older_copy_needs_is_run_by_itself() -> None:
    lines = "\n".join(f"x{n} = {n}" for n in range(9))
    files = {"lab.py": f"import old\n{lines}", "lab_v2.py": lines, "old.py": "model.fit(x)"}
    assert sorted_out(files) == {"lab.py": "duplicate", "lab_v2.py": "module", "old.py": "module"}


def test_a_package_that_trains_and_that_nobody_imports_is_run() -> None:
    files = {"lab.py": "1", "mine/__init__.py": "model.fit(x)", "empty/__init__.py": ""}
    assert sorted_out(files) == {"lab.py": "module", "mine/__init__.py": "module", "empty/__init__.py": "helper"}
    assert sorted_out({"mine/__init__.py": ""}) == {"mine/__init__.py": "module"}


STEMS = ("a", "b", "c", "lab", "lab_v2")
FOLDERS = ("", "src/", "src/deep/")
IMPORTS = st.sampled_from(
    [
        *(f"import {stem}" for stem in STEMS),
        *(f"from . import {stem}" for stem in STEMS),
        *(f"%run {stem}.ipynb" for stem in STEMS),
        "import src.a",
        "from src.deep import b",
        "from ..deep.c import x",
        'if __name__ == "__main__": pass',
        "model.fit(x)",
        "x = 1",
    ]
)
NAMES = st.builds(
    lambda folder, stem, suffix: f"{folder}{stem}{suffix}",
    st.sampled_from(FOLDERS),
    st.sampled_from((*STEMS, "__init__")),
    st.sampled_from([".py", ".ipynb"]),
)
SUBMISSIONS = st.dictionaries(NAMES, st.lists(IMPORTS, max_size=4).map("\n".join), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(SUBMISSIONS)
def test_something_runs_and_every_file_runs_is_needed_by_what_runs_or_is_a_copy(files: Mapping[str, str]) -> None:
    found = {f.name: f for f in roles(candidates(files))}
    assert found.keys() == files.keys()
    run = {name for name, f in found.items() if f.kind in RUN}
    assert run
    left = {n: c for n, c in files.items() if found[n].kind is not FileKind.DUPLICATE}
    names = Files(left)
    needed = reachable(sorted(run), lambda name: names.needed(name, wanted(left[name])))
    for name, file in found.items():
        if file.kind is FileKind.HELPER:
            assert name in needed or (name.endswith("__init__.py") and ".fit(" not in files[name])
        if file.kind is FileKind.DUPLICATE:
            assert found[file.note.removeprefix("an older copy of ")].kind is not FileKind.DUPLICATE
