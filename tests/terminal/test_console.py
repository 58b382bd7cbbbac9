"""No name and no message commands the terminal: what a student calls things is spelled, whatever prints it."""

import ast
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.live import Live
from rich.table import Table

import grader
from grader.terminal.console import COMMANDS, TURNS, Console, spelled
from grader.workspace.members import folders_of
from tests.intake.downloads import put

NAME = "eve\x1b]0;owned\x07\x1b[2J\u202egnp\x9b31m\r"
FILE = "lab\x1b[1A\x07\u2066.rar"
PLANTED = (
    b"\x1b]0;",
    b"\x07",
    b"\x1b[2J",
    b"\x1b[1A\x07",
    "\u202e".encode(),
    "\u2066".encode(),
    "\x9b".encode(),
    b"\r\r",
)


def table() -> Table:
    made = Table(title=NAME)
    made.add_column(FILE)
    made.add_row(NAME)
    return made


def live(console: Console) -> None:
    with Live(table(), console=console, refresh_per_second=20) as shown:
        shown.update(table(), refresh=True)


WAYS = {
    "text": lambda console: console.print(f"{NAME}: {FILE}", markup=False, highlight=False, soft_wrap=True),
    "markup": lambda console: console.print(f"[bold]{NAME}[/]"),
    "table": lambda console: console.print(table()),
    "live": live,
    "title": lambda console: console.rule(NAME),
    "out": lambda console: console.out(NAME),
    "log": lambda console: console.log(NAME),
}


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("terminal", [True, False])
def test_a_name_is_spelled_whatever_prints_it(way: str, terminal: bool) -> None:
    written = io.StringIO()
    WAYS[way](Console(file=written, force_terminal=terminal, width=200))
    content = written.getvalue().encode()
    assert [sign for sign in PLANTED if sign in content] == []
    assert b"eve" in content


@given(st.text())
def test_what_is_spelled_holds_no_command_and_plain_letters_are_as_they_were(text: str) -> None:
    import unicodedata

    shown = spelled(text)
    assert not any(c in TURNS or (unicodedata.category(c) in COMMANDS and c not in "\n\t") for c in shown)
    assert spelled(shown) == shown
    kept = "".join(c for c in text if c.isprintable())
    assert spelled(kept) == kept


@given(st.text())
def test_json_that_is_spelled_is_the_same_json(text: str) -> None:
    assert json.loads(spelled(json.dumps([text], ensure_ascii=False))) == [text]


def test_nothing_else_makes_a_console() -> None:
    """Another one would let everything through."""
    sources = Path(grader.__file__).parent
    makers = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module in {"rich", "rich.console"}
        and {"Console", "print", "get_console", "console"} & {alias.name for alias in node.names}
    }
    assert makers == {"terminal/console.py"}


def on_a_terminal(*arguments: str | Path, cwd: Path) -> bytes:
    """What the command writes to a terminal."""
    ours, its = pty.openpty()
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    with subprocess.Popen(command, stdout=its, stderr=its, stdin=subprocess.DEVNULL, cwd=cwd, env=environment):
        os.close(its)
        written = b""
        while piece := _read(ours):
            written += piece
    os.close(ours)
    return written


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        # Nobody has it open any more.
        return b""


def test_a_class_with_such_names_is_graded_and_commands_no_terminal(tmp_path: Path) -> None:
    put(tmp_path / "class", {f"{NAME}/lab\x1b[2J.py": "raise SystemExit", f"{NAME}/{FILE}": b"Rar!", "ada/lab.py": "x"})
    put(tmp_path / "class", {f"{NAME}.docx": b"PK\x03\x04word/"})
    graded = on_a_terminal("grade", tmp_path / "class", "--out", tmp_path / "out", "--timeout", "1", cwd=tmp_path)
    listed = on_a_terminal("review", "list", tmp_path / "out", cwd=tmp_path)
    for content in (graded, listed):
        assert [sign for sign in PLANTED if sign in content.replace(b"\r\n", b"\n")] == []
        assert rb"eve\u001b]0;owned" in content
    assert (folders_of(tmp_path / "out").of(NAME) / "grade.json").is_file()
