"""Every entry of the table of old names works as today's name, and whoever uses it is told what to write."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from grader.inside.compat.old_entries import Kind, Old, table

ENTRIES = {f"{entry.kind}: {entry.old}": entry for entry in table()}


@pytest.fixture(scope="module")
def tried() -> dict[str, Any]:
    """One process for all: what makes old names work changes Keras for good."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.inside.compat.trying_old_names"]
    done = subprocess.run(command, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    results: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return results


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_old_name_works_as_todays(name: str, tried: dict[str, Any]) -> None:
    works, problem, _ = tried[name]
    assert works, problem


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_who_uses_an_old_name_is_told_what_to_write(name: str, tried: dict[str, Any]) -> None:
    _, _, told = tried[name]
    words = ENTRIES[name].advisory
    assert any(words in t or words.replace("keras.", "tensorflow.keras.") in t for t in told), told


def test_no_entry_stands_in_the_table_twice() -> None:
    assert len(ENTRIES) == len(list(table()))


def test_every_kind_has_entries() -> None:
    assert {entry.kind for entry in ENTRIES.values()} == set(Kind)


def test_an_advisory_names_the_old_and_the_new() -> None:
    assert Old(Kind.ARGUMENT, "layers.Dense.init", "kernel_initializer").advisory == (
        "Dense(init=…) was removed in Keras 3; write Dense(kernel_initializer=…) instead"
    )
