"""No home, no name, no reader, no letters: the work goes on; a bug of ours is told with a log that says all."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import failures
from grader.errors.failures import in_words
from tests.trouble.conditions import ROOT, RUBRIC, grader, python, read_only, without_a_name

BUG = """
import sys
from grader import cli
from grader.commands import regrade
def planted(*_):
    raise ZeroDivisionError("planted")
regrade.terms_of = planted
sys.argv = ["grader", "regrade", "my reports"]
cli.main()
"""


# ---------------------------------------------------------------- people


def test_who_has_no_name_and_no_home_is_signed_by_number() -> None:
    code = "from grader.commands.review import _login; print(_login())"
    unnamed = ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME")
    ran = python("-c", code, cwd=ROOT, within=without_a_name(), without=unnamed)
    assert (ran.stdout, ran.stderr) == ("user 12345\n", "")


def test_a_rubric_is_checked_without_a_home(tmp_path: Path) -> None:
    ran = grader("rubric", "check", RUBRIC, cwd=tmp_path, within=without_a_name(), without=("HOME", "USER", "LOGNAME"))
    assert (ran.returncode, ran.stderr) == (0, "")


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_the_terminal_lacks_are_spelled_and_json_stays_json(encoding: str) -> None:
    code = (
        "from grader.terminal.streams import *; sturdy_streams(); print('⚑ 1 → 2'); "
        'print(\'{"a": "Łukasz 李 😀"}\'); flush()'
    )
    ran = python("-c", code, cwd=ROOT, PYTHONIOENCODING=encoding)
    first, second = ran.stdout.splitlines()
    assert first == "! 1 -> 2"
    assert json.loads(second) == {"a": "Łukasz 李 😀"}


def test_a_reader_who_has_gone_stops_no_work_and_changes_no_status() -> None:
    code = (
        "from grader.terminal.streams import *; sturdy_streams()\n"
        "import sys\nfrom rich.console import Console\n"
        "for n in range(20000): Console().print('line', n)\n"
        "flush(); print('went on', file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "line 0\n"
        process.stdout.close()
        assert process.stderr.read() == "went on\n"
        assert process.wait(60) == 0


def test_closed_streams_stop_no_command(tmp_path: Path) -> None:
    closed = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
    assert grader("rubric", "check", RUBRIC, cwd=tmp_path, within=closed).returncode == 0


# ---------------------------------------------------------------- a bug of ours


def test_a_bug_is_told_with_a_log_of_command_versions_platform_and_traceback(tmp_path: Path) -> None:
    ran = python("-c", BUG, cwd=tmp_path, TMPDIR=str(tmp_path))
    assert ran.returncode == 3
    (log,) = tmp_path.glob("grader-bug-*.log")
    assert f"Please send {log}" in ran.stderr
    text = log.read_text()
    for words in ("command: grader regrade 'my reports'", "keras: 3.", "tensorflow: 2.", "python: 3.", "platform: "):
        assert words in text
    assert "Traceback (most recent call last)" in text
    assert "ZeroDivisionError: planted" in text


def test_where_temporary_files_find_no_room_the_log_goes_to_the_current_folder_and_then_home(tmp_path: Path) -> None:
    for name in ("here", "home"):
        (tmp_path / name).mkdir()
    places = {"TMPDIR": "/nowhere", "HOME": str(tmp_path / "home")}
    ran = python("-c", BUG, cwd=tmp_path / "here", within=read_only(tmp_path / "here", tmp_path / "home"), **places)
    assert (ran.returncode, len(list((tmp_path / "here").glob("grader-bug-*.log")))) == (3, 1)
    ran = python("-c", BUG, cwd=tmp_path / "here", within=read_only(tmp_path / "home"), **places)
    assert (ran.returncode, len(list((tmp_path / "home").glob("grader-bug-*.log")))) == (3, 1)


def test_where_nothing_can_be_written_the_log_is_said(tmp_path: Path) -> None:
    ran = python("-c", BUG, cwd=tmp_path, within=read_only())
    assert ran.returncode == 3
    assert "Please send what follows" in ran.stderr
    assert "command: grader regrade 'my reports'" in ran.stderr
    assert "ZeroDivisionError: planted" in ran.stderr


# ---------------------------------------------------------------- what is the system's, and what is ours


@pytest.mark.parametrize("number", sorted(n for n in failures.CAUSES if n))
def test_each_trouble_of_the_system_names_the_file_and_what_to_do(number: int) -> None:
    words = in_words(OSError(number, os.strerror(number), "reports/x"))
    assert words is not None
    assert words.startswith("reports/x: ")
    assert words.count(". ") >= 1


def test_what_is_ours_stays_ours() -> None:
    assert in_words(FileNotFoundError(errno.ENOENT, "No such file", "reports/ada/x"), ["grader", "regrade"]) is None
    assert in_words(ZeroDivisionError()) is None
    assert in_words(OSError("no number")) is None
    assert in_words(RuntimeError("anything")) is None


def test_what_the_system_has_no_more_of_is_told() -> None:
    for error in (
        MemoryError(),
        RuntimeError("can't start new thread"),
        RuntimeError("Could not determine home directory."),
    ):
        assert in_words(error) is not None
