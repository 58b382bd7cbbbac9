"""How a submission's files get to where the sandbox takes them from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.errors import UnreadableSubmission
from grader.sandbox.staging import copy_for_all, readable_by_all, stage


def test_a_copy_is_readable_by_all_and_the_original_untouched(tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text("x")
    (tmp_path / "lab.py").chmod(0o600)
    (tmp_path / "out").mkdir()
    assert stage({"sub/deep/lab.py": tmp_path / "lab.py"}, tmp_path / "out") == ("sub", "sub/deep")
    assert (tmp_path / "out/sub/deep/lab.py").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "lab.py").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["../escape.py", "/etc/cron.d/x", "a/../../b", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "lab.py").write_text("x")
    with pytest.raises(UnreadableSubmission, match="leads out of the submission's folder"):
        stage({name: tmp_path / "lab.py"}, tmp_path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lab.py")
    with pytest.raises(UnreadableSubmission, match=r"lab\.py is not a regular file"):
        stage({"lab.py": tmp_path / "lab.py"}, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSubmission, match=r"lab\.py cannot be read \(No such file"):
        stage({"lab.py": tmp_path / "lab.py"}, tmp_path)


def test_a_folder_under_a_strict_umask_is_noticed_and_its_copy_is_open(tmp_path: Path) -> None:
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / "data/deep/x").write_text("x")
    assert readable_by_all(tmp_path / "data")
    (tmp_path / "data/deep/x").chmod(0o600)
    assert not readable_by_all(tmp_path / "data")
    assert readable_by_all(copy_for_all(tmp_path / "data", tmp_path / "copy"))
