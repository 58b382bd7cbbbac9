"""Who never imports Keras does not wait for it; who hides the import is recorded all the same."""

import sys
from pathlib import Path

import pytest

from grader.evidence.trace import CellEnd, Compiled, Environment, Epoch, Fault, FitBegin, FitEnd, Load
from grader.inside.environment.first_import import when_imported
from tests.inside.running import Ran, run

HIDDEN = """
import importlib, numpy as np
tf = importlib.import_module("tensor" + "flow")
k = getattr(tf, "ker" + "as")
"""
MODEL = """
model = k.Sequential([k.layers.Input((4,)), k.layers.Dense(2)])
model.compile("sgd", "mse")
h = model.fit(np.zeros((200, 4)), np.zeros((200, 2)), epochs=2, verbose=0)
(x, _), _ = k.datasets.mnist.load_data(); print(x.shape)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "slow_library").mkdir()
    (tmp_path / "slow_library" / "__init__.py").write_text("import slow_library.part\nready = True")
    (tmp_path / "slow_library" / "part.py").write_text("part = 1")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "slow_library", raising=False)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    return "slow_library"


def test_what_waits_for_a_package_comes_once_and_when_it_is_whole(package: str) -> None:
    seen: list[bool] = []
    when_imported(frozenset({package}), lambda: seen.append(sys.modules[package].ready)).make()
    __import__("json.tool")
    assert seen == []
    __import__(f"{package}.part")
    __import__(package)
    assert seen == [True]


def test_the_package_keeps_its_own_loader(package: str) -> None:
    when_imported(frozenset({package}), lambda: None).make()
    spec = __import__(package).__spec__
    assert spec.loader.get_code(package) is not None
    assert spec.loader is sys.modules[package].__loader__


def test_an_import_that_fails_may_be_tried_again(package: str, tmp_path: Path) -> None:
    source = tmp_path / package / "__init__.py"
    whole = source.read_text()
    source.write_text("raise RuntimeError('not yet')")
    seen: list[str] = []
    when_imported(frozenset({package}), lambda: seen.append("there")).make()
    with pytest.raises(RuntimeError):
        __import__(package)
    assert seen == []
    source.write_text(whole + "  # longer, so that no compiled copy is taken for it")
    __import__(package)
    assert seen == ["there"]


def test_a_package_that_is_not_installed_stays_so(package: str) -> None:
    when_imported(frozenset({"no_such_library"}), lambda: pytest.fail("it is not there")).make()
    with pytest.raises(ModuleNotFoundError):
        __import__("no_such_library")
    assert __import__(package).ready


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    return run(tmp_path_factory.mktemp("hidden"), mnist, ["import sys; print(len(sys.modules))", HIDDEN, MODEL])


@pytest.mark.slow
def test_a_hidden_import_of_keras_is_recorded_from_there_on(hidden: Ran) -> None:
    assert hidden.of(Fault) == []
    assert [e.status for e in hidden.of(CellEnd)] == ["ok"] * 3
    assert [(e.cell, e.epochs) for e in hidden.of(FitBegin)] == [(3, 2)]
    assert [len(hidden.of(kind)) for kind in (Compiled, Epoch, FitEnd, Load)] == [1, 2, 1, 1]
    assert hidden.of(FitBegin)[0].seed is not None


@pytest.mark.slow
def test_a_program_that_names_no_keras_starts_without_it(hidden: Ran) -> None:
    environment = hidden.of(Environment)[0]
    assert environment.keras.startswith("3.")
    assert int(hidden.printed(1)) < 2000
