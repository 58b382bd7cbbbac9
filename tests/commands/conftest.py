from pathlib import Path

import pytest


@pytest.fixture
def one_student(tmp_path: Path) -> Path:
    """A class of one, whose program trains nothing."""
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text("print('no network here')\n")
    return folder.parent
