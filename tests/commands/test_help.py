"""README, --help and code say the same: every command and option that is named exists, every example parses."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from grader.cli import app
from grader.commands.examples import EXAMPLES
from grader.commands.init import _content

ROOT = Path(__file__).parents[2]
TOP: Any = typer.main.get_command(app)
OTHERS_OPTIONS = {"--protocol", "--nthreads", "--nworkers", "--security-opt", "--wheel"}


def _leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from _leaves(below, (*words, name))
    else:
        yield " ".join(words), command


OF_ALL = {option for p in TOP.params for option in p.opts}
COMMANDS = dict(_leaves(TOP))


def _resolve(words: list[str]) -> tuple[str, list[str]]:
    """The command that the words begin with, and the rest."""
    for length in range(len(words), 0, -1):
        if (name := " ".join(words[:length])) in COMMANDS:
            return name, words[length:]
    raise AssertionError(f"there is no command grader {' '.join(words)}")


def _parse(line: str) -> str:
    """The command's name; raises click's own error for what it would not take."""
    words = shlex.split(line.partition(" > ")[0], comments=True)
    if words[1] in OF_ALL:
        return words[1]
    name, arguments = _resolve(words[1:])
    COMMANDS[name].make_context(name, arguments)
    return name


def _readme_lines() -> list[str]:
    """The commands in its console blocks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", readme, re.DOTALL)
    shown = [line.removeprefix("$ ").removeprefix(".venv/bin/") for block in blocks for line in block.splitlines()]
    return [line for line in shown if line.startswith("grader ")]


def _options() -> set[str]:
    found = {o for c in COMMANDS.values() for p in c.params for o in (*p.opts, *p.secondary_opts)}
    return {*found, *OF_ALL, "--help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_in_its_help_and_each_parses_as_that_command(name: str) -> None:
    command = COMMANDS[name]
    with command.make_context(name, [], resilient_parsing=True) as context:
        text = command.get_help(context)
    shown = [line.strip() for line in text.splitlines() if line.strip().startswith("grader ")]
    assert shown, f"add an example of grader {name} to grader/commands/examples.py"
    assert [_parse(line) for line in shown] == [name] * len(shown)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_argument_and_option_says_what_it_is_for(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [p.name for p in command.params if not getattr(p, "help", None)] == []


def test_examples_are_of_commands_that_exist() -> None:
    assert sorted(EXAMPLES) == sorted(COMMANDS)


@pytest.mark.parametrize("line", _readme_lines())
def test_every_command_line_in_the_readme_parses(line: str) -> None:
    _parse(line)


def test_the_readme_shows_every_group_of_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in TOP.commands if not re.search(rf"grader {name}\b", readme)] == []


@pytest.mark.parametrize(
    "file", ["README.md", "grader/commands/course_files/README.md", "grader/commands/course_files/check.yml"]
)
def test_every_command_and_option_that_is_named_in_passing_exists(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    for words in re.findall(r"`grader ([a-z][^`]*)`", text):
        _resolve(re.split(r"[\s|]+", words))
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text)) - OTHERS_OPTIONS <= _options()


def test_the_workflow_of_a_new_course_calls_commands_that_exist() -> None:
    workflow = yaml.safe_load(_content()[".github/workflows/check.yml"])
    runs = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    names = [_parse(run) for run in runs if run.startswith("grader ")]
    assert names == ["check", "export github-classroom"]


def test_a_shell_completes_commands() -> None:
    environment = os.environ | {"_GRADER_COMPLETE": "complete_bash", "COMP_WORDS": "grader re", "COMP_CWORD": "1"}
    command = [str(Path(sys.executable).with_name("grader"))]
    completed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert completed.stdout.split() == ["regrade", "review", "reference"]
