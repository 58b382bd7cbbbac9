"""The table of patches says what really differs after installing them, and nothing differs after undoing them."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from typing import Any

import pytest

from grader.inside.patches import GONE, ITSELF, TABLE, Change, Entry, Patches

ON_ARRIVAL = frozenset({"sys.meta_path: arrivals"})
"""Only where a library has not been imported yet."""


def compare(*options: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", "tests.inside.comparing_patches", *options]
    return json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))


@pytest.fixture(scope="module")
def compared() -> Any:
    return compare()


def test_the_table_names_what_is_installed_and_nothing_else(compared: Any) -> None:
    by_the_loop = {target for patch in TABLE if not patch.undo.startswith(ITSELF) for target in patch.targets}
    assert set(compared["targets"]) == by_the_loop - ON_ARRIVAL


def test_what_differs_after_installing_is_what_the_loop_has_made(compared: Any) -> None:
    assert compared["touch what is not looked into"] == [], "add its root to LIBRARIES in comparing_patches"
    assert compared["differ and are not in the table"] == []
    assert compared["are in the table and do not differ"] == []
    grown, made = compared["entries"]
    assert grown == made > 0
    assert compared["trace"] == ""


def test_nothing_differs_after_undoing(compared: Any) -> None:
    assert compared["differ after undoing"] == []
    assert set(compared["lists after undoing"].values()) == {True}


def test_a_name_that_is_replaced_past_the_loop_is_found() -> None:
    found = compare("planted")
    (name,) = found["differ and are not in the table"]
    assert name.startswith("keras.")
    assert name.endswith("Model.summary")
    assert found["differ after undoing"] == [name]


def test_a_target_stands_in_one_row_with_a_reason_and_the_way_back() -> None:
    targets = [target for patch in TABLE for target in patch.targets]
    assert len(set(targets)) == len(targets)
    assert all(patch.why and patch.versions and patch.undo for patch in TABLE)


# ---------------------------------------------------------------- the loop


@pytest.fixture
def library() -> types.ModuleType:
    made = types.ModuleType("library")
    exec("class Thing:\n    @staticmethod\n    def make(): return 1\ndef f(): return 1", vars(made))
    return made


def test_a_static_method_is_given_back_as_one(library: Any) -> None:
    kept = vars(library.Thing)["make"]
    patches = Patches()
    patches.install([Change("x", library.Thing, "make", staticmethod(lambda: 2))])
    assert library.Thing.make() == 2
    patches.undo()
    assert vars(library.Thing)["make"] is kept


def test_what_was_not_there_is_gone_again_and_what_was_deleted_is_back(library: Any) -> None:
    f, patches = library.f, Patches()
    patches.install([Change("x", library, "new", 1), Change("x", library, "f", GONE)])
    assert (library.new, hasattr(library, "f")) == (1, False)
    patches.undo()
    assert (hasattr(library, "new"), library.f) == (False, f)


def test_the_code_of_a_function_is_given_back(library: Any) -> None:
    patches = Patches()
    patches.install([Change("x", library.f, "__code__", (lambda: 2).__code__)])
    assert library.f() == 2
    patches.undo()
    assert library.f() == 1


def test_what_is_replaced_twice_ends_as_it_began_and_the_second_finds_the_first(library: Any) -> None:
    def changes() -> Any:
        for _ in range(2):
            inner = library.f
            yield Change("x", library, "f", lambda inner=inner: inner() + 1)

    f, patches = library.f, Patches()
    patches.install(changes())
    assert library.f() == 3
    patches.undo()
    assert library.f is f


def test_what_a_student_has_put_there_since_is_theirs(library: Any) -> None:
    patches, own = Patches(), object()
    patches.install([Change("x", library, "f", lambda: 2)])
    library.f = own
    patches.undo()
    assert library.f is own


def test_an_entry_that_has_left_its_list_by_itself_is_no_error() -> None:
    entries, patches = [1], Patches()
    patches.install([Entry("x", entries, 0), Entry("x", entries, 2, first=False)])
    assert entries == [0, 1, 2]
    entries.remove(0)
    patches.undo()
    assert entries == [1]
