"""What we rely on beyond what the libraries promise is in one table, and is there in the installed versions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from grader.commands import doctor
from grader.commands.doctor import State
from grader.inside import private_names
from grader.inside.private_names import SLOWER, TABLE, Private, missing

ROOM = Path(grader.__file__).parent
PRIVATE_MODULES = ("keras.src.", "keras._", "tensorflow.python.")
NOT_THEIRS = frozenset(
    {"_exit", "_getframe", "_told_of_", "_grader_missing", "_grader_error", "_urandom", "_fields_"} | {"_replace"}
)
"""Python's own, and ours in modules of theirs."""
OWN = re.compile(r"(self|cls|other|source|renderer|executor)\b|super\(\)")
"""Objects of our own classes, by the names that they have in our code."""


def test_all_of_them_are_there() -> None:
    assert missing() == []


@pytest.mark.parametrize(
    "name",
    [
        "keras.src.tree.no_such_function",
        "keras.src.no_such_module.thing",
        "no_such_library.thing",
        "layer._no_such_list",
        "metrics._no_such_metrics",
    ],
)
def test_one_that_is_missing_is_told(name: str) -> None:
    planted = Private(name, "planted", SLOWER)
    assert missing((TABLE[0], planted, TABLE[-1])) == [planted]


def test_a_word_that_fit_no_longer_says_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(keras.Model, "fit", lambda _model: None)
    assert [p.name for p in missing() if p.name.startswith("fit")] == ["fit's word _use_cached_eval_dataset"]


def test_each_stands_once_with_its_reason_and_what_comes_of_it() -> None:
    assert len({p.name for p in TABLE}) == len(TABLE)
    assert all(p.why and p.without for p in TABLE)


# ---------------------------------------------------------------- our own sources


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for path in ROOM.rglob("*.py"):
        if path != Path(private_names.__file__):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def modules_named(tree: ast.AST) -> Iterator[str]:
    """Private modules, and what is taken from them, each as a dotted path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and f"{node.module}.".startswith(PRIVATE_MODULES):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if isinstance(node, ast.Attribute):
            found = re.match(r"(?:self\._)?(keras\.src\..+)", ast.unparse(node))
            if found:
                yield found[1]


def attributes_named(tree: ast.AST) -> Iterator[str]:
    """Attributes with an underscore of what is not ours: `thing._name` and `getattr(thing, "_name")`."""
    for node in ast.walk(tree):
        name, owner = "", ""
        if isinstance(node, ast.Attribute):
            name, owner = node.attr, ast.unparse(node.value)
        match node:
            case ast.Call(func=ast.Name("getattr"), args=[thing, ast.Constant(str(asked)), *_]):
                name, owner = asked, ast.unparse(thing)
        if re.match(r"_[a-z]", name) and not OWN.match(owner) and name not in NOT_THEIRS:
            yield name


def test_every_private_module_that_our_code_names_is_in_the_table() -> None:
    known = [p.name for p in TABLE]
    named = {(path.name, name) for path, tree in sources() for name in modules_named(tree)}
    assert len(named) > 10

    def has_row(name: str) -> bool:
        """Whether it leads to a row, or goes on from one."""
        return any(f"{row}.".startswith(f"{name}.") or f"{name}.".startswith(f"{row}.") for row in known)

    assert [one for one in named if not has_row(one[1])] == []


def test_every_private_attribute_that_our_code_names_is_in_the_table() -> None:
    known = {p.name.rpartition(".")[2] for p in TABLE}
    named = {(path.name, name) for path, tree in sources() for name in attributes_named(tree)}
    assert len(named) > 10
    assert [one for one in named if one[1] not in known] == []


def test_a_private_name_in_a_source_is_found_by_the_two_tests_above() -> None:
    tree = ast.parse("from keras.src.new import thing\nmodel._new\ngetattr(layer, '_newer', None)\nself._own\n")
    assert list(modules_named(tree)) == ["keras.src.new.thing"]
    assert sorted(attributes_named(tree)) == ["_new", "_newer"]


# ---------------------------------------------------------------- what the doctor says


def told(monkeypatch: pytest.MonkeyPatch, *rows: tuple[str, str, bool]) -> tuple[State, str, str]:
    found = json.dumps([[name, "", without, stops] for name, without, stops in rows])
    monkeypatch.setattr(doctor, "PRIVATE_NAMES", ("-c", f"print({found!r})"))
    return doctor.QUESTIONS["Private names"]()


def test_the_doctor_finds_all_of_them_here() -> None:
    assert doctor.QUESTIONS["Private names"]()[0] is State.GOOD


def test_a_name_without_which_nothing_can_be_graded_is_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ("keras.src.gone", "no training is recorded", True), ("x._slow", "training is slower", False)
    state, found, advice = told(monkeypatch, *rows)
    assert state is State.BROKEN
    assert found == "keras.src.gone is missing: no training is recorded; x._slow is missing: training is slower"
    assert "pip install 'keras>=3.15,<3.16' 'tensorflow>=2.21,<2.22'" in advice


def test_a_name_without_which_training_is_slower_is_to_be_minded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, ("x._slow", "training is slower", False))[0] is State.CARE


def test_where_keras_cannot_be_imported_that_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PRIVATE_NAMES", ("-c", "raise ImportError"))
    assert doctor.QUESTIONS["Private names"]()[0] is State.CARE


def test_the_versions_that_the_doctor_names_are_those_that_were_compared() -> None:
    from grader.inside.fast_fit.speed import COMPARED

    ((keras, tensorflow),) = COMPARED
    assert [f"{name}>={version}," for name, version in (("keras", keras), ("tensorflow", tensorflow))] == [
        re.match(r"'(.*?,)", one)[1]  # type: ignore[index]
        for one in doctor.COMPARED
    ]


def test_it_answers_as_a_program_of_its_own() -> None:
    ran = subprocess.run([sys.executable, *doctor.PRIVATE_NAMES], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]"
