"""Which commands begin another Python, whose trainings nobody sees."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from grader.inside.environment.processes import tell_python
from grader.inside.protocol import NOT_SEEN


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("python train.py", True),
        ("cd lab && python3.11 -u train.py", True),
        ([sys.executable, "-c", "import keras"], True),
        ("jupyter nbconvert --execute lab.ipynb", True),
        ("python --version", False),
        ("python3 -m pip install keras", False),
        (["nvidia-smi"], False),
        ("ls pythonic", False),
        ("cat about-python.txt", False),
    ],
)
def test_another_python_is_told_and_other_commands_are_not(command: Any, *, told: bool) -> None:
    said: list[str] = []
    tell_python(command, said.append)
    assert said == [NOT_SEEN] * told
