"""A recorder in this process."""

from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from grader.inside.patches import Patches
from grader.inside.recording.cells import Cells
from grader.inside.recording.record import Recorder
from grader.inside.trace import Trace


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Path]:
    """The trace into which what is done with Keras is recorded."""
    with (tmp_path / "trace").open("wb") as sink:
        patches = Patches()
        patches.install(Recorder(Trace(sink.fileno()), keras, Cells()).changes())
        try:
            yield tmp_path / "trace"
        finally:
            patches.undo()
