"""What the tests of whole classes share: a runner whose programs do what their source says they do."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.executors.runner import Runner


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    """The lab's own."""
    return Assignment.of(load(bundled()))


@pytest.fixture(scope="module")
def runner(assignment: Assignment) -> Iterator[Runner]:
    """Laid out once for the tests of a file."""
    from tests.grading.test_grade_class import Scripted

    with Runner(assignment.reference, Scripted(), Event()) as made:
        yield made


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page of the reference is kept once it has been drawn, which takes seconds."""
    return tmp_path_factory.mktemp("drawn") / "reference.html"
