"""What travels between machines arrives as it was, and nothing else travels."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UserError
from grader.executors import serialize
from grader.executors.ran import Ran
from grader.executors.runner import failed
from grader.executors.serialize import (
    TooLargeError,
    pack,
    ran_payload,
    submission_payload,
    unpack,
    unpack_ran,
    unpack_submission,
)
from grader.intake.folder import find_class
from grader.records import FileKind, Limits, SourceFile, Submission


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text("import layers\n")
    (folder / "layers.py").write_text("x = 1\n")
    (folder / "grades.csv").write_text("a,b\n")
    (found,) = find_class(tmp_path / "class").submissions
    return found


def test_the_files_of_a_submission_arrive_with_the_limits(submission: Submission, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    limits = Limits(seconds=7, cpus=(1,))
    arrived, within = unpack_submission(submission_payload(submission, limits), there)
    assert within == limits
    assert arrived == replace(submission, root=there)
    for file in (*submission.programs, *submission.beside):
        assert (there / file.name).read_bytes() == (submission.root / file.name).read_bytes()


def test_a_link_among_the_files_takes_nothing_of_this_machine_along(submission: Submission, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the rubric")
    (submission.root / "layers.py").unlink()
    (submission.root / "layers.py").symlink_to(tmp_path / "secret")
    assert b"the rubric" not in b"".join(unpack(submission_payload(submission, Limits()))[1].values())


def test_a_pipe_among_the_files_holds_nobody_up(submission: Submission) -> None:
    (submission.root / "layers.py").unlink()
    os.mkfifo(submission.root / "layers.py")
    assert "layers.py" not in unpack(submission_payload(submission, Limits()))[1]


def test_a_submission_over_the_limit_is_told_where_it_can_be_graded(
    submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serialize, "MOST", 16)
    with pytest.raises(TooLargeError, match="--executor local"):
        submission_payload(submission, Limits())


@pytest.mark.parametrize("name", ["../out.py", "/tmp/out.py", "unknown.py"])
def test_a_payload_lays_nothing_beside_its_folder(name: str, submission: Submission, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    listed = () if name == "unknown.py" else (SourceFile(name, FileKind.DATA),)
    head = unpack(submission_payload(replace(submission, files=submission.files + listed), Limits()))[0]
    with pytest.raises(ValueError, match="no file of the submission"):
        unpack_submission(pack(head, {name: b"x"}), there)
    assert list(there.iterdir()) == []


def test_what_a_submission_has_shown_arrives_bit_for_bit(submission: Submission) -> None:
    ran = failed(submission, "the disk was full", Limits())
    sent = Ran(ran.evidence, {"lab.py": "{}", "layers.py": "\ud800"}, {"lab.py 1 final": np.arange(9).tobytes()})
    elsewhere = replace(submission, root=Path("/worker/folder"))
    far = replace(sent, evidence=replace(sent.evidence, submission=elsewhere))
    assert unpack_ran(ran_payload(far), submission) == sent


@pytest.mark.parametrize(
    ("notebooks", "weights"), [({"../../.bashrc": "alias"}, {}), ({}, {"../../../index": b""}), ({}, {"/tmp/x": b""})]
)
def test_an_answer_writes_nowhere_but_where_it_belongs(
    notebooks: dict[str, str], weights: dict[str, bytes], submission: Submission
) -> None:
    ran = failed(submission, "", Limits())
    with pytest.raises(UserError, match="found files named"):
        unpack_ran(ran_payload(replace(ran, notebooks=notebooks, weights=weights)), submission)


def test_an_answer_that_would_unpack_without_end_is_not_unpacked(
    submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = ran_payload(failed(submission, "", Limits()))
    monkeypatch.setattr(serialize, "MOST_UNPACKED", 10)
    with pytest.raises(UserError, match="over 0 MiB"):
        unpack_ran(payload, submission)


@given(st.binary(max_size=300))
def test_an_answer_that_is_no_evidence_is_told(answer: bytes) -> None:
    submission = Submission("ada", Path("/nowhere"), (), "")
    with pytest.raises(UserError, match="evidence of ada"):
        unpack_ran(answer, submission)


@given(st.dictionaries(st.text(), st.binary(max_size=50), max_size=4), st.text())
def test_any_names_and_bytes_come_back(parts: dict[str, bytes], text: str) -> None:
    assert unpack(pack({"text": text}, parts)) == ({"text": text}, parts)
