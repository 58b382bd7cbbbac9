"""Whatever is read from strangers, damaged in any way, raises nothing but our own errors and fills no memory.

`GRADER_FUZZ=2000 pytest tests/hostile/test_fuzz.py` tries so many cases of each.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import shutil
import stat
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.errors import UnreadableSubmission, UserError
from grader.evidence.endings import Stopped, execution
from grader.evidence.executed import executed_notebook
from grader.evidence.gather import gather
from grader.evidence.official import Official
from grader.evidence.trace import Blob, arrays, parse, read
from grader.grading.judge import judge
from grader.intake.archives import OF_A_STUDENT, UnreadableArchiveError, unpack
from grader.intake.program import read_program
from grader.records import FileKind, Limits
from reference import data
from tests.builders import evidence
from tests.evidence.events import program
from tests.hostile.test_forgery import claimed

MIB = 1 << 20
FUZZ = settings.get_profile("fuzz")
MOST_MEMORY = 400 * MIB
"""Bytes by which the process may grow over all cases of one kind, TensorFlow apart."""
NOTEBOOK = program("build", "model.fit(x, y)", "model.evaluate(x, y)", "plt.plot(a)")
ASSIGNMENT = Assignment.of(load(bundled()))
OFFICIAL = Official(data.load())
EXITED = Stopped(None, 0, 1.0, 1 << 20, "bubblewrap")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**8, 10**12)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "NaN", "x", "naive", "Dense", "kernel died", "../../etc/passwd", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
DAMAGE = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    before = psutil.Process().memory_info().rss
    yield
    assert psutil.Process().memory_info().rss - before < MOST_MEMORY


def damaged(content: bytes, damage: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, byte in damage:
        if changed:
            changed[place % len(changed)] = byte
    return bytes(changed)


def changed(value: Any, draw: st.DataObject) -> Any:
    """The value with something in it put out of place: a member gone, doubled, renamed or replaced."""
    where = draw.draw(st.integers(0, 3))
    if isinstance(value, dict) and value and where:
        key = draw.draw(st.sampled_from(sorted(value)))
        rest = {k: v for k, v in value.items() if k != key}
        match draw.draw(st.integers(0, 3)):
            case 0:
                return rest
            case 1:
                return rest | {draw.draw(st.text(max_size=8)): value[key]}
            case _:
                return rest | {key: changed(value[key], draw)}
    if isinstance(value, list) and value and where:
        place = draw.draw(st.integers(0, len(value) - 1))
        return [*value[:place], *[changed(value[place], draw)] * draw.draw(st.integers(0, 2)), *value[place + 1 :]]
    return draw.draw(VALUES)


# ---------------------------------------------------------------- the trace

LINES = [event.model_dump_json().encode() for event in claimed() if not isinstance(event, Blob)]
ENDINGS = [
    b'{"t":"cell_begin","number":1}',
    b'{"t":"cell","number":1,"index":0,"status":"ok","seconds":1,"outputs":[{"output_type":"stream","text":"x"}]}',
    b'{"t":"end","ending":"completed"}',
    b'{"t":"load","cell":1,"dataset":"mnist","source":"x","shapes":[[60000,28,28]]}',
    b'{"t":"advisory","cell":1,"message":"x"}',
]


@FUZZ
@given(st.data())
def test_a_damaged_trace_is_judged_all_the_same(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject) -> None:
    kept = draw.draw(st.lists(st.sampled_from([*LINES, *ENDINGS]), max_size=15)) + LINES[:3]
    lines = []
    for line in draw.draw(st.permutations(kept)):
        content = json.dumps(changed(json.loads(line), draw)) if draw.draw(st.booleans()) else line.decode()
        lines.append(damaged(content.encode("utf-8", "surrogatepass"), draw.draw(DAMAGE)))
    path = tmp_path_factory.getbasetemp() / "fuzzed-trace"
    path.write_bytes(b"\n".join(lines))
    events = list(read(path))
    ran = execution(NOTEBOOK, events, EXITED, Limits())
    json.loads(executed_notebook(NOTEBOOK, events))
    found = gather(NOTEBOOK, events, OFFICIAL)
    grade = judge(evidence(found.runs, loads=found.loads, doubts=found.doubts, executions=(ran,)), ASSIGNMENT)
    assert 0 <= grade.total <= grade.max
    assert not [fault for fault in grade.faults if "broke" in fault]


@FUZZ
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_line_is_an_event_or_none(line: bytes) -> None:
    parse(line)


DTYPES = ["<f4", "|O", "<U9", "<f8", "|V8", "(9,)f4", ">i8"]


@FUZZ
@given(st.data())
def test_a_damaged_archive_of_arrays_raises_value_error_alone(draw: st.DataObject) -> None:
    header = repr(
        {
            "descr": draw.draw(
                st.sampled_from(["<f4", "|O", "<U9", "<f8", "|V8", "(9,)f4", ">i8"]) | st.text(max_size=6)
            ),
            "fortran_order": draw.draw(st.booleans()),
            "shape": tuple(draw.draw(st.lists(st.integers(-2, 2**40), max_size=4))),
        }
    ).encode()
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + draw.draw(st.binary(max_size=64))
    buffer = io.BytesIO()
    method = draw.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("mean.npy", damaged(member, draw.draw(DAMAGE)))
    npz = base64.b64encode(damaged(buffer.getvalue(), draw.draw(DAMAGE))).decode()
    with contextlib.suppress(ValueError):
        arrays(Blob(t="blob", id="0" * 32, npz=npz))


# ---------------------------------------------------------------- files that people write or hand in

RUBRIC = bundled().read_text(encoding="utf-8").splitlines()


@FUZZ
@given(st.data())
def test_a_damaged_rubric_is_refused_with_its_problems_or_is_a_rubric(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    lines = list(RUBRIC)
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(lines) - 1))
        key, _, _ = lines[place].partition(":")
        value = draw.draw(VALUES)
        new = [f"{key}: {value!r}", f"{key}: {json.dumps(value)}", lines[place][1:], f"  {lines[place]}", "&a [*a]", ""]
        lines[place] = draw.draw(st.sampled_from(new) | st.text(max_size=30))
    path = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    path.write_bytes(damaged(text, draw.draw(DAMAGE)))
    with contextlib.suppress(UserError):
        load(path)


LAB = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# 1"]},
        {"cell_type": "code", "id": "b", "metadata": {"tags": ["stage:naive"]}, "source": "x = 1", "outputs": [],
         "execution_count": 1},
    ],
    "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "x"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}  # fmt: skip


@FUZZ
@given(st.data())
def test_a_damaged_notebook_is_unreadable_or_a_program(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.ipynb"
    text = json.dumps(changed(LAB, draw)).encode("utf-8", "surrogatepass")
    path.write_bytes(damaged(text, draw.draw(DAMAGE)))
    with contextlib.suppress(UnreadableSubmission):
        read = read_program(path, "lab.ipynb", FileKind.NOTEBOOK)
        json.dumps(read.notebook)


NAMES = st.text(max_size=30) | st.sampled_from(
    ["../x", "/etc/cron.d/x", "a/../../x", "C:\\x", "a\\..\\..\\x", "lab.ipynb", "a/lab.ipynb", "a", "CON", "x/" * 50]
)


@FUZZ
@given(st.data())
def test_a_damaged_zip_stays_in_its_folder_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    work = tmp_path_factory.getbasetemp() / "fuzzed-zip"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name twice, on purpose
        for name in draw.draw(st.lists(NAMES, max_size=6)):
            entry = zipfile.ZipInfo(name.encode("utf-8", "replace").decode() or "x")
            entry.external_attr = (
                draw.draw(st.sampled_from([0, stat.S_IFLNK | 0o777, stat.S_IFIFO, stat.S_IFREG])) << 16
            )
            archive.writestr(entry, draw.draw(st.binary(max_size=100)) * draw.draw(st.sampled_from([1, 1, 1, 100_000])))
    (work / "class.zip").write_bytes(damaged(buffer.getvalue(), draw.draw(DAMAGE)))
    with contextlib.suppress(UnreadableArchiveError, UserError):
        unpack(work / "class.zip", work / "in", OF_A_STUDENT)
    assert {p.name for p in work.iterdir()} <= {"class.zip", "in"}
    assert not [p for p in work.rglob("*") if p.is_symlink() or not (p.is_file() or p.is_dir())]
