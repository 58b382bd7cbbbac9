"""What is remembered of a class comes back as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.workspace.manifest import Kept, Manifest, Settings, read_manifest, write_manifest
from grader.workspace.members import members


@pytest.mark.parametrize("student", ["ada", "Müller, Jörg", "caf\udce9", "=1+1", 'a"b', "名前"])
def test_a_manifest_comes_back_as_it_was_whatever_students_are_called(tmp_path: Path, student: str) -> None:
    settings = Settings("de", 7.5, 3.0, "ps1", Kept("list.csv", "00"))
    manifest = Manifest("Übung 2", Kept("mine.yaml", "ff"), {student: "ab"}, settings, quick=True)
    write_manifest(tmp_path, manifest, b"marks: 10\r\n\xff")
    assert read_manifest(tmp_path) == manifest
    assert members(tmp_path) == {student}
    assert (tmp_path / "rubric.yaml").read_bytes() == b"marks: 10\r\n\xff"


def test_where_nothing_was_graded_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert [read_manifest(tmp_path / name) for name in ("", "nowhere", "file")] == [None, None, None]
